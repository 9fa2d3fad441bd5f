import { existsSync, linkSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { useDisks } from './disk-support.js';

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

  it('refuses a stack that lacks nothing with exit code 2', async () => {
    const { code, stdout, stderr } = await disks.run(`rebuild --file DIR/a DIR/b DIR/e ${layers}`);
    expect({ code, stdout }).to.deep.equal({ code: 2, stdout: '' });
    expect(stderr).to.equal('wakechain: no mirror or parity of this stack lacks a member\n');
  });
});
