import { expect } from 'chai';
import { PlainMirror } from '../../../lib/compare/layers/plain-mirror.js';
import { Fault, MemoryDevice, PAGE_SIZE, PagePool, type BlockDevice, type IoError } from '../../../lib/io/index.js';

describe('PlainMirror', () => {
  const pool = new PagePool({ maxBytes: 64 * PAGE_SIZE });
  const pages = pool.allocate(2 * PAGE_SIZE);
  const memory = (fill = 0): MemoryDevice => {
    const device = new MemoryDevice({ size: 4 * PAGE_SIZE });
    device.contents.fill(fill);
    return device;
  };
  const failing = (lower: BlockDevice, start = 0): Fault =>
    new Fault(lower, { rules: [{ kind: 'error', range: { offset: start, length: PAGE_SIZE } }] });

  it('writes to every member', () => {
    const members = [memory(), memory()];
    pages.set(new Uint8Array(pages.length).fill(6));
    expect(new PlainMirror(members, pool).write(pages, { position: 0 }).value).to.equal(pages.length);
    for (const { contents } of members) expect(contents[pages.length - 1]).to.equal(6);
  });

  it('reads from whichever member can', () => {
    const mirror = new PlainMirror([failing(memory(1)), memory(2)], pool);
    expect(mirror.read(pages, { position: 0 }).value).to.equal(pages.length);
    expect(pages.bytes(0, 1)[0]).to.equal(2);
  });

  it('fails a read that no member could do, with the first error in time', () => {
    const inUse = pool.pagesInUse;
    const mirror = new PlainMirror([failing(memory()), failing(memory(), PAGE_SIZE)], pool);
    expect(mirror.read(pages, { position: 0 }).error).to.include({ code: 'EIO', bytes: 0 });
    expect(pool.pagesInUse).to.equal(inUse);
  });

  it('fails a write that a member could not do, and tells which parts all hold', () => {
    const { error } = new PlainMirror([memory(), failing(memory())], pool).write(pages, { position: 0 });
    expect(error).to.include({ code: 'EIO', bytes: PAGE_SIZE });
    expect((error as IoError).succeeded).to.deep.equal([{ offset: PAGE_SIZE, length: PAGE_SIZE }]);
  });

  it('fails a read with ENOMEM when the pool is used up, and gives back what it had', () => {
    const small = new PagePool({ maxBytes: 2 * PAGE_SIZE });
    const mirror = new PlainMirror([memory(), memory()], small);
    expect(mirror.read(pages, { position: 0 }).error).to.include({ code: 'ENOMEM' });
    expect(small.pagesInUse).to.equal(0);
  });
});
