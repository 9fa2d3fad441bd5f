import { expect } from 'chai';
import fc from 'fast-check';
import type { ByteRange } from '../../lib/io/io-error.js';
import { complementOf, inBlocks, shiftInto, sumOf, tailAfter, without } from '../../lib/io/ranges.js';

const at = (...pairs: [number, number][]): ByteRange[] => pairs.map(([offset, length]) => ({ offset, length }));

describe('complementOf', () => {
  const cases: [name: string, failed: ByteRange[], succeeded: ByteRange[]][] = [
    ['nothing failed', [], at([0, 100])],
    ['all failed', at([0, 100]), []],
    ['the beginning failed', at([0, 10]), at([10, 90])],
    ['the end failed', at([90, 10]), at([0, 90])],
    ['the middle failed', at([40, 20]), at([0, 40], [60, 40])],
    ['two parts failed, told in the wrong order', at([60, 10], [20, 10]), at([0, 20], [30, 30], [70, 30])],
    ['two that touch failed', at([20, 10], [30, 10]), at([0, 20], [40, 60])],
    ['two that overlap failed', at([20, 30], [30, 10]), at([0, 20], [50, 50])],
    ['an empty part failed', at([50, 0]), at([0, 100])],
  ];
  for (const [name, failed, succeeded] of cases) {
    it(`tells the parts that succeeded when ${name} (N13)`, () => {
      expect(complementOf(failed, 100)).to.deep.equal(succeeded);
    });
  }

  it('agrees with a map of bytes, in order and apart (N13)', () => {
    const range = fc.record({ offset: fc.nat(63), length: fc.nat(20) });
    fc.assert(
      fc.property(fc.array(range, { maxLength: 8 }), (failed) => {
        const good = new Array<boolean>(64).fill(true);
        for (const { offset, length } of failed) good.fill(false, offset, offset + length);
        const succeeded = complementOf(failed, 64);
        const told = new Array<boolean>(64).fill(false);
        let end = -1;
        for (const { offset, length } of succeeded) {
          expect(offset).to.be.greaterThan(end);
          told.fill(true, offset, offset + length);
          end = offset + length;
        }
        expect(told).to.deep.equal(good);
      }),
    );
  });

  it('does not change what it is given', () => {
    const failed = at([60, 10], [20, 10]);
    complementOf(failed, 100);
    expect(failed).to.deep.equal(at([60, 10], [20, 10]));
  });
});

describe('without', () => {
  it('is what is in some ranges and not in others', () => {
    expect(without(at([0, 30], [40, 20]), at([10, 10], [35, 10], [90, 10]), 100)).to.deep.equal(at([0, 10], [20, 10], [45, 15])); // prettier-ignore
    expect([without([], at([0, 10]), 100), without(at([0, 100]), [], 100)]).to.deep.equal([[], at([0, 100])]);
  });
});

describe('tailAfter', () => {
  it('is all behind the bytes that were transferred, or nothing', () => {
    expect([tailAfter(0, 10), tailAfter(4, 10), tailAfter(10, 10), tailAfter(0, 0)]).to.deep.equal([
      at([0, 10]),
      at([4, 6]),
      [],
      [],
    ]);
  });
});

describe('shiftInto', () => {
  it('appends a piece’s failures where they are in its parent (I4)', () => {
    const into = at([0, 5]);
    shiftInto(into, at([0, 1], [10, 2]), 100);
    expect(into).to.deep.equal(at([0, 5], [100, 1], [110, 2]));
  });
});

describe('inBlocks', () => {
  it('is the blocks that the ranges touch, each once', () => {
    expect(inBlocks(at([30, 1], [10, 1], [12, 9]), 10, 50)).to.deep.equal(at([10, 30]));
    expect(inBlocks(at([0, 10], [20, 10]), 10, 50)).to.deep.equal(at([0, 10], [20, 10]));
    expect(inBlocks([], 10, 50)).to.deep.equal([]);
  });
});

describe('sumOf', () => {
  it('adds up the bytes', () => {
    expect([sumOf(at([0, 10], [20, 5])), sumOf([])]).to.deep.equal([15, 0]);
  });
});
