import type { Comparison, ExperimentResult } from '../compare.js';
import type { Question } from '../questions.js';
import { median } from '../statistics.js';
import { list } from './answer.js';
import type { Table } from './table.js';
import { verdictsOf, type Verdict } from './verdict.js';

/** How a design stands in the experiments that answer a question. */
export interface Standing {
  readonly design: string;
  /** By metric: at how many points it is best or no difference is seen, and of how many where a best can be told. */
  readonly wins: ReadonlyMap<string, { readonly best: number; readonly of: number }>;
  /** Where it is best, alone or with others, by experiment: `depth 0, 8 (time), 64 (time, retained)`. */
  readonly where: readonly string[];
  /** Times against the base over all points: the median, the least and the most. Null without a time. */
  readonly times: { readonly median: number; readonly least: number; readonly most: number } | null;
}

/** How all designs stand, in their order; empty when none of the question's experiments was run. */
export function standingsOf({ designs, experiments }: Comparison, question: Question): Standing[] {
  const results = question.experiments.flatMap((name) => experiments.filter((result) => result.name === name));
  if (results.length === 0) return [];
  const found = results.map((result) => ({
    result,
    verdicts: verdictsOf(result).filter(({ best }) => best.length > 0),
  }));
  return designs.map(({ name: design }) => ({
    design,
    wins: winsOf(
      design,
      found.flatMap(({ verdicts }) => verdicts),
    ),
    where: found.flatMap(({ result, verdicts }) => placesOf(design, result, verdicts)),
    times: timesOf(design, results),
  }));
}

/**
 * The answer to a question in sentences: who is best most often, and how many times the base's time the others take. Counts
 * of points decide nothing more than the experiments do; they say where to look.
 */
export function standingAnswer(comparison: Comparison, question: Question): string[] {
  const standings = standingsOf(comparison, question);
  if (standings.length === 0) return ['None of its experiments was run.'];
  const metrics = [...new Set(standings.flatMap(({ wins }) => [...wins.keys()]))];
  const clauses = metrics.map((metric) => {
    const counts = standings.flatMap(({ design, wins }) => {
      const win = wins.get(metric);
      return win === undefined ? [] : [{ design, ...win }];
    });
    const most = Math.max(...counts.map(({ best }) => best));
    const of = Math.max(...counts.map((each) => each.of));
    const first = counts.filter(({ best }) => best === most).map(({ design }) => design);
    const who = first.length > 2 && first.length === standings.length ? `all ${String(first.length)}` : list(first);
    return `in ${metric} ${who}, at ${String(most)} of ${String(of)} points`;
  });
  const best =
    clauses.length === 0
      ? 'There were too few rounds to tell who is best.'
      : `Best or not seen to differ from it most often: ${clauses.join('; ')}.`;
  const times = standings.flatMap(({ design, times: found }) =>
    found === null || design === comparison.base
      ? []
      : [`${design} ${factor(found.median)} (${factor(found.least)}–${factor(found.most)})`],
  );
  const paid =
    times.length === 0
      ? []
      : [
          `Time against ${comparison.base}, the median over all points with the least and the most: ${times.join(', ')}.`,
        ];
  return [best, ...paid];
}

/** A row for each design: what it wins, by metric, and what it takes. */
export function standingTable(comparison: Comparison, question: Question): Table {
  const standings = standingsOf(comparison, question);
  const metrics = [...new Set(standings.flatMap(({ wins }) => [...wins.keys()]))];
  return [
    ['design', ...metrics, `time ÷ ${comparison.base}`, 'best, alone or with others'],
    ...standings.map(({ design, wins, times, where }) => [
      design,
      ...metrics.map((metric) => {
        const win = wins.get(metric);
        return win === undefined ? '–' : `${String(win.best)} of ${String(win.of)}`;
      }),
      times === null ? '–' : `${factor(times.median)} (${factor(times.least)}–${factor(times.most)})`,
      where.length === 0 ? 'nowhere' : where.join('; '),
    ]),
  ];
}

function winsOf(design: string, verdicts: readonly Verdict[]): Map<string, { best: number; of: number }> {
  const wins = new Map<string, { best: number; of: number }>();
  for (const { metric, having, best } of verdicts) {
    if (!having.includes(design)) continue;
    const win = wins.get(metric.name) ?? { best: 0, of: 0 };
    win.of++;
    if (best.includes(design)) win.best++;
    wins.set(metric.name, win);
  }
  return wins;
}

function placesOf(design: string, { name }: ExperimentResult, verdicts: readonly Verdict[]): string[] {
  const points = new Map<number, string[]>();
  for (const { x, metric, best } of verdicts) {
    if (best.includes(design)) points.set(x, [...(points.get(x) ?? []), metric.name]);
  }
  const places = [...points].sort(([a], [b]) => a - b);
  return places.length === 0 ? [] : [`${name} ${grouped(places).join(', ')}`];
}

/** Neighbours with the same metrics share their brackets. */
function grouped(places: readonly (readonly [x: number, metrics: readonly string[]])[]): string[] {
  const groups: { xs: number[]; metrics: string }[] = [];
  for (const [x, metrics] of places) {
    const last = groups.at(-1);
    if (last?.metrics === metrics.join(', ')) last.xs.push(x);
    else groups.push({ xs: [x], metrics: metrics.join(', ') });
  }
  return groups.map(({ xs, metrics }) => `${xs.join(' ')} (${metrics})`);
}

function timesOf(design: string, results: readonly ExperimentResult[]): Standing['times'] {
  const ratios = results.flatMap(({ rows, metrics }) => {
    const time = metrics.find(({ kind, unit }) => kind === 'timed' && unit === 'ns');
    if (time === undefined) return [];
    return rows.flatMap((row) => {
      const ratio = row.design === design ? row.figures[time.name]?.ratio : undefined;
      return ratio === undefined ? [] : [ratio.median];
    });
  });
  return ratios.length === 0 ? null : { median: median(ratios), least: Math.min(...ratios), most: Math.max(...ratios) };
}

function factor(ratio: number): string {
  return ratio < 10 ? ratio.toFixed(2) : ratio.toFixed(0);
}
