import { expect } from 'chai';
import { Sums } from '../../../lib/compare/layers/sums.js';
import { MemoryDevice, PAGE_SIZE, PagePool, VolatileDevice, type IoError } from '../../../lib/io/index.js';

describe('Sums', () => {
  const pages = new PagePool().allocate(4 * PAGE_SIZE);
  const over = (): [sums: Sums, lower: MemoryDevice] => {
    const lower = new MemoryDevice({ size: 5 * PAGE_SIZE + 512 });
    return [new Sums(lower), lower];
  };

  it('has whole blocks of 4096 bytes', () => {
    const [{ size, blockSize }] = over();
    expect([size, blockSize]).to.deep.equal([5 * PAGE_SIZE, PAGE_SIZE]);
  });

  it('fails the blocks that were changed behind it, and only these (I4)', () => {
    const [sums, { contents }] = over();
    sums.write(pages, { position: 0 });
    contents[PAGE_SIZE]! ^= 1;
    contents[2 * PAGE_SIZE]! ^= 1;
    const { error } = sums.read(pages, { position: 0 });
    expect(error).to.include({ code: 'EIO', bytes: 2 * PAGE_SIZE });
    expect((error as IoError).succeeded).to.deep.equal([
      { offset: 0, length: PAGE_SIZE },
      { offset: 3 * PAGE_SIZE, length: PAGE_SIZE },
    ]);
  });

  it('knows no sum of what was never written, discarded or zeroed', () => {
    const [sums, { contents }] = over();
    sums.write(pages, { position: 0 });
    sums.discard(PAGE_SIZE, { position: 0 });
    sums.writeZeroes(PAGE_SIZE, { position: PAGE_SIZE });
    for (const at of [0, PAGE_SIZE, 4 * PAGE_SIZE]) contents[at] = 9;
    expect(sums.read(pages, { position: 0 }).value).to.equal(pages.length);
    expect(sums.read(pages.range(0, PAGE_SIZE), { position: 4 * PAGE_SIZE }).value).to.equal(PAGE_SIZE);
  });

  it('passes a flush on (I7)', async () => {
    const lower = new VolatileDevice({ size: PAGE_SIZE });
    const sums = new Sums(lower);
    pages.set(Uint8Array.of(7));
    await sums.write(pages.range(0, PAGE_SIZE), { position: 0 });
    expect(await sums.flush()).to.equal(0);
  });
});
