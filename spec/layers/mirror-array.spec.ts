import { expect } from 'chai';
import { IoError } from '../../lib/io/io-error.js';
import { PagePool } from '../../lib/io/pages.js';
import type { MemberRecords } from '../../lib/layers/member-records.js';
import { sumOf } from '../../lib/io/ranges.js';
import { inBlocks, isCancel, merged, MirrorArray } from '../../lib/layers/mirror-array.js';

const arrayOf = (): MirrorArray => {
  const shape = { size: 1 << 16, dataStart: 4096, blockSize: 512, regionSize: 4096 };
  // Neither regions nor tasks look at members.
  return new MirrorArray(shape, {} as MemberRecords, new PagePool({ maxBytes: 1 << 20 }));
};

describe('MirrorArray', () => {
  it('names the regions that a range touches', () => {
    const array = arrayOf();
    const ranges = [array.regionsOf(0, 4096), array.regionsOf(4095, 2), array.regionsOf(8192, 8193)];
    expect(ranges).to.deep.equal([[0], [0, 1], [2, 3, 4]]);
  });

  it('gives a locked range to one at a time', async () => {
    const array = arrayOf();
    const order: string[] = [];
    const first = await array.locked(0, 512);
    const second = array.locked(256, 1024).then((hold) => {
      order.push('second');
      array.lock.release(hold);
    });
    array.lock.release(await array.locked(4096, 8192));
    order.push('beside');
    array.lock.release(first);
    await second;
    expect(order).to.deep.equal(['beside', 'second']);
  });
});

describe('inBlocks', () => {
  it('widens a range to whole blocks', () => {
    expect(inBlocks({ offset: 700, length: 400 }, 512)).to.deep.equal({ offset: 512, length: 1024 });
  });
});

describe('merged', () => {
  it('puts ranges in order, joins those that touch or overlap, and leaves out empty ones', () => {
    const ranges = [
      { offset: 10, length: 5 },
      { offset: 0, length: 4 },
      { offset: 7, length: 0 },
      { offset: 4, length: 2 },
      { offset: 12, length: 8 },
    ];
    const joined = merged(ranges);
    expect([joined, sumOf(joined)]).to.deep.equal([
      [
        { offset: 0, length: 6 },
        { offset: 10, length: 10 },
      ],
      16,
    ]);
  });
});

describe('isCancel', () => {
  it('tells what a cancel has brought from what a device has', () => {
    expect([new IoError('ECANCELED'), new IoError('EIO'), null].map(isCancel)).to.deep.equal([true, false, false]);
  });
});
