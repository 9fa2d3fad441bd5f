import type { ExperimentResult } from '../compare.js';
import type { Figure, Metric, Row } from '../experiment.js';
import { LEAST_ROUNDS } from '../plan.js';
import { edge } from '../rivals/edge.js';
import { estimate } from '../statistics.js';

/** Of figures that are measured, not counted: what differs by less counts as equal. */
const TOLERANCE = 0.05;

/**
 * The answer that the figures give: for each metric that decides, a sentence that says which designs are best at which
 * points, and one that says who cannot. By one rule, written down before anything was measured: at a point the design
 * with the best median is best, and so is every other whose ratio to it, in the same rounds, has a bootstrap interval that
 * does not exclude 1; of so many there is no difference seen. Fewer than 15 rounds tell nothing. Counts are exact; bytes of
 * the heap are equal within a twentieth.
 */
export function answer({ unit, metrics, decides, rows, seed }: ExperimentResult): string[] {
  const contenders = rows.filter(({ design }) => design !== edge.name);
  const points = [...new Set(contenders.map(({ x }) => x))];
  const sentences = decides.flatMap((name) => {
    const metric = metrics.find((each) => each.name === name);
    if (metric === undefined) return [];
    const verdicts = points.map((x) =>
      verdictAt(
        contenders.filter((row) => row.x === x),
        metric,
        seed,
      ),
    );
    const clauses = grouped(points, verdicts).map(({ from, to, text }) => `${text} at ${unit} ${span(from, to)}`);
    return [`${metric.better === 'less' ? 'Least' : 'Most'} ${name}: ${clauses.join('; ')}.`];
  });
  return [...sentences, ...refusals(contenders)];
}

/** Who is best among the designs that have the figure. */
function verdictAt(rows: readonly Row[], metric: Metric, seed: number): string {
  const having = rows.flatMap(({ design, figures }) => {
    const figure = figures[metric.name];
    return figure === undefined || figure.value === null ? [] : [{ design, figure, value: figure.value }];
  });
  const sign = metric.better === 'less' ? 1 : -1;
  const [best] = [...having].sort((a, b) => sign * (a.value - b.value));
  if (best === undefined) return 'none has a figure';
  if (metric.kind === 'timed' && (best.figure.rounds?.length ?? 0) < LEAST_ROUNDS) return 'too few rounds to tell';
  const equal = having.filter(({ figure }) => isEqual(figure, best.figure, metric, seed)).map(({ design }) => design);
  if (equal.length === 1) return equal.join('');
  const who = equal.length === having.length && equal.length > 2 ? `all ${String(equal.length)}` : list(equal);
  return metric.kind === 'timed' ? `no difference seen between ${who}` : `${who} alike`;
}

function isEqual(figure: Figure, best: Figure, { kind }: Metric, seed: number): boolean {
  if (figure === best) return true;
  if (kind === 'exact') return figure.value === best.value;
  if (kind === 'measured') return Math.abs((figure.value ?? 0) - (best.value ?? 0)) <= TOLERANCE * (best.value ?? 0);
  const ratios = (figure.rounds ?? []).map((value, round) => value / (best.rounds?.[round] ?? NaN));
  const { low, high } = estimate(ratios, seed);
  return low <= 1 && high >= 1;
}

/** Neighbouring points with the same verdict, as one. */
function grouped(points: readonly number[], verdicts: readonly string[]): { from: number; to: number; text: string }[] {
  const groups: { from: number; to: number; text: string }[] = [];
  points.forEach((x, i) => {
    const text = verdicts[i] as string;
    const last = groups.at(-1);
    if (last?.text === text) last.to = x;
    else groups.push({ from: x, to: x, text });
  });
  return groups;
}

/** What each design that cannot has said, once for each reason. */
function refusals(rows: readonly Row[]): string[] {
  const said = rows.flatMap(({ design, cannot }) => (cannot === null ? [] : [`${design} cannot: it ${cannot}.`]));
  return [...new Set(said)];
}

function span(from: number, to: number): string {
  return from === to ? from.toLocaleString('en') : `${from.toLocaleString('en')} to ${to.toLocaleString('en')}`;
}

function list(names: readonly string[]): string {
  return `${names.slice(0, -1).join(', ')} and ${String(names.at(-1))}`;
}
