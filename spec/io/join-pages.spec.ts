import { expect } from 'chai';
import { MemoryDevice } from '../../lib/devices/memory.js';
import { joinPages } from '../../lib/io/join-pages.js';
import { PAGE_SIZE, PagePool } from '../../lib/io/pages.js';
import { ArgumentRangeError, StateError } from '../../lib/wait/errors.js';
import { FaultyDevice } from '../conformance/faulty-device.js';

describe('joinPages', () => {
  it('shows ranges of vectors of several pools behind each other, without a copy (N1)', () => {
    const [a, b] = [new PagePool().allocate(PAGE_SIZE), new PagePool().allocate(2 * PAGE_SIZE)];
    const joined = joinPages([b.range(4000, 200), a.range(1, 3), b.range(10, 5)]);
    expect([joined.length, joined.contiguous, joined.view()]).to.deep.equal([208, false, undefined]);
    joined.set(Uint8Array.from({ length: 208 }, (_, i) => i));
    expect([...a.bytes(0, 5)]).to.deep.equal([0, 200, 201, 202, 0]);
    expect([...b.bytes(10, 5)]).to.deep.equal([203, 204, 205, 206, 207]);
    expect(b.bytes(4000, 200)).to.deep.equal(Uint8Array.from({ length: 200 }, (_, i) => i));
    expect(joined.views(199, 5).map((view) => [...view])).to.deep.equal([[199], [200, 201, 202], [203]]);
  });

  it('sees that neighbours are neighbours', () => {
    const pages = new PagePool().allocate(4 * PAGE_SIZE);
    expect(joinPages([pages.range(512, 512), pages.range(1024, 7000)]).contiguous).to.equal(true);
    expect(joinPages([pages.range(1024, 512), pages.range(512, 512)]).contiguous).to.equal(false);
    const [a, b] = [new PagePool().allocate(PAGE_SIZE), new PagePool().allocate(2 * PAGE_SIZE)];
    expect(joinPages([a.range(), b.range(PAGE_SIZE)]).contiguous).to.equal(false);
  });

  it('refuses a range outside of its vector, and freed pages (I6)', () => {
    const pages = new PagePool().allocate(PAGE_SIZE);
    expect(() => joinPages([{ pages, offset: 1, length: PAGE_SIZE }])).to.throw(ArgumentRangeError).with.property('code', 'ERR_RANGE'); // prettier-ignore
    const joined = joinPages([pages.range(0, 512)]);
    pages.free();
    expect(() => joinPages([{ pages, offset: 0, length: 512 }])).to.throw(StateError).with.property('code', 'ERR_FREED'); // prettier-ignore
    expect(() => joined.views()).to.throw(StateError);
    expect(joined.freed).to.equal(true);
    const disk = new MemoryDevice({ size: PAGE_SIZE });
    expect(() => disk.read(joined, { position: 0 }))
      .to.throw(StateError)
      .with.property('code', 'ERR_FREED');
  });

  it('keeps the pages of all vectors while a request uses them (I9)', () => {
    const pool = new PagePool();
    const vectors = [pool.allocate(PAGE_SIZE), pool.allocate(PAGE_SIZE)];
    const disk = new FaultyDevice();
    const joined = joinPages(vectors.map((each) => each.range(0, 512)));
    const request = disk.read(joined, { position: 0 });
    for (const each of vectors) each.free();
    expect([pool.pagesInUse, vectors.map(({ pinned }) => pinned)]).to.deep.equal([2, [true, true]]);
    disk.contents.fill(7);
    disk.answerAll();
    expect([request.value, pool.pagesInUse]).to.deep.equal([1024, 0]);
  });

  it('gives no pages back when it is freed', () => {
    const pool = new PagePool();
    const pages = pool.allocate(PAGE_SIZE);
    const joined = joinPages([pages.range(0, 10), pages.range(20, 10)]);
    joined.free();
    expect([pool.pagesInUse, pages.freed, joined.freed]).to.deep.equal([1, false, true]);
    expect(() => {
      joined.free();
    }).to.throw(StateError);
  });
});
