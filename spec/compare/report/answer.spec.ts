import { expect } from 'chai';
import { answer } from '../../../lib/compare/report/answer.js';
import type { Estimate } from '../../../lib/compare/index.js';
import { rowOf } from '../support.js';
import { resultOf } from './support.js';

describe('answer', () => {
  const verdictOn = (ratio: Estimate): string[] =>
    answer(resultOf({ rows: [rowOf(), rowOf({ design: 'cloneKiobuf', ratio })] }));

  const cases: [name: string, ratio: Estimate, sentence: string][] = [
    [
      'all above 1: slower',
      { median: 1.2, low: 1.01, high: 1.4 },
      'cloneKiobuf takes 1.20 (1.01–1.40) times as long as waitQueue.',
    ],
    [
      'all below 1: faster',
      { median: 0.8, low: 0.7, high: 0.99 },
      'cloneKiobuf takes 0.80 (0.70–0.99) times as long as waitQueue.',
    ],
    [
      'around 1: no difference',
      { median: 1.5, low: 0.9, high: 2 },
      'no difference seen between cloneKiobuf and waitQueue, ratio 1.50 (0.90–2.00).',
    ],
    [
      'up to 1: no difference',
      { median: 0.9, low: 0.8, high: 1 },
      'no difference seen between cloneKiobuf and waitQueue, ratio 0.90 (0.80–1.00).',
    ],
    [
      'from 1 on: no difference',
      { median: 1.2, low: 1, high: 1.3 },
      'no difference seen between cloneKiobuf and waitQueue, ratio 1.20 (1.00–1.30).',
    ],
    [
      'of no width: one round tells nothing',
      { median: 2, low: 2, high: 2 },
      'one round of cloneKiobuf and waitQueue tells no difference.',
    ],
  ];
  for (const [name, ratio, sentence] of cases) {
    it(`goes by the interval, ${name}`, () => {
      expect(verdictOn(ratio)).to.deep.equal([`layers 1: ${sentence}`]);
    });
  }

  it('is given at the first and the last point', () => {
    expect(answer(resultOf())).to.deep.equal([
      'layers 0: cloneKiobuf takes 2.50 (2.25–2.75) times as long as waitQueue.',
      'layers 1000: cloneKiobuf takes 2.50 (2.25–2.75) times as long as waitQueue.',
    ]);
  });

  it('has a sentence for each design but the first', () => {
    const ratio = { median: 2, low: 1.5, high: 3 };
    const rows = [rowOf(), rowOf({ design: 'b', ratio }), rowOf({ design: 'c', ratio })];
    expect(answer(resultOf({ rows }))).to.have.length(2);
  });

  it('is empty where there is nothing to compare', () => {
    expect(answer(resultOf({ rows: [rowOf()] }))).to.deep.equal([]);
    expect(answer(resultOf({ rows: [] }))).to.deep.equal([]);
  });
});
