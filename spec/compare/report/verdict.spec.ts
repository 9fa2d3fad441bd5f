import { expect } from 'chai';
import { verdictsOf } from '../../../lib/compare/report/verdict.js';
import { rowOf } from '../support.js';
import { resultOf } from './support.js';

describe('verdictsOf', () => {
  const steady = (ns: number): number[] => Array.from({ length: 15 }, (_, i) => ns + i / 100);
  const timedAs = (design: string, rounds: readonly number[], x = 1): ReturnType<typeof rowOf> =>
    rowOf({ design, x, figures: { time: { value: [...rounds].sort((a, b) => a - b)[7] ?? null, rounds } } });

  it('tell who has the figure and who is best, at each point, for each metric that decides', () => {
    const rows = [
      timedAs('a', steady(100)),
      timedAs('b', steady(90)),
      timedAs('edge', steady(1)),
      timedAs('a', steady(5), 2),
    ];
    const verdicts = verdictsOf(resultOf({ rows, decides: ['time', 'headers'] }));
    expect(verdicts.map(({ x, metric, having, best }) => [x, metric.name, having, best])).to.deep.equal([
      [1, 'time', ['a', 'b'], ['b']],
      [2, 'time', ['a'], ['a']],
      [1, 'headers', ['a', 'b'], ['a', 'b']],
      [2, 'headers', ['a'], ['a']],
    ]);
  });

  it('name nobody best of fewer than 15 rounds, or where none has a figure (M3)', () => {
    const few = verdictsOf(resultOf({ rows: [timedAs('a', steady(1).slice(1))] }));
    const none = verdictsOf(resultOf({ rows: [rowOf({ figures: { time: { value: null } } })] }));
    expect([few[0], none[0]].map((verdict) => [verdict!.having, verdict!.best])).to.deep.equal([
      [['a'], []],
      [[], []],
    ]);
  });

  it('tell a difference in time only where the interval of the ratios excludes 1 (M3)', () => {
    // By the median alone `b` is best; in most rounds there is nothing between them.
    const apart = [0.7, 0.8, 0.9, 0.95, 0.97, 0.99, 0.99, 0.99, 1, 1.01, 1.02, 1.05, 1.1, 1.2, 1.3];
    const rows = [
      timedAs('a', steady(100)),
      timedAs(
        'b',
        steady(100).map((ns, i) => ns * apart[i]!),
      ),
    ];
    expect(verdictsOf(resultOf({ rows }))[0]!.best).to.deep.equal(['a', 'b']);
    const faster = [
      timedAs('a', steady(100)),
      timedAs(
        'b',
        steady(100).map((ns) => ns * 0.99),
      ),
    ];
    expect(verdictsOf(resultOf({ rows: faster }))[0]!.best).to.deep.equal(['b']);
  });

  it('do not look at a design that cannot', () => {
    const rows = [timedAs('a', steady(1)), rowOf({ design: 'b', cannot: 'has no queue' })];
    expect(verdictsOf(resultOf({ rows }))[0]!.having).to.deep.equal(['a']);
  });
});
