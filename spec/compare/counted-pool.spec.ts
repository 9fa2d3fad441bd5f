import { expect } from 'chai';
import { CountedPool } from '../../lib/compare/counted-pool.js';
import { PAGE_SIZE } from '../../lib/io/index.js';

describe('CountedPool', () => {
  it('adds up the bytes that were asked for, also of pages that are back', () => {
    const pool = new CountedPool();
    expect(pool.taken).to.equal(0);
    pool.allocate(PAGE_SIZE).free();
    pool.allocate(512);
    expect([pool.taken, pool.pagesInUse]).to.deep.equal([PAGE_SIZE + 512, 1]);
  });

  it('does not count what there is no memory for', () => {
    const pool = new CountedPool({ maxBytes: PAGE_SIZE });
    pool.allocate(PAGE_SIZE);
    expect(() => pool.allocate(PAGE_SIZE))
      .to.throw()
      .with.property('code', 'ENOMEM');
    expect(pool.taken).to.equal(PAGE_SIZE);
  });
});
