import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { shortStack } from '../../lib/cli/stack-flags.js';
import { openStack, type Stack } from '../../lib/stack/index.js';
import { useDisks } from './disk-support.js';

describe('wakechain check', function () {
  this.timeout(60_000);
  const disks = useDisks();
  const stack = '--file DIR/a DIR/b --layers mirror,checksum';
  before(() => disks.run(`create ${stack} --size 1M`));

  it('exits with 0 where nothing is wrong', async () => {
    const { code, stdout, stderr } = await disks.run(`check ${stack}`);
    expect({ code, stderr }).to.deep.equal({ code: 0, stderr: '' });
    expect(stdout).to.match(/^mirror: .* checked, no problem\nchecksum of .*a: .* no problem\nchecksum of .*b: .*\n$/);
  });

  it('tells what is wrong with exit code 1, repairs it when it is asked to, and finds nothing then', async () => {
    // One of two copies of the superblock, which a repair stores both; blocks of data were never written.
    await disks.run(`check ${stack} --repair`);
    disks.damage('a', 4096, 4096);
    const found = await disks.run(`check ${stack}`);
    expect(found.code).to.equal(1);
    expect(found.stdout).to.match(
      /checksum of .*a: .* checked, \S+ KiB mismatched\n {2}mismatched: \d+ bytes at 4096\n/,
    );
    const { code, stdout } = await disks.run(`check ${stack} --repair --json`);
    const { reports, degraded } = JSON.parse(stdout) as { reports: { mismatched: number }[]; degraded: unknown[] };
    expect([code, reports.map(({ mismatched }) => mismatched), degraded]).to.deep.equal([0, [0, 0, 0], []]);
    expect(await disks.run(`check ${stack}`)).to.include({ code: 0 });
  });

  it('repairs data with exit code 0 where a copy is right, and leaves what has none with 1', async () => {
    const layers = ['mirror,checksum', 'checksum'];
    for (const [i, files] of ['DIR/m DIR/n', 'DIR/o'].entries()) {
      const line = `--file ${files} --layers ${layers[i] ?? ''}`;
      await disks.run(`create ${line} --size 1M`);
      await disks.fill(line.replaceAll('DIR', disks.path).split(' '));
    }
    for (const name of ['m', 'o']) disks.damage(name, 65_536, 4096);
    const codes = async (options: string): Promise<unknown[]> => [
      (await disks.run(`check --file DIR/m DIR/n --layers mirror,checksum ${options}`.trim())).code,
      (await disks.run(`check --file DIR/o --layers checksum ${options}`.trim())).code,
    ];
    expect(await codes('')).to.deep.equal([1, 1]);
    const repaired = await disks.run('check --file DIR/m DIR/n --layers mirror,checksum --repair');
    expect(repaired.stdout).to.match(/^mirror: .* checked, 4\.0 KiB unreadable, 4\.0 KiB repaired\n/);
    expect(repaired.stdout).to.include('  unreadable: 4096 bytes at 65536 on member 0, repaired\n');
    expect([repaired.code, ...(await codes('')), ...(await codes('--repair'))]).to.deep.equal([0, 0, 1, 0, 1]);
  });

  it('fails with 1 when what is to be checked cannot be opened, and with 2 when it is called wrongly', async () => {
    writeFileSync(join(disks.path, 'plain'), new Uint8Array(1 << 20));
    for (const [line, code, says] of [
      ['--file DIR/nope', 1, 'device.path (file): ENOENT'],
      ['--file DIR/plain --layers mirror', 1, 'is no member of a mirror'],
      ['--file DIR/nope DIR/neither --layers mirror', 1, '; device.members.1.path (file): ENOENT'],
      ['DIR/nope.json', 1, 'nope.json: no such file or directory (ENOENT)'],
      ['', 2, 'name a stack'],
      ['--file DIR/a --layers nope', 2, "knows no 'nope'"],
      ['--file DIR/a --repair=yes', 2, 'unknown option'],
    ] as const) {
      const ended = await disks.run(`check ${line}`.trim());
      expect([ended.code, ended.stdout], line).to.deep.equal([code, '']);
      expect(ended.stderr)
        .to.include(says)
        .and.to.match(/^[^\n]+\n$/);
    }
  });

  it('changes no file without --repair, whatever is missing or wrong (I11)', async () => {
    const line = '--file DIR/1 DIR/2 DIR/3 --layers checksum,mirror,checksum';
    const names = ['1', '2', '3'];
    await disks.run(`create ${line} --size 1M`);
    await disks.fill(line.replaceAll('DIR', disks.path).split(' '));
    disks.damage('1', 65_536, 4096);
    rmSync(join(disks.path, '3'));
    const bytes = (): string[] => names.map((name) => {
      const path = join(disks.path, name);
      return existsSync(path) ? createHash('sha256').update(readFileSync(path)).digest('hex') : 'none';
    }); // prettier-ignore
    const before = bytes();
    for (const command of ['check', 'info', 'check']) {
      const { code, stdout } = await disks.run(`${command} ${line}`);
      expect([code, bytes()], command).to.deep.equal([1, before]);
      // What the mirror would have healed for the sums above it is told of all the same.
      if (command === 'check') expect(stdout).to.match(/checksum of \S+1: .*, 4\.0 KiB mismatched\n/);
    }
    expect(await disks.run(`check ${line} --repair`)).to.include({ code: 1 });
    expect(bytes()[0]).to.not.equal(before[0]);
  });

  it('says when a stack has nothing to check, and when an array lacks a member', async () => {
    const plain = await disks.run('check --file DIR/a');
    expect(plain).to.include({ code: 0, stdout: 'nothing to check: no layer keeps sums or copies\n' });
    const lacking = await disks.run('check --file DIR/a DIR/nope --layers mirror,checksum');
    expect(lacking.code).to.equal(1);
    expect(lacking.stdout).to.match(/mirror: degraded, its members are in-sync, failed\n$/);
    expect(lacking.stderr).to.match(/^wakechain: without a member: device\.members\.1\.lower\.path \(file\): ENOENT/);
  });

  it('tells what a parity cannot know since a crash, with exit code 1, until it is written anew (I4, I8)', async () => {
    const flags = '--file DIR/p DIR/q DIR/r --layers parity,checksum';
    await disks.run(`create ${flags} --size 1M`);
    const names = ['p', 'q', 'r'];
    const here = (name: string): string => join(disks.path, name);
    const open = (): Promise<Stack> =>
      openStack({ device: shortStack({ file: names.map(here), layers: 'parity,checksum' }) });
    const stack = await open();
    const pages = stack.pool.allocate(3 * 65_536);
    await stack.top.write(pages, { position: 0, fua: true });
    for (const name of names) copyFileSync(here(name), here(`${name}.crashed`));
    await stack.close();
    for (const name of names) renameSync(here(`${name}.crashed`), here(name));
    disks.damage('p', 8192, 4096);
    const opened = await open();
    expect(opened.inspect().figures).to.deep.include({ doubtedBytes: 4096 });
    await opened.close();
    for (const options of ['', '--repair']) {
      const { code, stdout } = await disks.run(`check ${flags} ${options}`.trim());
      expect(code).to.equal(1);
      expect(stdout).to.include('  unreadable: 4096 bytes at 8192 on member 0\n');
      expect(stdout).to.match(
        /parity: in doubt since a crash, 4096 bytes at 0, which member 0 cannot read .*anew ends it\n$/,
      );
    }
    const told = await disks.run(`check ${flags} --json`);
    expect((JSON.parse(told.stdout) as { doubts: unknown }).doubts).to.deep.equal([
      { name: 'parity', member: 0, position: 0, length: 4096 },
    ]);
    await disks.fill(flags.replaceAll('DIR', disks.path).split(' '));
    const again = await disks.run(`check ${flags} --json`);
    expect([again.code, (JSON.parse(again.stdout) as { doubts: unknown }).doubts]).to.deep.equal([0, []]);
  });
});
