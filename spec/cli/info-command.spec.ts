import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { useDisks } from './disk-support.js';

describe('wakechain info', function () {
  this.timeout(60_000);
  const disks = useDisks();
  before(() => disks.run('create --file DIR/a DIR/b --layers mirror --size 1M'));

  it('tells of a stack, also as JSON, and changes nothing', async () => {
    const bytes = readFileSync(join(disks.path, 'a'));
    const { code, stdout, stderr } = await disks.run('info --file DIR/a DIR/b --layers mirror');
    expect({ code, stderr }).to.deep.equal({ code: 0, stderr: '' });
    expect(stdout).to.match(
      /^mirror: 1016\.0 KiB in blocks of 512\n {2}mirror \S+: 0 in-sync, 1 in-sync\n {2}data from 8192/,
    );
    expect(stdout).to.match(/file .*b: 1\.0 MiB in blocks of 512; member 1, generation 1, stored 1 times\n$/);
    const json = await disks.run('info --file DIR/a DIR/b --layers mirror --json');
    const look = JSON.parse(json.stdout) as { size: number; array: { states: string[] }; lowers: unknown[] };
    expect([look.size, look.array.states, look.lowers.length]).to.deep.equal([1040384, ['in-sync', 'in-sync'], 2]);
    expect(bytes.equals(readFileSync(join(disks.path, 'a')))).to.equal(true);
  });

  it('tells of a backing file alone', async () => {
    const { code, stdout } = await disks.run('info DIR/b');
    expect(code).to.equal(0);
    expect(stdout).to.match(/b: 1\.0 MiB\n {2}member 1 of this array:\n {2}mirror \S+: 0 in-sync, 1 in-sync\n/);
    const json = JSON.parse((await disks.run('info DIR/a --json')).stdout) as { superblock: { index: number } };
    expect(json.superblock.index).to.equal(0);
  });

  it('says so when the members are those of another kind of array, or too much is named', async () => {
    const other = await disks.run('info --file DIR/a DIR/b --layers parity');
    expect(other.code).to.equal(1);
    expect(other.stdout).to.match(/^parity: its members are those of a mirror\n/);
    const both = await disks.run('info DIR/a --layers mirror');
    expect([both.code, both.stderr]).to.deep.equal([2, 'wakechain: name either a backing file alone, or --file with --layers\n']); // prettier-ignore
  });

  it('tells what is missing in its place, with exit code 1', async () => {
    rmSync(join(disks.path, 'b'));
    const { code, stdout, stderr } = await disks.run('info --file DIR/a DIR/b --layers mirror');
    expect({ code, stderr }).to.deep.equal({ code: 1, stderr: '' });
    expect(stdout).to.match(/file .*b: ENOENT: no such file/);
    expect(await disks.run('info DIR/nope')).to.include({ code: 1, stdout: '' });
  });
});
