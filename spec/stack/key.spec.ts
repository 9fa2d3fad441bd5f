import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { keyOf, type KeySource } from '../../lib/stack/key.js';

describe('keyOf', () => {
  const codeOf = (source: KeySource): Promise<unknown> =>
    keyOf(source).then(
      () => 'done',
      (error: unknown) => (error as NodeJS.ErrnoException).code,
    );
  afterEach(() => delete process.env['WAKECHAIN_SPEC_KEY']);

  it('reads the bytes of a file', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'wakechain-key-'));
    try {
      await writeFile(join(folder, 'key'), Uint8Array.of(1, 2, 3));
      expect([...(await keyOf({ keyFile: join(folder, 'key') }))]).to.deep.equal([1, 2, 3]);
      expect(await codeOf({ keyFile: join(folder, 'nope') })).to.equal('ENOENT');
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('reads the hex digits of a variable', async () => {
    process.env['WAKECHAIN_SPEC_KEY'] = '0102fF\n';
    expect([...(await keyOf({ keyEnv: 'WAKECHAIN_SPEC_KEY' }))]).to.deep.equal([1, 2, 255]);
  });

  it('refuses what is no key, and both or neither source', async () => {
    expect(await codeOf({ keyEnv: 'WAKECHAIN_SPEC_KEY' })).to.equal('ERR_KEY');
    process.env['WAKECHAIN_SPEC_KEY'] = 'abc';
    expect(await codeOf({ keyEnv: 'WAKECHAIN_SPEC_KEY' })).to.equal('ERR_KEY');
    for (const [source, got] of [
      [{}, 'neither'],
      [{ keyEnv: 'A', keyFile: 'b' }, 'both'],
    ] as const) {
      const refusal: unknown = await keyOf(source).catch((error: unknown) => error);
      expect(refusal)
        .to.include({ code: 'ERR_KEY' })
        .with.property('message')
        .that.matches(new RegExp(`got ${got}$`));
    }
  });
});
