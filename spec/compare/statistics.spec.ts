import { expect } from 'chai';
import { estimate, median, randomFrom } from '../../lib/compare/statistics.js';

describe('median', () => {
  const cases: [name: string, values: number[], middle: number][] = [
    ['the middle of an odd number of values', [9, 1, 5], 5],
    ['the mean of the two middle ones of an even number', [9, 1, 5, 6], 5.5],
    ['the only value', [3], 3],
    ['NaN without values', [], NaN],
  ];
  for (const [name, values, middle] of cases) {
    it(`is ${name}`, () => {
      expect(median(values)).to.deep.equal(middle);
    });
  }

  it('orders by size, not as text, and leaves the values as they were', () => {
    const values = [100, 20, 3];
    expect(median(values)).to.equal(20);
    expect(values).to.deep.equal([100, 20, 3]);
  });
});

describe('estimate', function () {
  this.timeout(30_000);
  const values = [1.2, 0.9, 1.1, 1.4, 0.8, 1.3, 1.0];

  it('is the same for the same values and seed', () => {
    expect(estimate(values, 7)).to.deep.equal(estimate(values, 7));
  });

  it('resamples otherwise from another seed', () => {
    const random = randomFrom(1);
    const many = Array.from({ length: 40 }, random);
    const lows = new Set([1, 2, 3, 4, 5, 6].map((seed) => estimate(many, seed).low));
    expect(lows.size).to.be.greaterThan(1);
  });

  it('has the median between its ends, and its ends among the values', () => {
    const { low, high, ...rest } = estimate(values);
    expect(rest.median).to.equal(1.1);
    expect(values).to.include(low);
    expect(values).to.include(high);
    expect(low).to.be.lessThan(1.1);
    expect(high).to.be.greaterThan(1.1);
  });

  it('treats both ends alike', () => {
    const there = estimate(values);
    const mirrored = estimate(values.map((value) => -value));
    expect({ low: -mirrored.high, high: -mirrored.low }).to.deep.equal({ low: there.low, high: there.high });
  });

  it('is wider for values that differ from pass to pass', () => {
    const values = [1, 2, 3].flatMap((pass) => [pass, pass + 0.01, pass + 0.02, pass - 0.01, pass - 0.02]);
    const [alike, apart] = [estimate(values), estimate(values, 1, [5, 5, 5])];
    expect(apart.median).to.equal(alike.median);
    expect([apart.low < 1.1, apart.high > 2.9]).to.deep.equal([true, true]);
    expect(alike.high - alike.low).to.be.lessThan(apart.high - apart.low);
  });

  it('has no width when all values are one', () => {
    expect(estimate([2, 2, 2])).to.deep.equal({ median: 2, low: 2, high: 2 });
    expect(estimate([2])).to.deep.equal({ median: 2, low: 2, high: 2 });
  });

  it('is unknown without values', () => {
    expect(estimate([]).median).to.deep.equal(NaN);
  });

  it('covers the true median about as often as it says', () => {
    const random = randomFrom(42);
    let covered = 0;
    for (let trial = 0; trial < 200; trial++) {
      const { low, high } = estimate(
        Array.from({ length: 15 }, () => random() ** 2),
        trial,
      );
      if (low <= 0.25 && high >= 0.25) covered++;
    }
    expect(covered).to.be.within(180, 199);
  });
});

describe('randomFrom', () => {
  /** As published, in the author's own words but for types. */
  function mulberry32(a: number): () => number {
    return () => {
      let t = (a += 0x6d2b79f5);
      t = Math.imul(t ^ (t >>> 15), t | 1);
      t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
      return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
    };
  }

  for (const seed of [0, 1, 42, 0xffffffff]) {
    it(`is mulberry32 from seed ${seed}`, () => {
      const [ours, theirs] = [randomFrom(seed), mulberry32(seed)];
      for (let i = 0; i < 1000; i++) expect(ours()).to.equal(theirs());
    });
  }

  it('spreads evenly over 0 to 1', () => {
    const random = randomFrom(1);
    const tenths = new Array<number>(10).fill(0);
    for (let i = 0; i < 10_000; i++) tenths[Math.floor(random() * 10)]! += 1;
    for (const count of tenths) expect(count).to.be.within(880, 1120);
  });
});
