import type { ExperimentResult } from '../compare.js';
import type { Figure, Metric, Row } from '../experiment.js';
import { median, type Estimate } from '../statistics.js';

/**
 * The 0.975 quantiles of Student's t distribution, by degrees of freedom from 1 on; beyond, the last, which is a little
 * wider than it need be (W. S. Gosset, 1908; any table of it).
 */
const STUDENT = [12.71, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228];

/**
 * The mean of values that are independent of each other, and the interval that holds the true one 95 times in 100. Unknown
 * ends, NaN, with fewer than two.
 */
export function meanOf(values: readonly number[]): Estimate {
  const count = values.length;
  const mean = values.reduce((sum, value) => sum + value, 0) / count;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  const half = (STUDENT[Math.min(count - 1, STUDENT.length) - 1] ?? NaN) * Math.sqrt(squares / (count - 1) / count);
  return { median: mean, low: mean - half, high: mean + half };
}

/** The geometric mean of ratios that are independent of each other, and its interval: of their logarithms, so that no end is below 0. */
export function meanRatioOf(ratios: readonly number[]): Estimate {
  const { median: mean, low, high } = meanOf(ratios.map(Math.log));
  return { median: Math.exp(mean), low: Math.exp(low), high: Math.exp(high) };
}

/** What is independent in a figure: the median of each pass, or each round where there was one pass. */
export function unitsOf({ rounds = [], passes = [rounds.length] }: Figure): readonly number[] {
  if (passes.length === 1) return rounds;
  let from = 0;
  return passes.map((count) => median(rounds.slice(from, (from += count))));
}

/** What an experiment's time is: the metric that goes by this name, or the first time that is clocked. */
export function timeOf({ metrics }: ExperimentResult): Metric | undefined {
  const times = metrics.filter(({ kind, unit }) => kind === 'timed' && unit === 'ns');
  return times.find(({ name }) => name === 'time') ?? times[0];
}

/** The points that there are rows of, in order. */
export function pointsOf({ rows }: Pick<ExperimentResult, 'rows'>): number[] {
  return [...new Set(rows.map(({ x }) => x))];
}

/** The designs that there are rows of, in order. */
export function designsOf({ rows }: Pick<ExperimentResult, 'rows'>): string[] {
  return [...new Set(rows.map(({ design }) => design))];
}

/** The row of a design at a point. */
export function rowAt({ rows }: ExperimentResult, design: string, x: number): Row | undefined {
  return rows.find((row) => row.design === design && row.x === x);
}

/**
 * How many times another's figure a design's is, at all points of the experiments together: the geometric mean of its
 * ratios. What is independent of each other are the passes: of each the mean over the points is taken, as far as it has them,
 * and the interval is that of the means (`meanOf`). Null where no point has both.
 */
export function ratioOver(
  results: readonly ExperimentResult[],
  nameOf: (result: ExperimentResult) => string | undefined,
  design: string,
  base: string,
): Estimate | null {
  const points = results.flatMap((result) => {
    const name = nameOf(result);
    return result.rows.flatMap((row) => {
      const [own, other] = [row, rowAt(result, base, row.x)].map((each) => each?.figures[name ?? '']);
      if (row.design !== design || own === undefined || other === undefined) return [];
      const [a, b] = [unitsOf(own), unitsOf(other)];
      const logs = a.map((value, unit) => Math.log(value / (b[unit] ?? NaN)));
      return logs.length === 0 || logs.some((log) => !Number.isFinite(log)) ? [] : [logs];
    });
  });
  if (points.length === 0) return null;
  if (design === base) return { median: 1, low: 1, high: 1 };
  const means = points.map((logs) => meanOf(logs).median);
  const centre = meanOf(means).median;
  const most = Math.max(...points.map(({ length }) => length));
  const units = Array.from({ length: most }, (_, unit) => {
    const off = points.flatMap((logs, i) =>
      unit < logs.length ? [(logs[unit] as number) - (means[i] as number)] : [],
    );
    return centre + meanOf(off).median;
  });
  const { low, high } = meanOf(units);
  return { median: Math.exp(centre), low: Math.exp(low), high: Math.exp(high) };
}

/**
 * What a design's figure grows by from one x to the next, between the first and the last point where it has it. Null where it
 * has it at fewer than two.
 */
export function slopeOf(result: ExperimentResult, name: string, design: string): Estimate | null {
  const having = result.rows.flatMap(({ design: of, x, figures }) => {
    const figure = of === design ? figures[name] : undefined;
    return figure === undefined || figure.value === null ? [] : [{ x, figure, value: figure.value }];
  });
  const [first, last] = [having[0], having.at(-1)];
  if (first === undefined || last === undefined || first === last) return null;
  const run = last.x - first.x;
  const [from, to] = [unitsOf(first.figure), unitsOf(last.figure)];
  if (from.length === 0) {
    const slope = (last.value - first.value) / run;
    return { median: slope, low: slope, high: slope };
  }
  const units = to.slice(0, from.length).map((value, unit) => (value - (from[unit] as number)) / run);
  return meanOf(units);
}

/** Whether an interval excludes 1, and on which side. */
export function sideOf({ low, high }: Estimate): 'less' | 'more' | 'none' {
  if (high < 1) return 'less';
  return low > 1 ? 'more' : 'none';
}
