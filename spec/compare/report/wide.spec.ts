import { expect } from 'chai';
import { countsTable, pointsLine, timesTable } from '../../../lib/compare/report/wide.js';
import { rowOf } from '../support.js';
import { resultOf } from './support.js';

describe('timesTable', () => {
  it('has a row for each point and a column for each design, with the ratio where the time decides', () => {
    expect(timesTable(resultOf())).to.deep.equal([
      ['layers', 'waitQueue', 'cloneKiobuf'],
      ...['0', '10', '1000'].map((x) => [x, '1.50 µs', '3.75 µs · 2.50 (2.25–2.75)']),
    ]);
    expect(timesTable(resultOf({ decides: ['headers'] }))[1]).to.deep.equal(['0', '1.50 µs', '3.75 µs']);
  });

  it('marks where no difference is seen, and who cannot', () => {
    const alike = { median: 1.1, low: 0.9, high: 1.2 };
    const rows = [rowOf(), rowOf({ design: 'b', ratio: alike }), rowOf({ design: 'c', cannot: 'is not there' })];
    expect(timesTable(resultOf({ rows }))[1]).to.deep.equal(['1', '1.50 µs', '1.50 µs · 1.10 (0.90–1.20) =', 'cannot']);
  });
});

describe('countsTable', () => {
  it('has a row for each design, and the values at all points in a cell, or the one that all have', () => {
    expect(countsTable(resultOf())).to.deep.equal([
      ['design', 'wasted', 'headers', 'allocated'],
      ['waitQueue', '0', '1', '800 B'],
      ['cloneKiobuf', '0 / 2.50 / 250', '1', '800 B'],
    ]);
    expect(pointsLine(resultOf())).to.match(/^Counted at layers 0 \/ 10 \/ 1000;/);
  });

  it('is empty where nothing is counted', () => {
    const { metrics } = resultOf();
    expect(countsTable(resultOf({ metrics: metrics.filter(({ kind }) => kind === 'timed') }))).to.deep.equal([]);
  });
});
