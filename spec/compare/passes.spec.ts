import { expect } from 'chai';
import type { Figure, Row } from '../../lib/compare/index.js';
import { joinPasses } from '../../lib/compare/passes.js';

describe('joinPasses', () => {
  const row = (design: string, figures: Record<string, Figure>, cannot: string | null = null): Row => {
    return { design, x: 4, cannot, figures };
  };

  it('has the rounds of all passes one behind the other, and ratios against the first design round by round', () => {
    const pass = (a: number[], b: number[]): Row[] => [
      row('a', { time: { value: 0, rounds: a } }),
      row('b', { time: { value: 0, rounds: b } }),
    ];
    const [a, b] = joinPasses([pass([1, 2], [3, 6]), pass([10, 20, 30], [30, 60, 90])], 1);
    expect(a!.figures['time']).to.deep.equal({
      value: 10,
      rounds: [1, 2, 10, 20, 30],
      passes: [2, 3],
      ratio: { median: 1, low: 1, high: 1 },
    });
    expect(b!.figures['time']).to.deep.equal({
      value: 30,
      rounds: [3, 6, 30, 60, 90],
      passes: [2, 3],
      ratio: { median: 3, low: 3, high: 3 },
    });
  });

  it('takes the median of what has no rounds, of those passes that know it', () => {
    const values = [5, null, 9, 1].map((value) => [row('a', { held: { value } })]);
    expect(joinPasses(values, 1)[0]!.figures).to.deep.equal({ held: { value: 5 } });
    expect(joinPasses(values.slice(1, 2), 1)[0]!.figures).to.deep.equal({ held: { value: null } });
  });

  it('says of a design that cannot in one pass that it cannot', () => {
    const rows = joinPasses([[row('a', { held: { value: 1 } })], [row('a', {}, 'is tired')]], 1);
    expect(rows).to.deep.equal([row('a', {}, 'is tired')]);
  });

  it('has no rows of no passes', () => {
    expect(joinPasses([], 1)).to.deep.equal([]);
  });
});
