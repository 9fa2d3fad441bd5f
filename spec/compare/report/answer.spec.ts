import { expect } from 'chai';
import { answer } from '../../../lib/compare/report/answer.js';
import type { Row } from '../../../lib/compare/index.js';
import { rowOf } from '../support.js';
import { resultOf } from './support.js';

describe('answer', () => {
  /** A row whose time was this in each round. */
  const timedAs = (design: string, rounds: readonly number[], x = 1): Row =>
    rowOf({ design, x, figures: { time: { value: [...rounds].sort((a, b) => a - b)[7] ?? null, rounds } } });
  const steady = (ns: number): number[] => Array.from({ length: 15 }, (_, i) => ns + i / 100);
  const wild = (ns: number): number[] => steady(ns).map((value, i) => (i % 2 === 0 ? value / 2 : value * 2));
  const on = (...rows: Row[]): string[] => answer(resultOf({ rows }));

  it('names the design that takes least, where the interval of every other excludes 1', () => {
    expect(on(timedAs('a', steady(100)), timedAs('b', steady(90)))).to.deep.equal(['Least time: b at layers 1.']);
  });

  it('sees no difference where the interval does not', () => {
    expect(on(timedAs('a', steady(100)), timedAs('b', wild(98)))).to.deep.equal([
      'Least time: no difference seen between a and b at layers 1.',
    ]);
  });

  it('sees none between all, and leaves those out that are slower', () => {
    const same = ['a', 'b', 'c'].map((design) => timedAs(design, steady(100)));
    expect(on(...same)).to.deep.equal(['Least time: no difference seen between all 3 at layers 1.']);
    expect(on(...same, timedAs('d', steady(200)))[0]).to.include('between a, b and c at');
  });

  it('tells nothing of fewer than 15 rounds', () => {
    const few = (design: string, ns: number): Row => timedAs(design, steady(ns).slice(1));
    expect(on(few('a', 1), few('b', 100))).to.deep.equal(['Least time: too few rounds to tell at layers 1.']);
  });

  it('joins neighbouring points with the same answer', () => {
    const rows = [0, 10, 1000, 2000].flatMap((x) => [
      timedAs('a', steady(x === 1000 ? 50 : 100), x),
      timedAs('b', steady(70), x),
    ]);
    expect(on(...rows)).to.deep.equal(['Least time: b at layers 0 to 10; a at layers 1,000; b at layers 2,000.']);
  });

  it('takes counts as they are, and bytes of the heap as equal within a twentieth', () => {
    const rows = [100, 104, 106].map((value, i) =>
      rowOf({ design: 'abc'[i]!, figures: { headers: { value }, allocated: { value } } }),
    );
    expect(answer(resultOf({ rows, decides: ['headers', 'allocated'] }))).to.deep.equal([
      'Least headers: a at layers 1.',
      'Least allocated: a and b alike at layers 1.',
    ]);
  });

  it('looks for the most where more is better', () => {
    const { metrics } = resultOf();
    const known = { name: 'known', unit: '', better: 'more', kind: 'exact', meaning: '' } as const;
    const rows = [1, 0.5].map((value, i) => rowOf({ design: 'ab'[i]!, figures: { known: { value } } }));
    expect(answer(resultOf({ rows, decides: ['known'], metrics: [known, ...metrics] }))).to.deep.equal([
      'Most known: a at layers 1.',
    ]);
  });

  it('says who cannot, and why, once, and leaves the edge out', () => {
    const rows = [0, 10].flatMap((x) => [
      timedAs('a', steady(100), x),
      rowOf({ x, design: 'b', cannot: 'has no queue', figures: {} }),
      timedAs('edge', steady(1), x),
    ]);
    expect(on(...rows)).to.deep.equal(['Least time: a at layers 0 to 10.', 'b cannot: it has no queue.']);
  });

  it('says so where no design has a figure, and nothing of what was not measured', () => {
    const rows = [rowOf({ figures: { headers: { value: null } } })];
    expect(answer(resultOf({ rows, decides: ['headers', 'wakeups'] }))).to.deep.equal([
      'Least headers: none has a figure at layers 1.',
    ]);
  });
});
