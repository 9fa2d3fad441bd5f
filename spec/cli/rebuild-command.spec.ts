import { existsSync, linkSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { claimFiles, releaseFiles } from '../../lib/cli/file-claims.js';
import { MemoryDevice, Mirror, PagePool, readSuperblock } from '../../lib/io/index.js';
import { formatNbdUri, NbdServer, parseNbdUri } from '../../lib/nbd/index.js';
import { MadeFiles } from '../../lib/cli/made-files.js';
import { useDisks } from './disk-support.js';
import { built, hasProc, start, takesInterrupts, until } from './support.js';

describe('wakechain rebuild', function () {
  this.timeout(60_000);
  const disks = useDisks();
  const layers = '--layers parity,checksum';
  before(() => disks.run(`create --file DIR/a DIR/b DIR/c ${layers} --size 1M`));

  it('makes the file of a member that is not there, and puts it in its place', async () => {
    rmSync(join(disks.path, 'b'));
    const { code, stdout } = await disks.run(`rebuild --file DIR/a DIR/b DIR/c ${layers}`);
    expect([code, stdout]).to.deep.equal([0, `parity: member 1 is in sync, on checksum of ${disks.path}/b\n`]);
    expect(await disks.run(`check --file DIR/a DIR/b DIR/c ${layers}`)).to.include({ code: 0, stderr: '' });
  });

  it('takes another file when it is named', async () => {
    rmSync(join(disks.path, 'c'));
    const { code } = await disks.run(`rebuild --file DIR/a DIR/b DIR/c ${layers} --spare DIR/d --member 2`);
    expect([code, existsSync(join(disks.path, 'c'))]).to.deep.equal([0, false]);
    expect(await disks.run(`check --file DIR/a DIR/b DIR/d ${layers}`)).to.include({ code: 0, stderr: '' });
  });

  it('takes no file that holds something else unless it is forced to, nor that of another member', async () => {
    const [d, e] = ['d', 'e'].map((name) => join(disks.path, name)) as [string, string];
    rmSync(d);
    linkSync(join(disks.path, 'a'), join(disks.path, 'link'));
    const call = `rebuild --file DIR/a DIR/b DIR/d ${layers}`;
    expect(await disks.run(`${call} --spare DIR/link`)).to.include({ code: 2, stdout: '' });
    const something = new Uint8Array(1 << 20).fill(7);
    writeFileSync(e, something);
    const refused = await disks.run(`${call} --spare DIR/e`);
    expect([refused.code, refused.stderr.split('\n').at(-2)]).to.deep.equal([
      1,
      `wakechain: ${e} exists and is not empty: --force makes it anew`,
    ]);
    expect(readFileSync(e).equals(something)).to.equal(true);
    // Nor is anything made for a member that lacks nothing.
    expect(await disks.run(`${call} --spare DIR/new --member 0`)).to.include({ code: 2, stdout: '' });
    expect(existsSync(join(disks.path, 'new'))).to.equal(false);
    expect(await disks.run(`${call} --spare DIR/e --force`)).to.include({ code: 0 });
    expect(await disks.run(`check --file DIR/a DIR/b DIR/e ${layers}`)).to.include({ code: 0, stderr: '' });
  });

  it('gives nothing up, and leaves nothing made, for a spare that cannot be opened (I6)', async () => {
    const at = (name: string): string => join(disks.path, name);
    await disks.run('create --file DIR/m DIR/n --layers mirror,crypt --size 1M --key-file DIR/key');
    rmSync(at('n'));
    const crypt = (file: string, key: string) => ({ type: 'crypt', keyFile: at(key), lower: { type: 'file', path: at(file) } }); // prettier-ignore
    const described = (key: string) =>
      writeFileSync(at('m.json'), JSON.stringify({ device: { type: 'mirror', members: [crypt('m', 'key'), crypt('n', key)] } })); // prettier-ignore
    described('nokey');
    const something = 'x'.repeat(1 << 20);
    writeFileSync(at('spare'), something);
    for (const line of ['--spare DIR/spare --force', '--spare DIR/other', '']) {
      const { code, stderr } = await disks.run(`rebuild DIR/m.json ${line}`.trim());
      expect([code, stderr.split('\n').at(-2)]).to.deep.equal([1, `wakechain: device.keyFile (crypt): ENOENT: no such file or directory, open '${at('nokey')}'`]); // prettier-ignore
    }
    expect([readFileSync(at('spare'), 'latin1') === something, existsSync(at('other')), existsSync(at('n'))]).to.deep.equal([true, false, false]); // prettier-ignore
    described('key');
    expect(await disks.run('rebuild DIR/m.json --spare DIR/spare')).to.include({ code: 1, stdout: '' });
    expect(readFileSync(at('spare'), 'latin1') === something).to.equal(true);
    const forced = await disks.run('rebuild DIR/m.json --spare DIR/spare --force');
    expect([forced.code, statSync(at('spare')).size]).to.deep.equal([0, 1 << 20]);
  });

  it('takes no spare that another command has, nor one that is being made (I6)', async () => {
    await disks.run('create --file DIR/1 DIR/2 --layers mirror --size 1M');
    await disks.run('create --file DIR/3 DIR/4 --layers mirror --size 1M');
    for (const name of ['2', '4']) rmSync(join(disks.path, name));
    if (process.platform === 'linux') {
      const spare = join(disks.path, '6');
      using made = new MadeFiles();
      await claimFiles([spare], made);
      made.keep();
      const { code, stderr } = await disks.run('rebuild --file DIR/1 DIR/2 --layers mirror --spare DIR/6');
      releaseFiles();
      expect([code, stderr.split('\n').at(-2)]).to.deep.equal([1, `wakechain: ${spare} is in use by another wakechain command`]); // prettier-ignore
      expect(statSync(spare).size).to.equal(0);
    }
    const calls = ['1 DIR/2', '3 DIR/4'].map((files) => disks.run(`rebuild --file DIR/${files} --layers mirror --spare DIR/5`)); // prettier-ignore
    const codes = (await Promise.all(calls)).map(({ code }) => code);
    expect([...codes].sort()).to.deep.equal([0, 1]);
    const files = codes[0] === 0 ? '1 DIR/5' : '3 DIR/5';
    expect(await disks.run(`check --file DIR/${files} --layers mirror`)).to.include({ code: 0, stderr: '' });
  });

  const needsProc = hasProc ? '' : ' (skipped: there is no /proc to tell how far it is)';
  (hasProc ? it : it.skip)(
    `is interrupted before the spare is in its place, or goes on from there (I6, I8)${needsProc}`,
    async () => {
      const at = (name: string): string => join(disks.path, name);
      await disks.run('create --file DIR/u DIR/v --layers mirror --size 4M');
      rmSync(at('v'));
      const slow = (delayMs: number) => ({ type: 'delay', delayMs, lower: { type: 'file', path: at('v') } });
      const described = (delayMs: number) => writeFileSync(at('slow.json'), JSON.stringify({ device: { type: 'mirror', members: [{ type: 'file', path: at('u') }, slow(delayMs)] } })); // prettier-ignore
      const interrupted = async (line: string, isReached: () => boolean, signal: NodeJS.Signals) => {
        const child = start(process.execPath, [built, ...line.split(' ')], { tmp: disks.tmp, cwd: disks.path });
        await until(child, () => takesInterrupts(child.pid) && isReached());
        child.kill(signal);
        const { code, stderr } = await child.ended;
        return [code, stderr.split('\n').at(-2)];
      };
      const isMade = (name: string) => () => existsSync(at(name)) && statSync(at(name)).size > 0;
      described(300);
      for (const [more, name] of [
        ['', 'v'],
        [' --spare other', 'other'],
      ] as const) {
        // prettier-ignore
        const early = await interrupted(`rebuild slow.json${more}`, isMade(name), 'SIGTERM');
        expect(early).to.deep.equal([143, 'wakechain: interrupted; no spare was put in its place']);
        expect(existsSync(at(name))).to.equal(false);
      }
      described(20);
      // It has a superblock once it is in its place.
      const isPlaced = (): boolean =>
        isMade('v')() && readFileSync(at('v')).toString('latin1', 4096, 4104) === 'wakechai';
      const later = await interrupted('rebuild slow.json', isPlaced, 'SIGINT');
      expect(later).to.deep.equal([130, 'wakechain: interrupted; the same call goes on from there']);
      expect(await disks.run('rebuild --file DIR/u DIR/v --layers mirror')).to.include({ code: 0 });
      expect(await disks.run('check --file DIR/u DIR/v --layers mirror')).to.include({ code: 0, stderr: '' });
    },
  );

  /** A mirror that lacks `l`, which is described so that it cannot be a member: blocks.json. */
  const describeUnfit = async (): Promise<(name: string) => string> => {
    const at = (name: string): string => join(disks.path, name);
    await disks.run('create --file DIR/k DIR/l --layers mirror --size 1M --force');
    rmSync(at('l'));
    const file = (name: string, more: object = {}) => ({ type: 'file', path: at(name), ...more });
    const device = { type: 'mirror', members: [file('k'), file('l', { blockSize: 4096 })] };
    writeFileSync(at('blocks.json'), JSON.stringify({ device }));
    return at;
  };

  it('removes a file that it has made for a spare which the array refuses (I6)', async () => {
    const at = await describeUnfit();
    const { code, stderr } = await disks.run('rebuild DIR/blocks.json');
    expect([code, existsSync(at('l'))]).to.deep.equal([1, false]);
    expect(stderr).to.match(/spare must have \d+ bytes in blocks of at most 512 .*\n$/);
  });

  it('gives nothing up for a spare that the array would refuse (I6)', async () => {
    const at = await describeUnfit();
    const something = 'x'.repeat(1 << 20);
    writeFileSync(at('held'), something);
    const { code, stderr } = await disks.run('rebuild DIR/blocks.json --spare DIR/held --force');
    expect([code, readFileSync(at('held'), 'latin1') === something]).to.deep.equal([1, true]);
    expect(stderr).to.match(/spare must have \d+ bytes in blocks of at most 512 .*\n$/);
  });

  it('makes all files of a member that stands on several, and takes no single one for it (I6)', async () => {
    const at = (name: string): string => join(disks.path, name);
    const file = (name: string, size: number) => ({ device: { type: 'file', path: at(name), size } });
    for (const superblock of [false, true]) {
      const linear = (name: string) => ({ type: 'linear', superblock, segments: [file(`${name}1`, 1 << 20), file(`${name}2`, 1 << 19)] }); // prettier-ignore
      const device = { type: 'mirror', members: [linear('s'), linear('t')] };
      writeFileSync(at('several.json'), JSON.stringify({ device }));
      expect(await disks.run('create DIR/several.json --force')).to.include({ code: 0 });
      rmSync(at('t2'));
      if (!superblock) rmSync(at('t1'));
      const single = await disks.run('rebuild DIR/several.json --spare DIR/t3');
      expect([single.code, existsSync(at('t2')), existsSync(at('t3'))]).to.deep.equal([2, false, false]);
      expect(single.stderr).to.match(/--spare names one file, and the member is on 2: describe those .*\n$/);
      if (superblock) {
        const refused = await disks.run('rebuild DIR/several.json');
        expect([refused.code, existsSync(at('t1')), existsSync(at('t2'))]).to.deep.equal([1, true, false]);
      }
      expect(await disks.run(`rebuild DIR/several.json${superblock ? ' --force' : ''}`)).to.include({ code: 0 });
      expect(['t1', 't2'].map((name) => statSync(at(name)).size)).to.deep.equal([1 << 20, 1 << 19]);
      expect(await disks.run('check DIR/several.json')).to.include({ code: 0, stderr: '' });
    }
  });

  it('takes an export for a spare, one that holds something when it is forced to (I6)', async () => {
    await disks.run('create --file DIR/y DIR/z --layers mirror --size 1M');
    rmSync(join(disks.path, 'z'));
    const pool = new PagePool();
    const [foreign, fellow, small] = [1 << 20, 1 << 20, 1 << 16].map((size) => new MemoryDevice({ size })) as [MemoryDevice, MemoryDevice, MemoryDevice]; // prettier-ignore
    await (await Mirror.create([foreign, fellow, small], { pool, assumeEqual: true })).drain();
    const exports = Object.fromEntries(Object.entries({ foreign, small }).map(([name, device]) => [name, { device }]));
    await using server = new NbdServer({ exports });
    const address = parseNbdUri(await server.listen({ path: join(disks.path, 'spares.sock') }));
    const superblockOf = async (device: MemoryDevice) => (await readSuperblock(device, pool))?.uuid;
    const own = await superblockOf(foreign);
    const call = (name: string, more = '') => disks.run(`rebuild --file DIR/y DIR/z --layers mirror --spare ${formatNbdUri({ ...address, name })}${more}`); // prettier-ignore
    for (const [ended, says] of [
      [await call('foreign'), /what .*foreign.* holds would be lost: --force says that it may be\n$/],
      [await call('small', ' --force'), /spare must have \d+ bytes/],
    ] as const) {
      expect([ended.code, await superblockOf(foreign), await superblockOf(small)]).to.deep.equal([1, own, own]);
      expect(ended.stderr).to.match(says);
    }
    expect(await call('foreign', ' --force')).to.include({ code: 0 });
    expect(await superblockOf(foreign)).to.not.equal(own);
  });

  it('refuses a stack that lacks nothing with exit code 2', async () => {
    const { code, stdout, stderr } = await disks.run(`rebuild --file DIR/a DIR/b DIR/e ${layers}`);
    expect({ code, stdout }).to.deep.equal({ code: 2, stdout: '' });
    expect(stderr).to.equal('wakechain: no mirror or parity of this stack lacks a member\n');
  });
});
