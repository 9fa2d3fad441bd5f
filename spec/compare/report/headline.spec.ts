import { expect } from 'chai';
import type { Metric, Row } from '../../../lib/compare/index.js';
import { plans } from '../../../lib/compare/plan.js';
import { answer } from '../../../lib/compare/report/answer.js';
import { headlineOf, wholeHeadline } from '../../../lib/compare/report/headline.js';
import { rowOf } from '../support.js';
import { comparisonOf, resultOf } from './support.js';

/** A row whose rounds all took about this long. */
function took(design: string, ns: number, rounds = 15): Row {
  const each = Array.from({ length: rounds }, (_, i) => ns * (1 + i / 10_000));
  return rowOf({ design, figures: { time: { value: ns, rounds: each } } });
}
const unsure = (design: string, ns: number): Row => {
  const rounds = Array.from({ length: 15 }, (_, i) => (i % 2 === 0 ? ns / 2 : ns * 2));
  return rowOf({ design, figures: { time: { value: ns, rounds } } });
};

describe('headlineOf', () => {
  const of = (...rows: Row[]): string => headlineOf(resultOf({ rows }));

  it('names the fastest, and how many times as long the slowest takes (M3)', () => {
    expect(of(took('a', 200), took('b', 100), took('c', 1000))).to.equal('Fastest: b; c takes 10.0 times as long');
  });

  it('names those that are slower where they are few, and sees no difference between the others (M3)', () => {
    const rows = ['a', 'b', 'c', 'd'].map((design) => took(design, 100));
    expect(of(...rows, took('e', 200), took('f', 400))).to.equal(
      'e and f take 2.00 and 4.00 times as long as the fastest; no difference seen between the other 4',
    );
  });

  it('says so where no difference is seen between any (M3)', () => {
    expect(of(took('a', 100), unsure('b', 110))).to.equal('No difference seen between a and b');
    const same = ['a', 'b', 'c', 'd'].map((design) => took(design, 100));
    expect(of(...same)).to.equal('No difference seen between all 4 designs');
  });

  it('agrees with the answer of an experiment that has one point', () => {
    // Of the medians of two passes nothing can be told, of the rounds within them something can.
    const passes = [7, 8];
    const inPasses = (design: string, ns: readonly [number, number]): Row => {
      const rounds = passes.flatMap((count, i) => Array.from({ length: count }, () => ns[i] ?? NaN));
      return rowOf({ design, figures: { time: { value: ns[1], rounds, passes } } });
    };
    const rows = [inPasses('a', [100, 100]), inPasses('b', [110, 200])];
    expect(answer(resultOf({ rows }))).to.deep.equal(['Least time: a at layers 1.']);
    expect(of(...rows)).to.match(/^Fastest: a; b takes /);
  });

  it('tells nothing of fewer than 15 rounds (M3)', () => {
    expect(of(took('a', 100, 14), took('b', 900, 14))).to.equal('Too few rounds to tell which design is fastest');
  });

  it('takes what is counted where it decides first and tells designs apart, and else the time', () => {
    const known: Metric = { name: 'known', unit: '', better: 'more', kind: 'exact', meaning: '' };
    const telling = (...values: number[]): string =>
      headlineOf(
        resultOf({
          decides: ['known', 'time'],
          metrics: [known, ...resultOf().metrics],
          rows: values.map((value, i) => {
            const row = took('abcde'[i]!, 100);
            return { ...row, figures: { ...row.figures, known: { value } } };
          }),
        }),
      );
    expect(telling(1, 2)).to.equal('Most known: b');
    expect(telling(2, 2, 2, 2, 1)).to.equal('Most known: all but e');
    expect(telling(2, 2)).to.equal('No difference seen between a and b');
  });

  it('leaves out the edge and who cannot, and has the title where nothing was timed', () => {
    expect(of(took('a', 100), took('edge', 1), rowOf({ design: 'b', cannot: 'has none' }))).to.equal(
      'Only a takes part',
    );
    expect(of()).to.equal(resultOf().title);
  });
});

describe('wholeHeadline', () => {
  const names = ['a', 'b', 'c', 'd', 'e'];
  const designs = names.map((name) => ({ ...comparisonOf().designs[0]!, name }));
  const of = (times: readonly number[], rounds = 15): string =>
    wholeHeadline(
      comparisonOf({
        designs,
        base: 'a',
        plan: { ...plans.quick, rounds },
        experiments: [resultOf({ rows: times.map((ns, i) => took(names[i]!, ns)) })],
      }),
    );

  it('says which designs lie near each other, and how much longer the others take', () => {
    expect(of([100, 125, 500])).to.equal(
      'a and b lie within a factor of 1.25; c takes 5.00 times as long as the fastest',
    );
    expect(of([110, 120, 100, 125, 900])).to.equal(
      '4 designs lie within a factor of 1.25; e takes 9.00 times as long as the fastest',
    );
    expect(of([100, 120])).to.equal('a and b lie within a factor of 1.20');
    expect(of([100, 300, 400])).to.equal('b and c take 3.00 and 4.00 times as long as the fastest');
  });

  it('says nothing of too few rounds, or of one design (M3)', () => {
    expect(of([100, 500], 14)).to.equal('The designs compared');
    expect(of([100])).to.equal('The designs compared');
  });
});
