import { expect } from 'chai';
import type { Io } from '../../lib/io/io.js';
import { PagePool } from '../../lib/io/pages.js';
import { dataOf, Task } from '../../lib/layers/checksum-task.js';

describe('Task of a Checksum', () => {
  const pool = new PagePool();
  const io = { pages: pool.allocate(8192), offset: 4096 } as unknown as Io;

  it('begins with nothing locked, read, copied or told', () => {
    const { phase, hold, entries, scratch, copy, sums, failure, good, written } = new Task('load', pool.allocate(512));
    expect({ phase, hold, entries, scratch, copy, sums, failure, good, written }).to.deep.equal({
      ...{ phase: 'load', hold: null, entries: null, scratch: null, copy: null, sums: [], failure: null, good: [] },
      written: { failure: null, blocks: [] },
    });
  });

  it("writes the caller's data, or the copy from its beginning where there is one", () => {
    const task = new Task('data', pool.allocate(512));
    expect(dataOf(io, task)).to.deep.equal({ pages: io.pages, offset: 4096 });
    task.copy = pool.allocate(4096);
    expect(dataOf(io, task)).to.deep.equal({ pages: task.copy, offset: 0 });
  });
});
