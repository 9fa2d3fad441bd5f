import { expect } from 'chai';
import { ChecksumLayout, Entries, NEVER } from '../../lib/layers/checksum-table.js';
import { FaultyDevice } from '../conformance/faulty-device.js';

const layoutOf = (blocks: number, blockSize = 512): ChecksumLayout =>
  new ChecksumLayout(new FaultyDevice({ size: blocks * blockSize, blockSize }));

describe('ChecksumLayout', () => {
  it('has room for the entry of each data block, and wastes at most one block', () => {
    for (const blockSize of [16, 512]) {
      for (let total = 2; total < 300; total++) {
        const { blocks, tableStart, tableSize, perBlock } = layoutOf(total, blockSize);
        expect(tableStart).to.equal(blocks * blockSize);
        expect(tableSize / blockSize).to.equal(Math.ceil(blocks / perBlock));
        expect(total - blocks - tableSize / blockSize).to.be.within(0, 1);
      }
    }
  });

  it('finds the blocks of the table that cover a request', () => {
    const layout = layoutOf(130);
    expect([
      layout.tableBlocks(0, 512),
      layout.tableBlocks(63 * 512, 1024),
      layout.tableBlocks(64 * 512, 512),
    ]).to.deep.equal([
      { first: 0, end: 1 },
      { first: 0, end: 2 },
      { first: 1, end: 2 },
    ]);
  });

  it('sums a block by what is in it and where it is, and never to NEVER', () => {
    const layout = layoutOf(130);
    const data = new Uint8Array(512).fill(3);
    const sums = new Set([0, 512, 1024].map((position) => layout.sum(data, position)));
    data[511] = 4;
    sums.add(layout.sum(data, 0));
    expect([sums.size, sums.has(NEVER)]).to.deep.equal([4, false]);
  });
});

describe('Entries', () => {
  it('keep two sums for each block of a request, counted from the block of its first', () => {
    const layout = layoutOf(130);
    const bytes = new Uint8Array(1024);
    const entries = new Entries(layout, 63 * 512, bytes);
    entries.set(0, 1, 2);
    entries.set(512, 3, 0xffffffff);
    expect([entries.get(0), entries.get(512), entries.rangeOf(512)]).to.deep.equal([
      [1, 2],
      [3, 0xffffffff],
      { offset: 512, length: 8 },
    ]);
    expect([...bytes.subarray(504, 520)]).to.deep.equal([1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 255, 255, 255, 255]);
  });

  it('match either sum; what was never written matches anything, as zeroes', () => {
    const layout = layoutOf(130);
    const entries = new Entries(layout, 0, new Uint8Array(512));
    const data = new Uint8Array(512).fill(3);
    const sum = layout.sum(data, 0);
    const cases: [before: number, after: number, match: number | null][] = [
      [sum, sum, sum],
      [sum, 5, sum],
      [5, sum, sum],
      [NEVER, sum, sum],
      [NEVER, 5, NEVER],
      [NEVER, NEVER, NEVER],
      [5, 6, null],
    ];
    for (const [before, after, match] of cases) {
      entries.set(0, before, after);
      expect(entries.match(0, data)).to.equal(match);
    }
  });
});
