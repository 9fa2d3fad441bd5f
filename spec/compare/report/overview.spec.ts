import { expect } from 'chai';
import { factor, overviewTable, ratioText } from '../../../lib/compare/report/overview.js';
import { rowOf } from '../support.js';
import { comparisonOf, resultOf } from './support.js';

describe('overviewTable', () => {
  it('has a row for each experiment, and the least in bold', () => {
    expect(overviewTable(comparisonOf())).to.deep.equal([
      ['time ÷ waitQueue', 'waitQueue', 'cloneKiobuf'],
      ['layers', '**1.00**', '2.50'],
    ]);
  });

  it('has all in bold of which no difference is seen (M3)', () => {
    const wavering = Array.from({ length: 15 }, (_, i) => 1000 + 100 * (i % 11));
    const rows = [
      rowOf({ ns: 1500 }),
      rowOf({ design: 'cloneKiobuf', figures: { time: { value: 1500, rounds: wavering } } }),
    ];
    const [, cells] = overviewTable(comparisonOf({ experiments: [resultOf({ rows })] }));
    expect(cells!.slice(1).every((cell) => cell.startsWith('**'))).to.equal(true);
  });

  it('has nothing in bold of fewer than 15 rounds (M3), and says who cannot', () => {
    const rows = [
      rowOf({ figures: { time: { value: 5, rounds: [5, 6] } } }),
      rowOf({ design: 'cloneKiobuf', cannot: 'is not there' }),
    ];
    expect(overviewTable(comparisonOf({ experiments: [resultOf({ rows })] }))[1]).to.deep.equal([
      'layers',
      '1.00',
      'cannot',
    ]);
  });

  it('leaves out what was not timed', () => {
    expect(overviewTable(comparisonOf({ experiments: [resultOf({ rows: [] })] }))).to.have.length(1);
  });
});

describe('ratioText', () => {
  it('has the interval, where one is seen', () => {
    expect(ratioText({ median: 0.784, low: 0.74, high: 0.821 })).to.equal('0.78 (0.74–0.82)');
    expect(ratioText({ median: 2, low: 2, high: 2 })).to.equal('2.00');
    expect(ratioText({ median: 2, low: NaN, high: NaN })).to.equal('2.00');
  });
});

describe('factor', () => {
  it('has the digits that tell something', () => {
    expect([0.123, 9.94, 9.96, 99.4, 99.6, 222.2].map(factor)).to.deep.equal([
      '0.12',
      '9.94',
      '10.0',
      '99.4',
      '100',
      '222',
    ]);
  });
});
