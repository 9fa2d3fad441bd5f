import { expect } from 'chai';
import { counters } from '../../lib/io/counters.js';
import { PagePool } from '../../lib/io/pages.js';
import { Pass } from '../../lib/layers/pass.js';
import { MemoryDevice } from '../../lib/devices/memory.js';

describe('counters', () => {
  it('are plain numbers that only grow, so that a meter takes the difference', () => {
    const before = { ...counters };
    new Pass(new MemoryDevice({ size: 4096 })).read(new PagePool().allocate(4096), { position: 0 });
    const grown = Object.fromEntries(
      Object.entries(counters).map(([key, value]) => [key, value - before[key as 'links']]),
    );
    expect(grown).to.deep.equal({ headers: 1, links: 1, callbacks: 1, visited: 0 });
  });
});
