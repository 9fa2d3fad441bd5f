import { expect } from 'chai';
import { standingAnswer, standingsOf, standingTable } from '../../../lib/compare/report/standing.js';
import { comparisonOf, resultOf } from './support.js';

describe('the standing of designs', () => {
  const question = { name: 'Q0', question: 'Which?', experiments: ['layers', 'others'] };
  const others = resultOf({ name: 'others', decides: ['headers', 'time'] });
  const found = comparisonOf({ experiments: [resultOf(), others, resultOf({ name: 'beside' })] });

  it('tells for each design at how many points it is best, where, and how long it takes', () => {
    const [first, second] = standingsOf(found, question);
    expect(first!.design).to.equal('waitQueue');
    expect([...first!.wins]).to.deep.equal([
      ['time', { best: 6, of: 6 }],
      ['headers', { best: 3, of: 3 }],
    ]);
    expect(first!.where).to.deep.equal(['layers 0 10 1000 (time)', 'others 0 10 1000 (headers, time)']);
    expect([...second!.wins]).to.deep.equal([
      ['time', { best: 0, of: 6 }],
      ['headers', { best: 3, of: 3 }],
    ]);
    expect(second!.where).to.deep.equal(['others 0 10 1000 (headers)']);
    expect(second!.times).to.deep.equal({ median: 2.5, least: 2.5, most: 2.5 });
  });

  it('answers in sentences, and in a table', () => {
    expect(standingAnswer(found, question)).to.deep.equal([
      'Best or not seen to differ from it most often: in time waitQueue, at 6 of 6 points; ' +
        'in headers waitQueue and cloneKiobuf, at 3 of 3 points.',
      'Time against waitQueue, the median over all points with the least and the most: cloneKiobuf 2.50 (2.50–2.50).',
    ]);
    expect(standingTable(found, question).map((cells) => cells.slice(0, 4))).to.deep.equal([
      ['design', 'time', 'headers', 'time ÷ waitQueue'],
      ['waitQueue', '6 of 6', '3 of 3', '1.00 (1.00–1.00)'],
      ['cloneKiobuf', '0 of 6', '3 of 3', '2.50 (2.50–2.50)'],
    ]);
  });

  it('says so when none of its experiments was run', () => {
    const none = { ...question, experiments: ['nothing'] };
    expect(standingsOf(found, none)).to.deep.equal([]);
    expect(standingAnswer(found, none)).to.deep.equal(['None of its experiments was run.']);
  });

  it('says so when there were too few rounds to tell', () => {
    const rows = resultOf().rows.map((row) => ({
      ...row,
      figures: { ...row.figures, time: { value: 5, rounds: [5] } },
    }));
    const few = comparisonOf({ experiments: [resultOf({ rows })] });
    expect(standingAnswer(few, question)).to.deep.equal(['There were too few rounds to tell who is best.']);
    expect(standingTable(few, question)[1]).to.deep.equal(['waitQueue', '–', 'nowhere']);
  });
});
