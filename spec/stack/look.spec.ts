import { mkdtemp, readFile, rm, unlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { lookAt, openStack, type DeviceDescription } from '../../lib/stack/index.js';

describe('lookAt', () => {
  let folder = '';
  beforeEach(async () => (folder = await mkdtemp(join(tmpdir(), 'wakechain-look-'))));
  afterEach(() => rm(folder, { recursive: true }));

  const files = (count: number): DeviceDescription[] =>
    Array.from({ length: count }, (_, i) => ({ type: 'file', path: join(folder, String(i)), size: 1 << 20 }));

  it('tells what an array is from its members, and writes to none', async () => {
    for (const type of ['mirror', 'parity'] as const) {
      const description = { device: { type: 'pass', lower: { type, members: files(3) } } };
      const stack = await openStack(description, { create: true, blank: true });
      const { size, blockSize } = stack.top;
      await stack.close();
      const before = await readFile(join(folder, '0'));
      const look = await lookAt(description);
      expect(look).to.include({ type: 'pass', path: 'device', file: null, size, blockSize, error: null });
      const [array] = look.lowers;
      expect(array?.array?.states).to.deep.equal(['in-sync', 'in-sync', 'in-sync']);
      expect(array?.lowers.map(({ superblock, file }) => [superblock?.index, file])).to.deep.equal(
        [0, 1, 2].map((index) => [index, join(folder, String(index))]),
      );
      expect(before.equals(await readFile(join(folder, '0')))).to.equal(true);
      await rm(folder, { recursive: true });
      folder = await mkdtemp(join(tmpdir(), 'wakechain-look-'));
    }
  });

  it('tells what cannot be opened in its place, and the rest all the same', async () => {
    const description = { device: { type: 'mirror' as const, members: files(2) } };
    await (await openStack(description, { create: true, blank: true })).close();
    await unlink(join(folder, '1'));
    const { error, array, lowers } = await lookAt(description);
    expect([error, array?.index, lowers[1]?.size]).to.deep.equal([null, 0, null]);
    expect(lowers[1]?.error).to.match(/^ENOENT/);
    const above = { device: { type: 'pass', lower: { type: 'checksum', lower: { type: 'file', path: 'nope' } } } };
    expect((await lookAt(above)).error).to.equal('what it stands on cannot be opened');
  });

  it('says that members have no superblock', async () => {
    const description = { device: { type: 'mirror' as const, members: files(2) } };
    await (await openStack({ device: { type: 'linear', segments: files(2).map((device) => ({ device })) } })).close();
    const { error, lowers } = await lookAt(description);
    expect([error, lowers[0]?.error]).to.deep.equal(['no member of it has a superblock', 'it has no superblock']);
  });
});
