import { expect } from 'chai';
import {
  alignedText,
  comparisonText,
  experimentTable,
  experimentText,
  legendOf,
  markdownTable,
  methodOf,
} from '../../../lib/compare/report/table.js';
import { plans } from '../../../lib/compare/index.js';
import { rowOf } from '../support.js';
import { comparisonOf, parseMarkdownTable, resultOf } from './support.js';

describe('experimentTable', () => {
  it('has a row for each point and design, the unit as first heading, and counts before times', () => {
    expect(experimentTable(resultOf())).to.deep.equal([
      ['layers', 'design', 'wasted', 'headers', 'allocated', 'time', 'ratio'],
      ['0', 'waitQueue', '0', '1', '800 B', '1.50 µs', '1'],
      ['0', 'cloneKiobuf', '0', '1', '800 B', '3.75 µs', '2.50 (2.25–2.75)'],
      ['10', 'waitQueue', '0', '1', '800 B', '1.50 µs', '1'],
      ['10', 'cloneKiobuf', '2.50', '1', '800 B', '3.75 µs', '2.50 (2.25–2.75)'],
      ['1000', 'waitQueue', '0', '1', '800 B', '1.50 µs', '1'],
      ['1000', 'cloneKiobuf', '250', '1', '800 B', '3.75 µs', '2.50 (2.25–2.75)'],
    ]);
  });

  it('leaves out what was counted nowhere, and ratios of what does not decide', () => {
    const rows = [rowOf({ figures: { wasted: { value: 0 }, headers: { value: 0 } } })];
    const [heading] = experimentTable(resultOf({ rows, decides: ['wasted'] }));
    expect(heading).to.deep.equal(['layers', 'design', 'allocated', 'time']);
  });

  it('shows who cannot, and what is not there', () => {
    const rows = [rowOf(), rowOf({ design: 'b', cannot: 'has no queue', figures: {} })];
    expect(experimentTable(resultOf({ rows }))[2]).to.deep.equal(['1', 'b', 'cannot', '–', '–', '–', '–']);
  });

  const times: [ns: number, text: string][] = [
    [0.4, '0.4 ns'],
    [12.4, '12 ns'],
    [999, '999 ns'],
    [1000, '1.00 µs'],
    [123_456, '123.46 µs'],
    [1_500_000, '1.50 ms'],
    [1_500_000_000, '1.50 s'],
  ];
  for (const [ns, text] of times) {
    it(`shows ${ns} ns as ${text}`, () => {
      expect(experimentTable(resultOf({ rows: [rowOf({ ns })] }))[1]!.at(-2)).to.equal(text);
    });
  }

  const sizes: [value: number | null, text: string][] = [
    [0, '0 B'],
    [9999, '9999 B'],
    [10_000, '10 kB'],
    [12_000_000, '12 MB'],
    [null, '?'],
  ];
  for (const [value, text] of sizes) {
    it(`shows ${value} bytes as ${text}`, () => {
      const rows = [rowOf({ figures: { allocated: { value } } })];
      expect(experimentTable(resultOf({ rows, decides: [] }))[1]!.at(-2)).to.equal(text);
    });
  }

  it('shows rates per second', () => {
    const rate = { name: 'read', unit: 'B/s', better: 'more', kind: 'timed', meaning: '' } as const;
    const rows = [rowOf({ figures: { read: { value: 274.4e6 } } })];
    expect(experimentTable(resultOf({ rows, metrics: [rate], decides: [] }))[1]!.at(-1)).to.equal('274 MB/s');
  });

  it('shows a ratio of one round without an interval', () => {
    const ratio = { median: 0.613, low: 0.613, high: 0.613 };
    expect(experimentTable(resultOf({ rows: [rowOf({ ratio })] }))[1]!.at(-1)).to.equal('0.61');
  });
});

describe('alignedText', () => {
  it('aligns words to the left and figures to the right, unknown ones too', () => {
    const table = [
      ['n', 'design', 'bytes'],
      ['1', 'a', '?'],
      ['100', 'longer', '12 kB'],
    ];
    expect(`\n${alignedText(table)}`).to.equal(`
  n  design  bytes
  1  a           ?
100  longer  12 kB`);
  });

  it('leaves no blanks at the ends of lines', () => {
    expect(
      alignedText([
        ['a', 'word'],
        ['b', 'x'],
      ]),
    ).to.equal('a  word\nb  x');
  });

  it('is empty for an empty table', () => {
    expect(alignedText([])).to.equal('');
  });
});

describe('markdownTable', () => {
  it('is a Markdown table with the same cells', () => {
    const table = experimentTable(resultOf());
    expect(parseMarkdownTable(markdownTable(table)).cells).to.deep.equal(table);
  });

  it('aligns figures to the right', () => {
    const { cells, right } = parseMarkdownTable(markdownTable(experimentTable(resultOf())));
    expect(cells[0]!.filter((_, i) => !right[i])).to.deep.equal(['design']);
  });
});

describe('methodOf', () => {
  it('says what ran, how often, and what the figures are', () => {
    expect(methodOf(comparisonOf()).join(' ')).to.match(
      /^Node\.js v20\.0\.0, Linux 6\.1\.0 on x64; A CPU, 2 cores, 8000 MB\. Plan full, 20 interleaved rounds in 4 passes, seed 1\. /,
    );
    expect(methodOf(comparisonOf({ plan: { ...plans.quick, rounds: 1 }, base: 'mine' })).join(' '))
      .to.include('Plan quick, 1 interleaved round,')
      .and.to.include('against mine in the same round')
      .and.to.not.include('interrupted');
  });

  it('says when it was interrupted', () => {
    expect(methodOf(comparisonOf({ interrupted: true })).at(-1)).to.match(/^It was interrupted/);
  });
});

describe('legendOf', () => {
  it('tells what each column means', () => {
    expect(legendOf(resultOf())[0]).to.equal('wasted: done in vain');
  });
});

describe('comparisonText', () => {
  it('has each experiment with question, points, table, notes and answer', () => {
    const parts = comparisonText(comparisonOf({ experiments: [resultOf({ notes: ['noted'] })] })).split('\n\n');
    expect(parts).to.deep.equal([
      methodOf(comparisonOf()).join('\n'),
      'Is 1 < 2 & so on?\nlayers: Layers of "nothing"',
      alignedText(experimentTable(resultOf())),
      'noted\nLeast time: waitQueue at layers 0 to 1,000.',
    ]);
  });

  it('leaves out what was not run', () => {
    expect(comparisonText(comparisonOf({ experiments: [] }))).to.equal(methodOf(comparisonOf()).join('\n'));
    expect(experimentText(resultOf({ decides: [] })).split('\n\n')).to.have.length(2);
  });
});
