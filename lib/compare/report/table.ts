import type { Comparison, ExperimentResult } from '../compare.js';
import type { Figure, Metric } from '../experiment.js';
import type { Estimate } from '../statistics.js';
import { answer } from './answer.js';

/** A table as cells: the first row is the heading. */
export type Table = readonly (readonly string[])[];

/** The metrics that a table has columns for: not those counts of which nothing was counted anywhere. */
export function shownMetrics({ rows, metrics }: ExperimentResult): Metric[] {
  return metrics.filter(({ name, kind }) => kind !== 'exact' || rows.some(({ figures }) => figures[name]?.value !== 0));
}

/**
 * A row per point and design: counts first, then times, those that decide with their ratios. A column of counts in which
 * nothing was counted anywhere is left out.
 */
export function experimentTable(result: ExperimentResult): Table {
  const { rows, unit, decides } = result;
  const shown = shownMetrics(result);
  const columns = [...shown.filter(({ kind }) => kind !== 'timed'), ...shown.filter(({ kind }) => kind === 'timed')];
  const withRatio = ({ name, kind }: Metric): boolean => kind === 'timed' && decides.includes(name);
  return [
    [unit, 'design', ...columns.flatMap((metric) => (withRatio(metric) ? [metric.name, 'ratio'] : [metric.name]))],
    ...rows.map((row) => [
      String(row.x),
      row.design,
      ...columns.flatMap((metric, i) => {
        const figure = row.figures[metric.name];
        const cell = row.cannot !== null && i === 0 ? 'cannot' : valueOf(figure, metric);
        return withRatio(metric) ? [cell, figure?.ratio === undefined ? '–' : ratio(figure.ratio)] : [cell];
      }),
    ]),
  ];
}

/** The whole comparison for a terminal. */
export function comparisonText(comparison: Comparison): string {
  return [methodOf(comparison).join('\n'), ...comparison.experiments.map(experimentText)].join('\n\n');
}

/** What an experiment found, for a terminal. */
export function experimentText(result: ExperimentResult): string {
  const { question, unit, xLabel, notes } = result;
  const parts = [`${question}\n${unit}: ${xLabel}`, alignedText(experimentTable(result))];
  const said = [...notes, ...answer(result)];
  if (said.length > 0) parts.push(said.join('\n'));
  return parts.join('\n\n');
}

/** How the figures came about, in sentences. */
export function methodOf({ machine, base, plan, seed, interrupted, leftOut, experiments }: Comparison): string[] {
  const apart = experiments.every(({ threads }) => threads);
  const passes = apart ? Math.min(plan.passes, plan.rounds) : 1;
  const rounds = `${counted(plan.rounds, 'interleaved round')}${passes > 1 ? ` in ${counted(passes, 'pass', 'passes')}` : ''}`;
  const { runtime, system, cpu, cores, memory } = machine;
  return [
    `${runtime}, ${system}; ${cpu}, ${String(cores)} ${cores === 1 ? 'core' : 'cores'}, ${size(memory)}.`,
    `Plan ${plan.name}, ${rounds}, seed ${String(seed)}.`,
    apart
      ? `Each design runs in a thread of its own, one at a time, for as long as the others${passes > 1 ? ', and each pass begins anew in other threads' : ''}.`
      : 'Designs share a thread, where each slows down the others; handed in as modules they would not.',
    'Times are medians over the rounds. Times, bytes and counts are per request.',
    `Ratios at a point are against ${base} in the same round, with the 95 % bootstrap interval of their median, resampled by passes and by rounds within them; those over several points are geometric means, with Student's interval over the passes.`,
    'Best is the design with the best median, and with it each whose ratio to it, in the same rounds, has an interval that does not exclude 1; of fewer than 15 rounds nothing is told.',
    "The line 'edge' is what all designs are charged alike: the caller's completion and submission.",
    ...(leftOut.length > 0 ? [`The time was used up; left out were ${leftOut.join('; ')}.`] : []),
    ...(interrupted ? ['It was interrupted: this is what had been found by then.'] : []),
  ];
}

/** What the columns of an experiment's table mean. */
export function legendOf({ metrics }: ExperimentResult): string[] {
  return metrics.map(({ name, meaning }) => `${name}: ${meaning}`);
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
  /** All below the heading begin with a figure, or stand for one that is not known or not there. */
  readonly right: boolean;
}

/** Whether a column has figures, or says that it has none: it is set to the right. */
export function isOfFigures(body: Table, column: number): boolean {
  return body.every((cells) => /^((\*\*)?\d|[?–]$|cannot$)/.test(cells[column] ?? ''));
}

function columnsOf(table: Table): Column[] {
  const [head = [], ...body] = table;
  return head.map((_, i) => ({
    width: Math.max(...table.map((cells) => (cells[i] ?? '').length)),
    right: isOfFigures(body, i),
  }));
}

function padded(cells: readonly string[], columns: readonly Column[]): string[] {
  return columns.map(({ width, right }, i) => {
    const cell = cells[i] ?? '';
    return right ? cell.padStart(width) : cell.padEnd(width);
  });
}

/** What a cell says of a figure: `–` where there is none, `?` where it is not known. */
export function valueOf(figure: Figure | undefined, { unit }: Metric): string {
  if (figure === undefined) return '–';
  return figure.value === null ? '?' : amount(figure.value, unit);
}

/** A value with its unit, in as many digits as tell something. */
export function amount(value: number, unit: Metric['unit']): string {
  switch (unit) {
    case 'ns':
      return duration(value);
    case 'B':
      return size(value);
    case 'B/s':
      return `${size(value)}/s`;
    case '':
      return count(value);
  }
}

function ratio({ median, low, high }: Estimate): string {
  if (low === high) return median === 1 ? '1' : median.toFixed(2);
  return `${median.toFixed(2)} (${low.toFixed(2)}–${high.toFixed(2)})`;
}

function counted(number: number, one: string, many = `${one}s`): string {
  return `${String(number)} ${number === 1 ? one : many}`;
}

function duration(ns: number): string {
  const much = Math.abs(ns);
  if (much < 1e3) return `${ns.toFixed(much < 9.95 ? 1 : 0)} ns`;
  if (much < 1e6) return `${(ns / 1e3).toFixed(2)} µs`;
  return much < 1e9 ? `${(ns / 1e6).toFixed(2)} ms` : `${(ns / 1e9).toFixed(2)} s`;
}

function size(bytes: number): string {
  if (bytes < 1e4) return `${bytes.toFixed(0)} B`;
  return bytes < 1e7 ? `${(bytes / 1e3).toFixed(0)} kB` : `${(bytes / 1e6).toFixed(0)} MB`;
}

function count(value: number): string {
  return Number.isInteger(value) ? String(value) : value.toFixed(2);
}
