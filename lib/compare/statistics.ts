import { Seeded } from '../io/seeded.js';

/** A figure with its spread. */
export interface Estimate {
  readonly median: number;
  /** The 95 % bootstrap interval of the median. */
  readonly low: number;
  readonly high: number;
}

/** The middle value; the mean of the two middle ones. NaN without values. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? NaN) + upper) / 2;
}

/**
 * The median and its percentile bootstrap interval (B. Efron, 1979) from 1,000 resamples; the same values and seed give
 * the same interval. Values that were taken in passes, so many in each, are resampled in two stages (A. C. Davison and D. V.
 * Hinkley, 1997, section 3.8): passes first, and then values within each, so that what differs from pass to pass widens it.
 */
export function estimate(values: readonly number[], seed = 1, passes: readonly number[] = [values.length]): Estimate {
  const random = randomFrom(seed);
  const any = <T>(of: readonly T[]): T => of[Math.floor(random() * of.length)] as T;
  let from = 0;
  const groups = passes.map((count) => values.slice(from, (from += count)));
  const resample = (group: readonly number[]): number[] => group.map(() => any(group));
  const medians: number[] = [];
  for (let i = 0; i < 1000; i++) {
    medians.push(median(groups.length === 1 ? resample(values) : groups.flatMap(() => resample(any(groups)))));
  }
  medians.sort((a, b) => a - b);
  return { median: median(values), low: medians[24] as number, high: medians[975] as number };
}

/**
 * A seeded generator of numbers from 0 up to 1: mulberry32 (T. Ettinger, 2017, public domain).
 * @throws ArgumentRangeError `ERR_SEED` unless `seed` is a whole number
 */
export function randomFrom(seed: number): () => number {
  const random = new Seeded(seed);
  return () => random.next();
}
