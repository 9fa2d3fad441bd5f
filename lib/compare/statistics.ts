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
 * the same interval.
 */
export function estimate(values: readonly number[], seed = 1): Estimate {
  const random = randomFrom(seed);
  const medians: number[] = [];
  for (let i = 0; i < 1000; i++) {
    medians.push(median(values.map(() => values[Math.floor(random() * values.length)] as number)));
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
