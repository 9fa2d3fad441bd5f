import { expect } from 'chai';
import { PagePool } from '../../lib/io/pages.js';
import { CacheLines, type Line } from '../../lib/layers/cache-lines.js';

function setUp(capacity: number, maxPages = 16) {
  const pool = new PagePool({ maxBytes: maxPages * 4096 });
  return { pool, lines: new CacheLines(capacity, 4096, pool) };
}

function add(lines: CacheLines, number: number): Line {
  const line = lines.add(number);
  if (line === undefined) throw new Error(`There was no room for line ${String(number)}`);
  return line;
}

describe('CacheLines', () => {
  it('gives the place of the least recently used clean line to a new one, and its pages back', () => {
    const { pool, lines } = setUp(3);
    for (const number of [0, 1, 2]) add(lines, number);
    lines.get(0);
    add(lines, 1 + 2);
    expect([[...lines].map((line) => line.number), pool.pagesInUse]).to.deep.equal([[2, 0, 3], 3]);
  });

  it('gives nobody the place of a line that is dirty or on its way down', () => {
    const { lines } = setUp(2);
    add(lines, 0).dirty = true;
    add(lines, 1).writing = true;
    expect([lines.add(2), lines.size]).to.deep.equal([undefined, 2]);
  });

  it('does without a line when the pool has no page left', () => {
    const { lines } = setUp(4, 1);
    add(lines, 0);
    expect(lines.add(1)).to.equal(undefined);
  });

  it('changes no page that is being written below: the line gets others with the same bytes (I8)', () => {
    const { lines } = setUp(2);
    const line = add(lines, 0);
    line.pages.set(new Uint8Array(4096).fill(7));
    const before = line.pages;
    expect([lines.renew(line), line.pages === before]).to.deep.equal([true, true]);
    line.writing = true;
    expect([lines.renew(line), line.pages === before, line.pages.bytes(0, 1)[0]]).to.deep.equal([true, false, 7]);
  });

  it('claims all lines of a write, none in the place of another of them, or leaves what they hold (I4)', () => {
    const { pool, lines } = setUp(2);
    const whole = (...numbers: number[]) => numbers.map((number) => ({ number, length: 4096 }));
    const old = add(lines, 0);
    expect(lines.claim(whole(5, 6, 7))).to.equal(undefined);
    expect(lines.claim([...whole(0), { number: 1, length: 512 }])).to.equal(undefined);
    expect([[...lines], pool.pagesInUse]).to.deep.equal([[old], 1]);
    expect(lines.claim([{ number: 0, length: 512 }, ...whole(1)])?.map(({ number }) => number)).to.deep.equal([0, 1]);
    expect(lines.claim(whole(1, 2))?.map(({ number }) => number)).to.deep.equal([1, 2]);
    for (const line of lines) line.dirty = line.number === 1;
    expect(lines.claim([...whole(3), { number: 2, length: 512 }])).to.equal(undefined);
    expect([[...lines].map(({ number, claimed }) => [number, claimed])]).to.deep.equal([[[1, false], [2, false]]]); // prettier-ignore
    expect(lines.claim(whole(3, 4))).to.equal(undefined);
    expect([[...lines].map(({ number }) => number), pool.pagesInUse]).to.deep.equal([[1], 1]);
  });

  it('keeps lines that it was to claim and that were here before, when another is not to be had (I4)', () => {
    const { lines } = setUp(2);
    for (const number of [0, 1]) add(lines, number).dirty = true;
    expect(lines.claim([0, 2].map((number) => ({ number, length: 4096 })))).to.equal(undefined);
    expect([...lines].map(({ number, claimed }) => [number, claimed]).sort()).to.deep.equal([[0, false], [1, false]]); // prettier-ignore
  });

  it('forgets a line once', () => {
    const { pool, lines } = setUp(2);
    const line = add(lines, 0);
    lines.drop(line);
    lines.drop(line);
    expect([lines.has(0), pool.pagesInUse]).to.deep.equal([false, 0]);
  });
});
