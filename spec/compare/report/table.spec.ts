import { expect } from 'chai';
import {
  alignedText,
  comparisonText,
  experimentTable,
  fileCaption,
  markdownTable,
  methodOf,
  realFileTable,
} from '../../../lib/compare/report/table.js';
import { rowOf } from '../support.js';
import { comparisonOf, parseMarkdownTable, resultOf } from './support.js';

const { realFile } = comparisonOf();

describe('realFileTable', () => {
  it('has a row for each design', () => {
    expect(realFileTable(realFile!)).to.deep.equal([
      ['design', 'written', 'read', 'ratio', 'headers', 'links', 'callbacks', 'SHA-256'],
      ['waitQueue', '274 MB/s', '9500 kB/s', '1', '6', '9', '6', 'verified'],
    ]);
  });

  it('says what differs', () => {
    const [row] = realFile!;
    expect(realFileTable([{ ...row!, verified: false }])[1]!.at(-1)).to.equal('differs');
  });
});

describe('experimentTable', () => {
  it('has a row for each point and design, and the unit as first heading', () => {
    expect(experimentTable(resultOf())).to.deep.equal([
      ['layers', 'design', 'time', 'ratio', 'allocated', 'headers', 'links', 'callbacks', 'wasted'],
      ['0', 'waitQueue', '1.50 µs', '1', '800 B', '1', '2', '3', '0'],
      ['0', 'cloneKiobuf', '3.75 µs', '2.50 (2.25–2.75)', '800 B', '1', '2', '3', '0'],
      ['10', 'waitQueue', '1.50 µs', '1', '800 B', '1', '2', '3', '0'],
      ['10', 'cloneKiobuf', '3.75 µs', '2.50 (2.25–2.75)', '800 B', '1', '2', '3', '2.50'],
      ['1000', 'waitQueue', '1.50 µs', '1', '800 B', '1', '2', '3', '0'],
      ['1000', 'cloneKiobuf', '3.75 µs', '2.50 (2.25–2.75)', '800 B', '1', '2', '3', '250'],
    ]);
  });

  it('leaves out what was counted nowhere, and keeps what was counted anywhere', () => {
    const counts = { headers: 0, links: 0, callbacks: 0, visited: 0 };
    const rows = [rowOf({ counts }), rowOf({ counts: { ...counts, visited: 7 } })];
    expect(experimentTable(resultOf({ rows }))[0]).to.deep.equal([
      'layers',
      'design',
      'time',
      'ratio',
      'allocated',
      'visited',
    ]);
  });

  const times: [ns: number, text: string][] = [
    [0.4, '0 ns'],
    [999, '999 ns'],
    [1000, '1.00 µs'],
    [123_456, '123.46 µs'],
    [1_500_000, '1.50 ms'],
  ];
  for (const [ns, text] of times) {
    it(`shows ${ns} ns as ${text}`, () => {
      expect(experimentTable(resultOf({ rows: [rowOf({ ns })] }))[1]![2]).to.equal(text);
    });
  }

  const sizes: [bytes: number, text: string][] = [
    [0, '0 B'],
    [9999, '9999 B'],
    [10_000, '10 kB'],
    [12_000_000, '12 MB'],
    [NaN, '?'],
  ];
  for (const [bytes, text] of sizes) {
    it(`shows ${bytes} bytes as ${text}`, () => {
      expect(experimentTable(resultOf({ rows: [rowOf({ bytes })] }))[1]![4]).to.equal(text);
    });
  }

  it('shows a ratio of one round without an interval', () => {
    const ratio = { median: 0.613, low: 0.613, high: 0.613 };
    expect(experimentTable(resultOf({ rows: [rowOf({ ratio })] }))[1]![3]).to.equal('0.61');
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
    for (const table of [realFileTable(realFile!), experimentTable(resultOf())]) {
      expect(parseMarkdownTable(markdownTable(table)).cells).to.deep.equal(table);
    }
  });

  it('aligns figures to the right', () => {
    const { cells, right } = parseMarkdownTable(markdownTable(experimentTable(resultOf())));
    expect(cells[0]!.filter((_, i) => !right[i])).to.deep.equal(['design']);
  });
});

describe('methodOf', () => {
  it('says what ran, how often, and what the figures are', () => {
    expect(methodOf(comparisonOf()).join(' ')).to.match(
      /^Node\.js v20\.0\.0, linux x64; 15 interleaved rounds, seed 1\./,
    );
    expect(methodOf(comparisonOf({ rounds: 1, base: 'mine' })).join(' '))
      .to.include('1 interleaved round,')
      .and.to.include('against mine in the same round');
  });
});

describe('fileCaption', () => {
  it('names the file, its size and its digest', () => {
    expect(fileCaption(comparisonOf())).to.equal(
      `Through Crypt over Stripe over three files, and back: /data/some file, 99 MB\nSHA-256 ${'ab'.repeat(32)}`,
    );
  });
});

describe('comparisonText', () => {
  it('has the main job and each experiment with question, points, table and answer', () => {
    const text = comparisonText(comparisonOf());
    const parts = text.split('\n\n');
    expect(parts).to.have.length(6);
    expect(parts[0]).to.equal(methodOf(comparisonOf()).join('\n'));
    expect(parts[2]).to.equal(alignedText(realFileTable(realFile!)));
    expect(parts[3]).to.equal('Is 1 < 2 & so on?\nlayers: Layers of "nothing"');
    expect(parts[4]).to.equal(alignedText(experimentTable(resultOf())));
    expect(parts[5]).to.match(/^layers 0: .*\nlayers 1000: .*$/);
  });

  it('leaves out what was not run', () => {
    expect(comparisonText(comparisonOf({ realFile: null, experiments: [] }))).to.equal(
      methodOf(comparisonOf()).join('\n'),
    );
  });

  it('stays under 100 columns with the longest name of a design and wide figures', () => {
    const design = 'cloneKiobufTracked';
    const ratio = { median: 10.23, low: 10.05, high: 12.34 };
    const counts = { headers: 0, links: 0, callbacks: 10_000, visited: 10_016 };
    const [row] = realFile!;
    const text = comparisonText(
      comparisonOf({
        realFile: [{ ...row!, design, ratio }],
        experiments: [
          resultOf({ rows: [rowOf({ design, ratio, x: 10_000, ns: 123_456, counts, extra: { wasted: 16 } })] }),
        ],
      }),
    );
    const widest = Math.max(...text.split('\n').map((line) => line.length));
    expect(widest).to.be.at.most(100);
  });
});
