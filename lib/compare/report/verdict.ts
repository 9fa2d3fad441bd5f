import type { ExperimentResult } from '../compare.js';
import type { Figure, Metric, Row } from '../experiment.js';
import { LEAST_ROUNDS } from '../plan.js';
import { edge } from '../rivals/edge.js';
import { estimate } from '../statistics.js';

/** Of figures that are measured, not counted: what differs by less counts as equal. */
const TOLERANCE = 0.05;

/** Who is best at one point, of one metric that decides. */
export interface Verdict {
  readonly x: number;
  readonly metric: Metric;
  /** Those that have the figure. */
  readonly having: readonly string[];
  /** Those that are best: one, or several of which no difference is seen. Empty where too few rounds were run to tell. */
  readonly best: readonly string[];
}

/**
 * Who is best at each point, for each metric that decides, by one rule, written down before anything was measured: the
 * design with the best median is best, and so is every other whose ratio to it, in the same rounds, has a bootstrap interval
 * that does not exclude 1; of so many there is no difference seen (M3). Fewer than 15 rounds tell nothing. Counts are exact;
 * bytes of the heap are equal within a twentieth. The edge is no design.
 */
export function verdictsOf({ metrics, decides, rows, seed }: ExperimentResult): Verdict[] {
  const contenders = rows.filter(({ design }) => design !== edge.name);
  const points = [...new Set(contenders.map(({ x }) => x))];
  return decides.flatMap((name) => {
    const metric = metrics.find((each) => each.name === name);
    if (metric === undefined) return [];
    return points.map((x) => {
      const here = contenders.filter((row) => row.x === x);
      return { x, metric, ...verdictOn(here, metric, seed) };
    });
  });
}

function verdictOn(rows: readonly Row[], metric: Metric, seed: number): Pick<Verdict, 'having' | 'best'> {
  const figures = rows.flatMap(({ design, figures: all }) => {
    const figure = all[metric.name];
    return figure === undefined || figure.value === null ? [] : [{ design, figure, value: figure.value }];
  });
  const having = figures.map(({ design }) => design);
  const sign = metric.better === 'less' ? 1 : -1;
  const [best] = [...figures].sort((a, b) => sign * (a.value - b.value));
  if (best === undefined) return { having, best: [] };
  if (metric.kind === 'timed' && (best.figure.rounds?.length ?? 0) < LEAST_ROUNDS) return { having, best: [] };
  return {
    having,
    best: figures.filter(({ figure }) => isEqual(figure, best.figure, metric, seed)).map(({ design }) => design),
  };
}

function isEqual(figure: Figure, best: Figure, { kind }: Metric, seed: number): boolean {
  if (figure === best) return true;
  if (kind === 'exact') return figure.value === best.value;
  if (kind === 'measured') return Math.abs((figure.value ?? 0) - (best.value ?? 0)) <= TOLERANCE * (best.value ?? 0);
  const ratios = (figure.rounds ?? []).map((value, round) => value / (best.rounds?.[round] ?? NaN));
  const { low, high } = estimate(ratios, seed, figure.passes);
  return low <= 1 && high >= 1;
}
