export interface Interval {
  readonly median: number;
  readonly low: number;
  readonly high: number;
}

export function median(figures: readonly number[]): number {
  const sorted = [...figures].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

const RESAMPLES = 1000;

/** The median with its bootstrap 95 % interval. The generator starts from the same seed every time. */
export function bootstrap(figures: readonly number[]): Interval {
  const random = generator(20010130);
  const medians: number[] = [];
  for (let i = 0; i < RESAMPLES; i++) medians.push(median(figures.map(() => figures[random(figures.length)]!)));
  medians.sort((a, b) => a - b);
  return {
    median: median(figures),
    low: medians[Math.floor(RESAMPLES * 0.025)]!,
    high: medians[Math.ceil(RESAMPLES * 0.975) - 1]!,
  };
}

/** The exponent k of the power n^k that fits best: the slope of a line through the logarithms. */
export function exponent(points: readonly { n: number; cost: number }[]): number {
  const logs = points.map(({ n, cost }) => [Math.log(n), Math.log(cost)] as const);
  const meanX = logs.reduce((sum, [x]) => sum + x, 0) / logs.length;
  const meanY = logs.reduce((sum, [, y]) => sum + y, 0) / logs.length;
  const above = logs.reduce((sum, [x, y]) => sum + (x - meanX) * (y - meanY), 0);
  return above / logs.reduce((sum, [x]) => sum + (x - meanX) ** 2, 0);
}

/** Whole numbers below a limit, the same ones in every process (xorshift). */
export function generator(seed: number): (limit: number) => number {
  let state = seed;
  return (limit) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % limit;
  };
}
