import { join } from 'node:path';
import { expect } from 'chai';
import sinon from 'sinon';
import { openDegraded } from '../../lib/cli/open-degraded.js';
import { openStack } from '../../lib/stack/index.js';
import { useFolder } from '../compare/support.js';

describe('openDegraded', () => {
  const folder = useFolder();
  afterEach(() => sinon.restore());

  it('opens a stack, with a line for each member that is not there', async () => {
    const [a, b] = ['a', 'b'].map((name) => join(folder.path, name)) as [string, string];
    const members = [{ type: 'file', path: a, size: 1 << 20 }];
    await (await openStack({ device: { type: 'mirror', members } }, { create: true })).close();
    const write = sinon.stub(process.stderr, 'write').returns(true);
    const stack = await openDegraded(undefined, { file: [a, b], layers: 'mirror' });
    sinon.restore();
    expect(write.args.map(([line]) => line)).to.deep.equal([
      `wakechain: without a member: device.members.1 (file): ENOENT: no such file or directory, open '${b}'\n`,
    ]);
    await stack.close();
  });

  it('says that a call names no stack, or two', async () => {
    const codeOf = (path: string | undefined, file?: string[]): Promise<unknown> =>
      openDegraded(path, file === undefined ? {} : { file }).then(null, (error: unknown) => (error as { code: string }).code); // prettier-ignore
    expect([await codeOf(undefined), await codeOf('a', ['b'])]).to.deep.equal(['ERR_CALL', 'ERR_CALL']);
  });
});
