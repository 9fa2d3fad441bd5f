import { statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import sinon from 'sinon';
import { releaseFiles } from '../../lib/cli/file-claims.js';
import { openDegraded } from '../../lib/cli/open-degraded.js';
import { openStack } from '../../lib/stack/index.js';
import { useFolder } from '../compare/support.js';

describe('openDegraded', () => {
  const folder = useFolder();
  afterEach(() => {
    sinon.restore();
    releaseFiles();
  });

  it('opens a stack, with a line for each member that is not there', async () => {
    const [a, b] = ['a', 'b'].map((name) => join(folder.path, name)) as [string, string];
    const members = [{ type: 'file', path: a, size: 1 << 20 }];
    await (await openStack({ device: { type: 'mirror', members } }, { create: true })).close();
    const write = sinon.stub(process.stderr, 'write').returns(true);
    const stack = await openDegraded(undefined, { file: [a, b], layers: 'mirror' });
    sinon.restore();
    expect(write.args.map(([line]) => line)).to.deep.equal([
      `wakechain: without a member: device.members.1.path (file): ENOENT: no such file or directory, open '${b}'\n`,
    ]);
    await stack.close();
  });

  it('leaves a file as long as it is, whatever size is named, and makes none', async () => {
    const [long, none] = ['long', 'none'].map((name) => join(folder.path, name)) as [string, string];
    writeFileSync(long, new Uint8Array(8192));
    const stack = await openDegraded(undefined, { file: [long], size: 512 });
    expect([stack.top.size, statSync(long).size]).to.deep.equal([8192, 8192]);
    await stack.close();
    const failed = await openDegraded(undefined, { file: [none], size: 512 }).then(null, (error: unknown) => error);
    expect(failed)
      .to.have.property('message')
      .that.matches(/ENOENT/);
  });

  it('says that a call names no stack, or two', async () => {
    const codeOf = (path: string | undefined, file?: string[]): Promise<unknown> =>
      openDegraded(path, file === undefined ? {} : { file }).then(null, (error: unknown) => (error as { code: string }).code); // prettier-ignore
    expect([await codeOf(undefined), await codeOf('a', ['b'])]).to.deep.equal(['ERR_CALL', 'ERR_CALL']);
  });
});
