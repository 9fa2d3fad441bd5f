import type { Comparison, ExperimentResult } from '../compare.js';
import type { Row } from '../experiment.js';
import type { RealFileRow } from '../real-file.js';

/** A table as cells: the first row is the heading. */
export type Table = readonly (readonly string[])[];

export function realFileTable(rows: readonly RealFileRow[]): Table {
  return [
    ['design', 'written', 'read', 'time, ratio', 'headers', 'links', 'callbacks', 'SHA-256'],
    ...rows.map((row) => [
      row.design,
      rate(row.writeRate),
      rate(row.readRate),
      ratio(row),
      String(row.counts.headers),
      String(row.counts.links),
      String(row.counts.callbacks),
      row.verified ? `verified ${row.sha256.slice(0, 8)}…` : 'differs',
    ]),
  ];
}

export function experimentTable({ rows, xLabel }: ExperimentResult): Table {
  const extras = [...new Set(rows.flatMap((row) => Object.keys(row.extra ?? {})))];
  return [
    [xLabel, 'design', 'time', 'ratio', 'allocated', 'headers', 'links', 'callbacks', 'visited', ...extras],
    ...rows.map((row) => [
      String(row.x),
      row.design,
      duration(row.ns),
      ratio(row),
      size(row.bytes),
      ...[row.counts.headers, row.counts.links, row.counts.callbacks, row.counts.visited].map(count),
      ...extras.map((name) => count(row.extra?.[name] ?? 0)),
    ]),
  ];
}

/** The whole comparison for a terminal. */
export function comparisonText({ realFile, experiments, file }: Comparison): string {
  const parts: string[] = [];
  if (realFile !== null) {
    const bytes = size(realFile[0]?.bytes ?? 0);
    parts.push(`A real file through Crypt over Stripe over three files: ${file}, ${bytes}\n`);
    parts.push(alignedText(realFileTable(realFile)));
  }
  for (const result of experiments) parts.push(`\n${result.question}\n`, alignedText(experimentTable(result)));
  return parts.join('\n');
}

/** Columns aligned, numbers to the right. */
export function alignedText(table: Table): string {
  const widths = widthsOf(table);
  return table
    .map((cells) =>
      cells
        .map((cell, i) => pad(cell, widths[i] as number, i))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** The same as a Markdown table. */
export function markdownTable(table: Table): string {
  const widths = widthsOf(table);
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, i) => pad(cell, widths[i] as number, i)).join(' | ')} |`;
  const [head = [], ...body] = table;
  return [line(head), `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`, ...body.map(line)].join('\n');
}

function widthsOf(table: Table): number[] {
  return (table[0] ?? []).map((_, i) => Math.max(...table.map((cells) => (cells[i] ?? '').length)));
}

function pad(cell: string, width: number, column: number): string {
  return column === 0 || /^\D*$/.test(cell) ? cell.padEnd(width) : cell.padStart(width);
}

function ratio({ ratio: { median, low, high } }: Pick<Row, 'ratio'>): string {
  if (low === 1 && high === 1) return '1';
  return `${median.toFixed(2)} (${low.toFixed(2)}–${high.toFixed(2)})`;
}

function rate(bytesPerSecond: number): string {
  return `${(bytesPerSecond / 1e6).toFixed(0)} MB/s`;
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
