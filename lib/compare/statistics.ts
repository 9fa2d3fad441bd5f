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

/** A seeded generator of numbers from 0 up to 1: mulberry32 (T. Ettinger, 2017, public domain). */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
