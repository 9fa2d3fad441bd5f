import { expect } from 'chai';
import { PAGE_SIZE, PagePool } from '../../lib/io/pages.js';
import { Buffers, rangeOf, viewsOf } from '../../lib/nbd/buffers.js';
import { WaitEntry, WOKEN } from '../../lib/wait/entry.js';

describe('Buffers', () => {
  it('lends powers of two, and lends again what came back', () => {
    const pool = new PagePool();
    const buffers = new Buffers(pool, 1 << 20);
    const first = buffers.lend(5000);
    expect([first.size, buffers.lent, pool.pagesInUse]).to.deep.equal([8192, 8192, 2]);
    expect(rangeOf(first, 5000)).to.deep.equal({ pages: first.pages, offset: 0, length: 5000 });
    buffers.giveBack(first);
    expect(buffers.lend(8192)).to.equal(first);
    buffers.giveBack(first);
    buffers.close();
    expect([buffers.lent, pool.pagesInUse]).to.deep.equal([0, 0]);
  });

  it('keeps a page in front of what is sent from where it is, and counts it', () => {
    const buffers = new Buffers(new PagePool(), 140_000);
    const small = buffers.lend(32_768);
    expect([small.front, small.whole, small.pages.length]).to.deep.equal([0, null, 32_768]);
    buffers.giveBack(small);
    const large = buffers.lend(65_536);
    expect([large.front, large.size, large.whole?.length, buffers.lent]).to.deep.equal([4096, 65_536, 69_632, 69_632]);
    expect(rangeOf(large, 65_000)).to.deep.equal({ pages: large.pages, offset: 4096, length: 65_000 });
    large.whole?.fill(7, 4096);
    expect(viewsOf(large, 0, 65_536).map((view) => view.every((byte) => byte === 7))).to.deep.equal([true]);
    expect(buffers.hasRoom(65_536)).to.equal(true);
    buffers.lend(32_768);
    expect(buffers.hasRoom(65_536)).to.equal(false);
    buffers.giveBack(large);
    expect(buffers.lend(40_000)).to.equal(large);
  });

  it('has room up to its limit, and always for one (P3)', () => {
    const buffers = new Buffers(new PagePool(), 8192);
    expect(buffers.hasRoom(1 << 20)).to.equal(true);
    const loan = buffers.lend(4097);
    expect([buffers.hasRoom(1), buffers.lent]).to.deep.equal([false, 8192]);
    let woken = 0;
    buffers.returned.add(new WaitEntry(() => (woken++, WOKEN)));
    buffers.giveBack(loan);
    expect([woken, buffers.hasRoom(1)]).to.deep.equal([1, true]);
  });

  it('gives up what is idle before it goes beyond its limit, and keeps little', () => {
    const pool = new PagePool();
    const buffers = new Buffers(pool, 64 << 20);
    const loans = Array.from({ length: 40 }, () => buffers.lend(1 << 20));
    for (const loan of loans) buffers.giveBack(loan);
    expect(pool.pagesInUse * PAGE_SIZE).to.be.within(7 << 20, 8 << 20);
    const tight = new Buffers(pool, 8192);
    tight.giveBack(tight.lend(8192));
    tight.giveBack(tight.lend(4096));
    tight.close();
    buffers.close();
    expect(pool.pagesInUse).to.equal(0);
  });

  it('shows parts of what it lends, also where the pool is fragmented', () => {
    const pool = new PagePool({ maxBytes: 4 * PAGE_SIZE });
    const all = [1, 1, 1, 1].map(() => pool.allocate(PAGE_SIZE));
    all[0]?.free();
    all[2]?.free();
    const loan = new Buffers(pool, 8192).lend(8192);
    expect(viewsOf(loan, 4000, 200).map((view) => view.length)).to.deep.equal([96, 104]);
    const whole = new Buffers(new PagePool(), 8192).lend(8192);
    expect(viewsOf(whole, 4000, 200).map((view) => view.length)).to.deep.equal([200]);
  });
});
