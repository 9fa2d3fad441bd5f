import { expect } from 'chai';
import { commonMetrics } from '../../lib/compare/metrics.js';
import { counters } from '../../lib/io/index.js';

describe('commonMetrics', () => {
  it('have a metric for each of the engine’s counters, counts first and the time last', () => {
    const names = commonMetrics.map(({ name }) => name);
    expect(names).to.include.members(Object.keys(counters));
    expect(commonMetrics.map(({ kind }) => kind)).to.deep.equal(
      [...commonMetrics].sort((a, b) => order(a.kind) - order(b.kind)).map(({ kind }) => kind),
    );
    expect(names.at(-1)).to.equal('time');
  });

  const order = (kind: string): number => ['exact', 'measured', 'timed'].indexOf(kind);
});
