import { existsSync, rmSync } from 'node:fs';
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

  it('refuses a stack that lacks nothing with exit code 2', async () => {
    const { code, stdout, stderr } = await disks.run(`rebuild --file DIR/a DIR/b DIR/d ${layers}`);
    expect({ code, stdout }).to.deep.equal({ code: 2, stdout: '' });
    expect(stderr).to.equal('wakechain: no mirror or parity of this stack lacks a member\n');
  });
});
