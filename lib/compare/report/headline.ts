import type { Comparison, ExperimentResult } from '../compare.js';
import type { Metric } from '../experiment.js';
import { LEAST_ROUNDS } from '../plan.js';
import { edge } from '../rivals/edge.js';
import { list } from './answer.js';
import { factor, fastest } from './overview.js';
import { designsOf, pointsOf, ratioOver, timeOf } from './spread.js';
import { verdictsOf, type Verdict } from './verdict.js';

/** Names up to which those that are left over are named, and not those that are best. */
const FEW = 3;
/** Of the fastest: within this factor designs count as near each other. A word for a heading, no verdict. */
const NEAR = 1.5;

/**
 * What an experiment found, as a heading: who is best in what decides first, when it is counted and tells designs apart, and
 * else in time, over all points together, by the rule of the overview (M3).
 */
export function headlineOf(result: ExperimentResult): string {
  const [first] = result.decides;
  const metric = result.metrics.find(({ name }) => name === first);
  const told = metric === undefined || metric.kind === 'timed' ? null : countedHeadline(result, metric);
  return told ?? timedHeadline(result);
}

/** Who is best at every point, of what is counted; null when all are. */
function countedHeadline(result: ExperimentResult, metric: Metric): string | null {
  const verdicts = verdictsOf({ ...result, decides: [metric.name] });
  const [{ having } = { having: [] }] = verdicts;
  const best = having.filter((design) => verdicts.every((verdict: Verdict) => verdict.best.includes(design)));
  if (best.length === 0 || verdicts.every((verdict) => verdict.best.length === verdict.having.length)) return null;
  const rest = having.filter((design) => !best.includes(design));
  const who = rest.length <= FEW && best.length > FEW ? `all but ${list(rest)}` : list(best);
  return `${metric.better === 'less' ? 'Least' : 'Most'} ${metric.name}: ${who}`;
}

function timedHeadline(result: ExperimentResult): string {
  const names = designsOf(result).filter((design) => design !== edge.name);
  const ratios = new Map(timesOf([result], names, names[0] ?? ''));
  const having = [...ratios.keys()];
  if (having.length === 0) return result.title;
  const group = fastestOf(result, having, ratios);
  if (group.length === 0) return 'Too few rounds to tell which design is fastest';
  if (group.length === having.length) {
    if (having.length === 1) return `Only ${having.join('')} takes part`;
    return `No difference seen between ${having.length > FEW ? `all ${String(having.length)} designs` : list(having)}`;
  }
  const slower = timesOf([result], having, best(ratios)).filter(([design]) => !group.includes(design));
  const { verb, said } = timesSaid(slower);
  if (slower.length <= FEW && group.length > FEW) {
    return `${said} ${verb} as long as the fastest; no difference seen between the other ${String(group.length)}`;
  }
  const last = timesSaid(slower.slice(-1));
  return `Fastest: ${list(group)}; ${last.said} ${last.verb} as long`;
}

/** At one point by the rule of the verdicts, which its table shows; over several by that of the overview. */
function fastestOf(
  result: ExperimentResult,
  having: readonly string[],
  ratios: ReadonlyMap<string, number>,
): readonly string[] {
  if (pointsOf(result).length === 1) {
    const [verdict] = verdictsOf({ ...result, decides: [timeOf(result)?.name ?? ''] });
    return having.filter((design) => verdict?.best.includes(design));
  }
  const estimates = having.map((design) => ({ median: ratios.get(design) ?? NaN, low: NaN, high: NaN }));
  return fastest(result, having, estimates);
}

/**
 * The whole as a heading: which designs lie near each other, and how much longer each of the others takes, over all points of
 * all experiments.
 */
export function wholeHeadline({ experiments, designs, plan, base }: Comparison): string {
  const names = designs.map(({ name }) => name);
  const ratios = new Map(timesOf(experiments, names, base));
  if (plan.rounds < LEAST_ROUNDS || ratios.size < 2) return 'The designs compared';
  const times = timesOf(experiments, names, best(ratios));
  const near = times.filter(([, time]) => time < NEAR);
  const far = timesSaid(times.slice(near.length));
  const behind = far.said === '' ? '' : `${far.said} ${far.verb} as long as the fastest`;
  if (near.length < 2) return behind;
  const group = `${near.length > FEW ? String(near.length) : list(near.map(([design]) => design))}${near.length > FEW ? ' designs' : ''} lie within a factor of ${factor(near.at(-1)?.[1] ?? 1)}`;
  return behind === '' ? group : `${group}; ${behind}`;
}

/** The geometric means of times against a design's, from the least on; only of those that have one. */
function timesOf(
  results: readonly ExperimentResult[],
  designs: readonly string[],
  base: string,
): [design: string, ratio: number][] {
  const found = designs.flatMap((design): [string, number][] => {
    const ratio = ratioOver(results, (result) => timeOf(result)?.name, design, base);
    return ratio === null ? [] : [[design, ratio.median]];
  });
  return found.sort(([, a], [, b]) => a - b);
}

function best(ratios: ReadonlyMap<string, number>): string {
  return [...ratios].sort(([, a], [, b]) => a - b)[0]?.[0] ?? '';
}

/** `a takes 2.00 times`, `a and b take 2.00 and 3.00 times`. */
function timesSaid(times: readonly (readonly [design: string, ratio: number])[]): { said: string; verb: string } {
  return {
    said: list(times.map(([design]) => design)),
    verb: `${times.length === 1 ? 'takes' : 'take'} ${list(times.map(([, ratio]) => factor(ratio)))} times`,
  };
}
