import { expect } from 'chai';
import { standingsOf, standingTable } from '../../../lib/compare/report/standing.js';
import { comparisonOf, resultOf } from './support.js';

describe('the standing of designs', () => {
  const question = { name: 'Q0', question: 'Which?', experiments: ['layers', 'others'] };
  const others = resultOf({ name: 'others', decides: ['headers', 'time'] });
  const found = comparisonOf({ experiments: [resultOf(), others, resultOf({ name: 'beside' })] });

  it('tells for each design at how many points it is best, and how long it takes over all of them', () => {
    const [first, second] = standingsOf(found, question);
    expect(first!.design).to.equal('waitQueue');
    expect([...first!.wins]).to.deep.equal([
      ['time', { best: 6, of: 6 }],
      ['headers', { best: 3, of: 3 }],
    ]);
    expect([...second!.wins]).to.deep.equal([
      ['time', { best: 0, of: 6 }],
      ['headers', { best: 3, of: 3 }],
    ]);
    for (const end of ['low', 'median', 'high'] as const) expect(second!.times![end]).to.be.closeTo(2.5, 1e-9);
  });

  it('is a table, with a row for each design', () => {
    expect(standingTable(found, question)).to.deep.equal([
      ['design', 'best in time', 'best in headers', 'time ÷ waitQueue'],
      ['waitQueue', '6 of 6', '3 of 3', '1.00'],
      ['cloneKiobuf', '0 of 6', '3 of 3', '2.50'],
    ]);
  });

  it('is empty when none of its experiments was run', () => {
    expect(standingsOf(found, { ...question, experiments: ['nothing'] })).to.deep.equal([]);
  });

  it('has nobody best where there were too few rounds to tell', () => {
    const rows = resultOf().rows.map((row) => ({
      ...row,
      figures: { ...row.figures, time: { value: 5, rounds: [5] } },
    }));
    const few = comparisonOf({ experiments: [resultOf({ rows })] });
    expect(standingTable(few, question)).to.deep.equal([
      ['design', 'time ÷ waitQueue'],
      ['waitQueue', '1.00'],
      ['cloneKiobuf', '1.00'],
    ]);
  });
});
