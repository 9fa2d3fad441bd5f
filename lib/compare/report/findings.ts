import type { Comparison, ExperimentResult } from '../compare.js';
import { LEAST_ROUNDS } from '../plan.js';
import type { Question } from '../questions.js';
import type { Estimate } from '../statistics.js';
import { list } from './answer.js';
import { ratioText, valueAt } from './overview.js';
import { meanRatioOf, pointsOf, ratioOver, rowAt, sideOf, slopeOf, timeOf, unitsOf } from './spread.js';
import { amount, type Table } from './table.js';

/** What a run has to say to each question, by its name; a sentence whose experiments or designs were not run is left out. */
const FINDINGS: Readonly<Record<string, (run: Told) => string[]>> = {
  Q1: overEngineered,
  Q2: stackable,
  Q3: tracking,
  Q4: readAhead,
  Q5: order,
  Q6: today,
};

/**
 * What the figures say to a question, in sentences. The words follow from the figures: of two designs a difference is told
 * where the interval of their ratio excludes 1, and else that none is seen.
 */
export function findingsOf(comparison: Comparison, { name }: Pick<Question, 'name'>): string[] {
  if (comparison.plan.rounds < LEAST_ROUNDS) return ['There were too few rounds to tell.'];
  return FINDINGS[name]?.(new Told(comparison)) ?? [];
}

/** What a layer, a piece and a request cost under each design; of no rows without the experiments that tell it. */
export function costTable(comparison: Comparison): Table {
  const told = new Told(comparison);
  const columns: readonly (readonly [head: string, experiment: string, metric: string])[] = [
    'depth',
    'fan-out',
  ].flatMap((experiment, i) =>
    ['time', 'allocated', 'retained'].map(
      (metric) =>
        [`${metric === 'retained' ? 'held' : metric} a ${i === 0 ? 'layer' : 'piece'}`, experiment, metric] as const,
    ),
  );
  const rows = told.designs.flatMap((design) => {
    const cells = columns.map(([, experiment, metric]) => told.growth(experiment, metric, design));
    const held = told.first('plain', 'retained', design);
    return cells.every((cell) => cell === '–') ? [] : [[design, ...cells, held]];
  });
  return rows.length === 0 ? [] : [['design', ...columns.map(([head]) => head), 'held by a plain request'], ...rows];
}

/** A run, as sentences ask for what is in it. */
class Told {
  readonly designs: readonly string[];
  readonly base: string;
  private readonly results: readonly ExperimentResult[];

  constructor({ designs, base, experiments }: Comparison) {
    this.designs = designs.map(({ name }) => name);
    this.base = base;
    this.results = experiments;
  }

  /** Those of the experiments that were run. */
  named(...names: readonly string[]): ExperimentResult[] {
    return names.flatMap((name) => this.results.filter((result) => result.name === name));
  }

  /** Against another's time, over all points of experiments together, or at one. */
  ratio(names: readonly string[], design: string, base: string = this.base, x?: number): Estimate | null {
    const results = this.named(...names).map((result) =>
      x === undefined ? result : { ...result, rows: result.rows.filter((row) => row.x === x) },
    );
    return ratioOver(results, (result) => timeOf(result)?.name, design, base);
  }

  /** Every design's ratio, from the least on: `a 0.80 (0.75–0.85), b …`. */
  ranking(names: readonly string[], which: readonly string[] = this.designs): string {
    const found = which.flatMap((design) => {
      const ratio = design === this.base ? null : this.ratio(names, design);
      return ratio === null ? [] : [{ design, ratio }];
    });
    return found
      .sort((a, b) => a.ratio.median - b.ratio.median)
      .map(({ design, ratio }) => `${design} ${ratioText(ratio)}`)
      .join(', ');
  }

  /** Who has which value at a point: `0 B under a and b, 4 kB under c`. */
  shares(result: ExperimentResult, metric: string, x: number): string {
    const unit = result.metrics.find(({ name }) => name === metric)?.unit ?? '';
    const groups = new Map<number, string[]>();
    for (const design of this.designs) {
      const value = valueAt(result, design, x, metric);
      if (value !== null) groups.set(value, [...(groups.get(value) ?? []), design]);
    }
    const sorted = [...groups].sort(([a], [b]) => a - b);
    return sorted
      .map(
        ([value, who]) =>
          `${amount(value, unit)} under ${sorted.length === 1 ? `all ${String(who.length)}` : list(who)}`,
      )
      .join(', ');
  }

  growth(experiment: string, metric: string, design: string): string {
    const [result] = this.named(experiment);
    const slope = result === undefined ? null : slopeOf(result, metric, design);
    const unit = result?.metrics.find(({ name }) => name === metric)?.unit ?? '';
    if (slope === null) return '–';
    const text = amount(slope.median, unit);
    return slope.low < slope.high ? `${text} (${amount(slope.low, unit)} to ${amount(slope.high, unit)})` : text;
  }

  first(experiment: string, metric: string, design: string): string {
    const [result] = this.named(experiment);
    const x = result?.rows[0]?.x;
    const value = result === undefined || x === undefined ? null : valueAt(result, design, x, metric);
    return value === null ? '–' : amount(value, 'B');
  }
}

/** `twice what b takes` in figures, and whether that is a difference. */
function against(ratio: Estimate, base: string): string {
  const few = Number.isNaN(ratio.low) ? ', of too few rounds to tell' : ', which is no difference seen';
  const seen = sideOf(ratio) === 'none' ? few : '';
  return `${ratioText(ratio)} times what ${base} takes${seen}`;
}

const verdictOn = { less: 'no', none: 'not that is seen', more: 'yes' } as const;

function overEngineered(run: Told): string[] {
  const names = ['depth', 'fan-out', 'tree', 'plain'];
  const results = run.named(...names);
  const ratio = run.ratio(names, 'compoundEvent', 'waitQueue');
  if (results.length === 0 || ratio === null) return [];
  const [plain] = run.named('plain');
  const x = plain?.rows[0]?.x;
  return [
    `In time: ${verdictOn[sideOf(ratio)]}. The compound event takes ${against(ratio, 'waitQueue')}.`,
    `All designs against ${run.base}, over all points of ${list(results.map(({ name }) => name))}: ${run.ranking(names)}.`,
    ...(plain === undefined || x === undefined
      ? []
      : [`In memory, a plain request in flight holds ${run.shares(plain, 'retained', x)}.`]),
  ];
}

function stackable(run: Told): string[] {
  const said: string[] = [];
  const [transform] = run.named('transform');
  const x = transform?.rows.at(-1)?.x;
  if (transform !== undefined && x !== undefined) {
    const copied = run.shares(transform, 'copied', x);
    const buffered = run.shares(transform, 'buffered', x);
    const works = valueAt(transform, 'cloneKiobuf', x, 'copied') !== null;
    if (works) said.push('Yes: under clones too, what was written came back, through every layer that transforms.');
    said.push(`To write and read back ${String(x)} blocks, copied were ${copied}; buffers took ${buffered}.`);
  }
  for (const name of ['transform', 'real-file']) {
    const ratio = run.ratio([name], 'cloneKiobuf', 'waitQueue');
    if (ratio !== null) said.push(`In ${name}, clones take ${against(ratio, 'waitQueue')}.`);
  }
  return said;
}

function tracking(run: Told): string[] {
  const said: string[] = [];
  const [cancel] = run.named('cancel');
  const last = cancel?.rows.filter(({ figures }) => figures['time'] !== undefined).at(-1)?.x;
  if (cancel !== undefined && last !== undefined) {
    const gain = run.ratio(['cancel'], 'cloneKiobuf', 'cloneKiobufTracked', last);
    if (gain !== null) {
      said.push(
        `With ${last.toLocaleString('en')} others queued, a cancel of untracked clones takes ${against(gain, 'cloneKiobufTracked')}.`,
      );
    }
    said.push(`Headers looked at there: ${run.shares(cancel, 'visited', last)}.`);
    said.push(`Transfers begun in vain after it: ${run.shares(cancel, 'wasted', last)}.`);
  }
  const [progress] = run.named('cancel-progress');
  const half = progress?.rows.find(({ x }) => x >= 50)?.x;
  if (progress !== undefined && half !== undefined) {
    said.push(
      `Of a request that was cancelled when ${String(half)} % was done, in vain were ${run.shares(progress, 'wasted', half)}.`,
    );
  }
  const price = run.ratio(['depth', 'fan-out', 'tree'], 'cloneKiobufTracked', 'cloneKiobuf');
  if (price !== null)
    said.push(
      `A request that nobody cancels pays for it as well: with tracking it takes ${against(price, 'cloneKiobuf')}.`,
    );
  return said;
}

function readAhead(run: Told): string[] {
  const said: string[] = [];
  for (const result of run.named('read-ahead', 'read-ahead-merged')) {
    const x = result.rows.at(-1)?.x ?? 0;
    const ratio = run.ratio([result.name], 'cloneKiobuf', 'waitQueue');
    said.push(
      `${result.title}: when the waiter of a page wakes, of ${String(x)} pages have come, on the average, ${run.shares(result, 'waited', x)}; transfers: ${run.shares(result, 'operations', x)}.` +
        (ratio === null ? '' : ` Clones take ${against(ratio, 'waitQueue')}.`),
    );
  }
  return said;
}

function order(run: Told): string[] {
  const [result] = run.named('waiter-order');
  if (result === undefined) return [];
  const points = pointsOf(result);
  return run.designs.flatMap((design) => {
    const gains = points.flatMap((x) => {
      const figure = rowAt(result, design, x)?.figures['gain'];
      if (figure === undefined) return [];
      const gain = meanRatioOf(unitsOf(figure));
      return [`${ratioText(gain)} at ${String(x)} MiB${sideOf(gain) === 'none' ? ' (no difference seen)' : ''}`];
    });
    return gains.length === 0
      ? []
      : [`Under ${design}, waking who came first takes, against waking who came last, ${gains.join(', ')}.`];
  });
}

function today(run: Told): string[] {
  const names = ['depth', 'fan-out', 'tree', 'plain', 'partial', 'retry', 'deferred'];
  const results = run.named(...names);
  return ['promises', 'rxjs', 'streams'].flatMap((design) => {
    const [calls, file] = [run.ratio(names, design), run.ratio(['real-file'], design)];
    if (calls === null && file === null) return [];
    const parts = [
      ...(calls === null ? [] : [`${against(calls, run.base)}, over ${list(results.map(({ name }) => name))}`]),
      ...(file === null ? [] : [`for a real file ${against(file, run.base)}`]),
    ];
    return [`${design} takes ${parts.join('; ')}.`];
  });
}
