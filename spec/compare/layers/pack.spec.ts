import { expect } from 'chai';
import { Pack } from '../../../lib/compare/layers/pack.js';
import { Fault, MemoryDevice, PAGE_SIZE, PagePool, type IoError } from '../../../lib/io/index.js';

describe('Pack', () => {
  const PACKED = PAGE_SIZE + 512;
  const pool = new PagePool({ maxBytes: 64 * PAGE_SIZE });
  const pages = pool.allocate(3 * PAGE_SIZE);

  it('keeps each block behind a header with its number', () => {
    const lower = new MemoryDevice({ size: 4 * PACKED });
    const pack = new Pack(lower, pool);
    expect(pack.size).to.equal(4 * PAGE_SIZE);
    pages.set(new Uint8Array(PAGE_SIZE).fill(5));
    pack.write(pages.range(0, PAGE_SIZE), { position: 2 * PAGE_SIZE });
    const stored = lower.contents.subarray(2 * PACKED, 3 * PACKED);
    expect([stored[0], stored[512], stored[PACKED - 1]]).to.deep.equal([3, 5, 5]);
    expect(new Set(stored.subarray(1, 512))).to.deep.equal(new Set([0]));
  });

  it('fails a block that carries the number of another, and only that (I4)', () => {
    const lower = new MemoryDevice({ size: 4 * PACKED });
    const pack = new Pack(lower, pool);
    pack.write(pages, { position: 0 });
    lower.contents[PACKED] = 9;
    const { error } = pack.read(pages, { position: 0 });
    expect(error).to.include({ code: 'EIO', bytes: 2 * PAGE_SIZE });
    expect((error as IoError).succeeded.map(({ offset }) => offset)).to.deep.equal([0, 2 * PAGE_SIZE]);
  });

  for (const operation of ['read', 'write'] as const) {
    it(`tells of the parts of a ${operation} below in blocks of its own, and frees its memory (I4)`, () => {
      const range = { offset: PACKED + 1024, length: 512 };
      const inUse = pool.pagesInUse;
      const pack = new Pack(
        new Fault(new MemoryDevice({ size: 4 * PACKED }), { rules: [{ kind: 'error', range }] }),
        pool,
      );
      const { error } = pack[operation](pages, { position: 0 });
      expect(error).to.include({ code: 'EIO', bytes: 2 * PAGE_SIZE });
      expect((error as IoError).succeeded.map(({ offset }) => offset)).to.deep.equal([0, 2 * PAGE_SIZE]);
      expect(pool.pagesInUse).to.equal(inUse);
    });
  }

  it('fails with ENOMEM when the pool is used up, and passes a flush on', () => {
    const small = new PagePool({ maxBytes: PAGE_SIZE });
    const pack = new Pack(new MemoryDevice({ size: 4 * PACKED }), small);
    expect(pack.read(pages, { position: 0 }).error).to.include({ code: 'ENOMEM' });
    expect(pack.flush().value).to.equal(0);
  });

  it('refuses what has no data', () => {
    const pack = new Pack(new MemoryDevice({ size: 4 * PACKED }), pool);
    expect(pack.discard(PAGE_SIZE, { position: 0 }).error).to.include({ code: 'EOPNOTSUPP' });
  });
});
