import type { Comparison, ExperimentResult } from '../compare.js';
import type { Row } from '../experiment.js';
import type { RealFileRow } from '../real-file.js';
import { answer } from './answer.js';

/** A table as cells: the first row is the heading. */
export type Table = readonly (readonly string[])[];

export function realFileTable(rows: readonly RealFileRow[]): Table {
  return [
    ['design', 'written', 'read', 'ratio', 'headers', 'links', 'callbacks', 'SHA-256'],
    ...rows.map((row) => [
      row.design,
      `${size(row.writeRate)}/s`,
      `${size(row.readRate)}/s`,
      ratio(row),
      String(row.counts.headers),
      String(row.counts.links),
      String(row.counts.callbacks),
      row.verified ? 'verified' : 'differs',
    ]),
  ];
}

/** A row per point and design. A column of counts in which nothing was counted anywhere is left out. */
export function experimentTable({ rows, unit }: ExperimentResult): Table {
  const counted = (['headers', 'links', 'callbacks', 'visited'] as const).filter((name) =>
    rows.some(({ counts }) => counts[name] > 0),
  );
  const extras = [...new Set(rows.flatMap((row) => Object.keys(row.extra ?? {})))];
  return [
    [unit, 'design', 'time', 'ratio', 'allocated', ...counted, ...extras],
    ...rows.map((row) => [
      String(row.x),
      row.design,
      duration(row.ns),
      ratio(row),
      size(row.bytes),
      ...counted.map((name) => count(row.counts[name])),
      ...extras.map((name) => count(row.extra?.[name] ?? 0)),
    ]),
  ];
}

/** The whole comparison for a terminal. */
export function comparisonText(comparison: Comparison): string {
  const { realFile, experiments } = comparison;
  const parts = [methodOf(comparison).join('\n')];
  if (realFile !== null) parts.push(fileCaption(comparison), alignedText(realFileTable(realFile)));
  for (const result of experiments) {
    parts.push(experimentCaption(result), alignedText(experimentTable(result)));
    const answers = answer(result);
    if (answers.length > 0) parts.push(answers.join('\n'));
  }
  return parts.join('\n\n');
}

/** How the figures came about, in sentences. */
export function methodOf({ runtime, base, rounds, seed }: Comparison): string[] {
  return [
    `${runtime}; ${String(rounds)} interleaved ${rounds === 1 ? 'round' : 'rounds'}, seed ${String(seed)}.`,
    'Times are medians over the rounds. In the experiments times, bytes and counts are per request.',
    `Ratios are against ${base} in the same round, with the 95 % bootstrap interval of their median.`,
  ];
}

/** What was sent through what, in a line or two. */
export function fileCaption({ file, realFile }: Comparison): string {
  const [row] = realFile ?? [];
  const digest = row === undefined ? '' : `, ${size(row.bytes)}\nSHA-256 ${row.sha256}`;
  return `Through Crypt over Stripe over three files, and back: ${file}${digest}`;
}

function experimentCaption({ question, unit, xLabel }: ExperimentResult): string {
  return `${question}\n${unit}: ${xLabel}`;
}

/** Columns aligned, numbers to the right. */
export function alignedText(table: Table): string {
  const columns = columnsOf(table);
  return table.map((cells) => padded(cells, columns).join('  ').trimEnd()).join('\n');
}

/** The same as a Markdown table. */
export function markdownTable(table: Table): string {
  const columns = columnsOf(table);
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  const [head = [], ...body] = table;
  return [
    line(padded(head, columns)),
    line(columns.map(({ width, right }) => (right ? `${'-'.repeat(width - 1)}:` : '-'.repeat(width)))),
    ...body.map((cells) => line(padded(cells, columns))),
  ].join('\n');
}

interface Column {
  readonly width: number;
  /** All below the heading begin with a figure, or are not known. */
  readonly right: boolean;
}

function columnsOf(table: Table): Column[] {
  const [head = [], ...body] = table;
  return head.map((_, i) => ({
    width: Math.max(...table.map((cells) => (cells[i] ?? '').length)),
    right: body.every((cells) => /^(\d|\?$)/.test(cells[i] ?? '')),
  }));
}

function padded(cells: readonly string[], columns: readonly Column[]): string[] {
  return columns.map(({ width, right }, i) => {
    const cell = cells[i] ?? '';
    return right ? cell.padStart(width) : cell.padEnd(width);
  });
}

function ratio({ ratio: { median, low, high } }: Pick<Row, 'ratio'>): string {
  if (low === high) return median === 1 ? '1' : median.toFixed(2);
  return `${median.toFixed(2)} (${low.toFixed(2)}–${high.toFixed(2)})`;
}

function duration(ns: number): string {
  if (ns < 1e3) return `${ns.toFixed(0)} ns`;
  return ns < 1e6 ? `${(ns / 1e3).toFixed(2)} µs` : `${(ns / 1e6).toFixed(2)} ms`;
}

function size(bytes: number): string {
  if (Number.isNaN(bytes)) return '?';
  if (bytes < 1e4) return `${bytes.toFixed(0)} B`;
  return bytes < 1e7 ? `${(bytes / 1e3).toFixed(0)} kB` : `${(bytes / 1e6).toFixed(0)} MB`;
}

function count(value: number): string {
  return Number.isInteger(value) ? String(value) : value.toFixed(2);
}
