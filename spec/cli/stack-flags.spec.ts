import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { describedBy, filesOf, shortStack, type StackFlags } from '../../lib/cli/stack-flags.js';
import { useFolder } from '../compare/support.js';

describe('shortStack', () => {
  it('reads layers from the top', () => {
    expect(shortStack({ file: ['disk'], layers: 'crypt,checksum', size: 4096, keyFile: 'key' })).to.deep.equal({
      type: 'crypt',
      keyFile: 'key',
      lower: { type: 'checksum', lower: { type: 'file', path: 'disk', size: 4096 } },
    });
    expect(shortStack({ file: ['disk'] })).to.deep.equal({ type: 'file', path: 'disk' });
  });

  it('puts what stands below a layer that joins files on each of them, and names it for the file', async () => {
    const stack = shortStack({ file: ['a', 'b'], layers: 'cache,mirror,checksum' });
    expect(stack).to.deep.equal({
      type: 'cache',
      lines: 4096,
      lower: {
        type: 'mirror',
        members: ['a', 'b'].map((path) => ({
          type: 'checksum',
          name: `checksum of ${path}`,
          lower: { type: 'file', path },
        })),
      },
    });
    expect(filesOf(stack).map(({ path }) => path)).to.deep.equal(['a', 'b']);
  });

  it('gives threads to crypt, and one to each file', () => {
    const lower = { type: 'file', path: 'disk', thread: true };
    expect(shortStack({ file: ['disk'], layers: 'crypt', threads: 2 })).to.deep.include({ threads: 2, lower });
    expect(shortStack({ file: ['disk'], threads: 0 })).to.deep.equal({ type: 'file', path: 'disk' });
  });

  it('takes a key from the environment where no file is named', () => {
    expect(shortStack({ file: ['disk'], layers: 'crypt' })).to.include({ keyEnv: 'WAKECHAIN_KEY' });
  });

  it('makes of each layer that it knows a device', () => {
    const one = ['pass', 'crypt', 'checksum', 'cache', 'retry', 'queue'];
    for (const layers of one) expect(shortStack({ file: ['a'], layers }).type).to.equal(layers);
    const several = ['mirror', 'parity', 'stripe', 'linear'];
    for (const layers of several) expect(shortStack({ file: ['a', 'b', 'c'], layers }).type).to.equal(layers);
  });

  const wrong: [string, StackFlags, RegExp][] = [
    ['an unknown layer', { file: ['a'], layers: 'crypt,nope' }, /knows no 'nope'/],
    ['two that join', { file: ['a', 'b'], layers: 'mirror,stripe' }, /takes one that joins files, got mirror, stripe/],
    ['several files and none that joins', { file: ['a', 'b'], layers: 'crypt' }, /need one of mirror, parity/],
    ['no file', { file: [] }, /at least one file/],
  ];
  for (const [what, flags, message] of wrong) {
    it(`refuses ${what}`, () => {
      expect(() => shortStack(flags))
        .to.throw(message)
        .with.property('code', 'ERR_CALL');
    });
  }
});

describe('describedBy', () => {
  const folder = useFolder();

  it('refuses flags that a description in a file makes void, and a file that is none (I6)', async () => {
    const [stack, disk] = ['stack.json', 'disk'].map((name) => join(folder.path, name)) as [string, string];
    writeFileSync(stack, JSON.stringify({ device: { type: 'null' } }));
    writeFileSync(disk, new Uint8Array(8192));
    expect(await describedBy(stack, {})).to.deep.equal({ device: { type: 'null' } });
    const refused = (path: string, flags: StackFlags): Promise<unknown> =>
      describedBy(path, flags).then(null, (error: unknown) => (error as Error).message);
    for (const flags of [{ layers: 'crypt' }, { size: 1 }, { keyFile: 'k' }, { threads: 1 }]) {
      expect(await refused(stack, flags)).to.match(/^--(layers|size|key-file|threads) goes with --file: /);
    }
    expect(await refused(disk, {})).to.match(
      /disk is no description of a stack in JSON; name a backing file with --file$/,
    );
  });
});
