import { expect } from 'chai';
import type { Figure, Row } from '../../../lib/compare/index.js';
import {
  meanOf,
  meanRatioOf,
  ratioOver,
  sideOf,
  slopeOf,
  timeOf,
  unitsOf,
} from '../../../lib/compare/report/spread.js';
import { randomFrom } from '../../../lib/compare/statistics.js';
import { resultOf } from './support.js';

const figure = (rounds: number[], passes?: number[]): Figure => ({
  value: rounds[0]!,
  rounds,
  ...(passes === undefined ? {} : { passes }),
});
const row = (design: string, x: number, time: Figure): Row => ({ design, x, cannot: null, figures: { time } });

describe('meanOf', () => {
  it('is the mean with the interval of Student', () => {
    const { median, low, high } = meanOf([1, 2, 3, 4, 5]);
    expect(median).to.equal(3);
    // 2.776 of the standard error, which is the root of 2.5 / 5.
    expect(high - 3).to.be.closeTo(2.776 * Math.sqrt(0.5), 1e-12);
    expect(3 - low).to.be.closeTo(high - 3, 1e-12);
  });

  it('does not know the ends of one value', () => {
    expect(meanOf([7])).to.deep.equal({ median: 7, low: NaN, high: NaN });
  });

  it('holds the true mean about as often as it says, also of five', () => {
    const random = randomFrom(3);
    let held = 0;
    for (let trial = 0; trial < 1000; trial++) {
      const normal = (): number => Array.from({ length: 12 }, random).reduce((sum, each) => sum + each - 0.5, 0);
      const { low, high } = meanOf(Array.from({ length: 5 }, normal));
      if (low <= 0 && high >= 0) held++;
    }
    expect(held).to.be.within(930, 970);
  });
});

describe('meanRatioOf', () => {
  it('is the geometric mean, with an interval that has no end below 0', () => {
    expect(meanRatioOf([0.5, 2]).median).to.be.closeTo(1, 1e-12);
    const { median, low, high } = meanRatioOf([1.4, 2.9, 4.4]);
    expect(low).to.be.greaterThan(0);
    expect(high / median).to.be.closeTo(median / low, 1e-9);
    // Of the values themselves it would.
    expect(meanOf([1.4, 2.9, 4.4]).low).to.be.below(0);
  });
});

describe('unitsOf', () => {
  it('has the median of each pass, or every round where there was one', () => {
    expect(unitsOf(figure([1, 2, 9, 10, 30], [3, 2]))).to.deep.equal([2, 20]);
    expect(unitsOf(figure([1, 2, 9]))).to.deep.equal([1, 2, 9]);
    expect(unitsOf({ value: 3 })).to.deep.equal([]);
  });
});

describe('ratioOver', () => {
  const over = (rows: Row[], design = 'b'): ReturnType<typeof ratioOver> =>
    ratioOver([resultOf({ rows })], () => 'time', design, 'a');

  it('is the geometric mean over the points', () => {
    const rows = [1, 2].flatMap((x) => [row('a', x, figure([1, 1])), row('b', x, figure(x === 1 ? [2, 2] : [8, 8]))]);
    const { median, low, high } = over(rows)!;
    for (const value of [median, low, high]) expect(value).to.be.closeTo(4, 1e-9);
    expect(over(rows, 'a')).to.deep.equal({ median: 1, low: 1, high: 1 });
  });

  it('is as wide as what differs from pass to pass, however alike rounds are within', () => {
    const rounds = [1, 1, 1, 1, 1, 2, 2, 2, 2, 2];
    const rows = [row('a', 1, figure(Array<number>(10).fill(1), [5, 5])), row('b', 1, figure(rounds, [5, 5]))];
    expect(sideOf(over(rows)!)).to.equal('none');
    expect(over(rows)!.median).to.be.closeTo(Math.sqrt(2), 1e-9);
  });

  it('takes a pass that lacks a point for what it has', () => {
    const rows = [
      row('a', 1, figure([1, 1, 1, 1], [2, 2])),
      row('b', 1, figure([3, 3, 3, 3], [2, 2])),
      row('a', 2, figure([1, 1])),
      row('b', 2, figure([12, 12])),
    ];
    const { median, low, high } = over(rows)!;
    for (const value of [median, low, high]) expect(value).to.be.closeTo(6, 1e-9);
  });

  it('is null where no point has both', () => {
    expect(over([row('a', 1, figure([1])), row('b', 2, figure([1]))])).to.equal(null);
    expect(over([{ design: 'b', x: 1, cannot: 'is not there', figures: {} }])).to.equal(null);
  });
});

describe('slopeOf', () => {
  it('is what a figure grows by from one x to the next', () => {
    const rows = [row('a', 2, figure([10, 12])), row('a', 4, figure([99, 99])), row('a', 12, figure([30, 32]))];
    expect(slopeOf(resultOf({ rows }), 'time', 'a')).to.deep.equal({ median: 2, low: 2, high: 2 });
    const counted = rows.map(({ x }) => ({ design: 'a', x, cannot: null, figures: { held: { value: 3 * x } } }));
    expect(slopeOf(resultOf({ rows: counted }), 'held', 'a')).to.deep.equal({ median: 3, low: 3, high: 3 });
  });

  it('is null of one point', () => {
    expect(slopeOf(resultOf({ rows: [row('a', 2, figure([10]))] }), 'time', 'a')).to.equal(null);
  });
});

describe('timeOf', () => {
  it('is the time by that name, or the first that is clocked', () => {
    const clocked = (name: string): ReturnType<typeof resultOf>['metrics'][0] => {
      return { name, unit: 'ns', better: 'less', kind: 'timed', meaning: '' };
    };
    expect(timeOf(resultOf({ metrics: [clocked('lifo'), clocked('time')] }))!.name).to.equal('time');
    expect(timeOf(resultOf({ metrics: [clocked('both'), clocked('cpu')] }))!.name).to.equal('both');
    expect(timeOf(resultOf({ metrics: [] }))).to.equal(undefined);
  });
});

describe('sideOf', () => {
  it('tells a difference only where the interval excludes 1 (M3)', () => {
    const sides = [
      [0.5, 0.9],
      [0.5, 1],
      [1, 1.5],
      [1.1, 2],
      [NaN, NaN],
    ].map(([low, high]) => sideOf({ median: 1, low: low!, high: high! }));
    expect(sides).to.deep.equal(['less', 'none', 'none', 'more', 'none']);
  });
});
