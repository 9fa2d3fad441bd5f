import { cpus } from 'node:os';
import type { Bytes } from './bytes.js';
import type { Growth } from './growth.js';
import type { Figures } from './harness.js';
import type { Case, Row } from './row.js';

export interface CaseFigures {
  readonly row: Row;
  readonly case: Case;
  readonly figures: readonly Figures[];
  readonly bytes: readonly Bytes[];
}

/** The one table. */
export function tableOf(measured: readonly CaseFigures[], all: boolean): string {
  const head = [
    'row',
    'ideal ns',
    'ours ÷ ideal (95 %)',
    'reach',
    'reached?',
    'best peer',
    'what people use',
    'bytes/op ours : ideal',
    'retained/op ours',
  ];
  const lines = measured.map((each) => lineOf(each));
  let text = markdown(head, lines);
  if (all) for (const each of measured) text += `\n${detailOf(each)}`;
  return text;
}

/** What a case is called. */
function titleOf({ row, case: { n, label = n.toLocaleString('en') } }: CaseFigures): string {
  return `${row.name} ${label}`;
}

function lineOf(each: CaseFigures): string[] {
  const {
    row,
    case: { reach },
    figures,
    bytes,
  } = each;
  const ideal = withRole(figures, 'ideal')[0]!;
  const ours = withRole(figures, 'ours')[0]!;
  const peer = withRole(figures, 'peer').sort((a, b) => a.ratio.median - b.ratio.median)[0];
  const bytesOf = (name: string): Bytes => bytes.find((counted) => counted.name === name)!;
  return [
    row.cases.length === 1 ? row.name : titleOf(each),
    number(ideal.ns),
    `${ratio(ours.ratio.median)} (${ratio(ours.ratio.low)}–${ratio(ours.ratio.high)})`,
    reach === undefined ? '–' : ratio(reach),
    verdict(ours, reach),
    peer === undefined ? '–' : short(peer),
    withRole(figures, 'used').map(short).join(', '),
    `${number(bytesOf(ours.name).allocated)} : ${number(bytesOf(ideal.name).allocated)}`,
    number(bytesOf(ours.name).retained),
  ];
}

function verdict(ours: Figures, reach: number | undefined): string {
  if (reach === undefined) return '–';
  if (ours.ratio.median <= reach) return 'yes';
  return ours.ratio.low <= reach ? 'within the interval' : 'no';
}

function withRole(figures: readonly Figures[], role: Figures['role']): Figures[] {
  return figures.filter((each) => each.role === role);
}

function short(figures: Figures): string {
  return `${figures.name} ${ratio(figures.ratio.median)}${figures.lacks === undefined ? '' : '\\*'}`;
}

/** Every contender of a case. */
function detailOf(each: CaseFigures): string {
  const lines = each.figures.map((figures) => {
    const own = each.bytes.find(({ name }) => name === figures.name)!;
    return [
      figures.name,
      number(figures.ns),
      `${ratio(figures.ratio.median)} (${ratio(figures.ratio.low)}–${ratio(figures.ratio.high)})`,
      number(own.allocated),
      number(own.retained),
      figures.lacks ?? '',
    ];
  });
  const head = [titleOf(each), 'ns', '÷ ideal (95 %)', 'bytes/op', 'retained/op', 'lacks'];
  return markdown(head, lines);
}

/** How costs grow with n. */
export function growthTable(grown: readonly Growth[]): string {
  const sizes = grown[0]?.points.map(({ n }) => n) ?? [];
  return markdown(
    ['cost of', ...sizes.map((n) => `n = ${n.toLocaleString('en')}`), 'grows as', 'to be'],
    grown.map(({ name, points, exponent, expected }) => [
      name,
      ...points.map(({ cost }) => `${number(cost)} ns`),
      `n^${exponent.toFixed(2).replace('-0.00', '0.00')}`,
      expected === 0 ? 'constant' : 'linear',
    ]),
  );
}

function markdown(head: readonly string[], lines: readonly (readonly string[])[]): string {
  const all = [head, ...lines];
  const widths = head.map((_, column) => Math.max(3, ...all.map((line) => line[column]!.length)));
  const draw = (cells: readonly string[]): string =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column]!)).join(' | ')} |\n`;
  return [head, widths.map((width) => '-'.repeat(width)), ...lines].map(draw).join('');
}

function ratio(figure: number): string {
  return figure >= 20 ? figure.toFixed(0) : figure >= 3 ? figure.toFixed(1) : figure.toFixed(2);
}

function number(figure: number): string {
  const rounded = Math.abs(figure) < 10 ? Math.round(figure * 10) / 10 : Math.round(figure);
  return (rounded === 0 ? 0 : rounded).toLocaleString('en');
}

/** docs/benchmarks.md, made by the command that it names. */
export function docPage(measured: readonly CaseFigures[], grown: readonly Growth[]): string {
  const machine = cpus();
  const operations = [...new Set(measured.map(({ row }) => row))].map(
    (row) => `- **${row.name}**: ${row.operation}; the ideal is ${row.contenders[0]!.name}.`,
  );
  const missed = measured.filter(
    ({ case: { reach }, figures }) => withRole(figures, 'ours')[0]!.ratio.median > (reach ?? Infinity),
  );
  const ways = [...new Set(missed.map(({ row }) => row))].map((row) => `- **${row.name}**: ${row.inTheWay}`);
  const lacking = new Map(
    measured
      .flatMap(({ figures }) => figures)
      .flatMap(({ name, lacks }) => (lacks === undefined ? [] : [[name, lacks]])),
  );
  return `# Benchmarks

Printed by \`npm run bench -- --write\`: Node ${process.version}, ${machine.length} cores, ${machine[0]?.model ?? 'unknown'}.

1.0 is code written by hand for that one job and nothing else. The contenders of a row take turns in one process; a
figure is the median of the ratios taken within each round, with a bootstrap 95 % interval. Bytes are what one operation
allocates on the heap, and what of that is still held after a collection. All contenders leave the same checked side
effect behind and are given four different callbacks in turn; before and after those that do I/O are timed, every byte
that they move is looked at.

${tableOf(measured, false)}
${operations.join('\n')}

\\* lacks a guarantee that the others give:

${[...lacking].map(([name, lacks]) => `- ${name}: ${lacks}`).join('\n')}

## What stands in the way where the reach is missed

${ways.length === 0 ? 'Nothing is missed.' : ways.join('\n')}

## Growth

${growthTable(grown)}
## Every contender

${measured.map((each) => detailOf(each)).join('\n')}`;
}
