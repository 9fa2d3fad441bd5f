import type { Metric } from '../experiment.js';

/**
 * The axis of an amount, for Vega-Lite: by factors where values differ by many, or there are points to follow; else from 0 on.
 * Its ticks have their units.
 */
export function amountAxis(
  values: readonly { readonly low: number; readonly high: number }[],
  unit: Metric['unit'],
  points: number,
): object {
  const [least, most] = [Math.min(...values.map(({ low }) => low)), Math.max(...values.map(({ high }) => high))];
  const log = values.length > 0 && least > 0 && (points > 1 || most > 20 * least);
  const scale = log
    ? { type: 'log', nice: false, domain: [least / 1.15, most * 1.15] }
    : { type: 'linear', zero: true, domain: [0, most > 0 ? most * 1.05 : 1] };
  const ticks = log ? ticksBetween(least / 1.15, most * 1.15) : evenTicks(most > 0 ? most * 1.05 : 1);
  const labels = Object.fromEntries(ticks.map((tick) => [String(tick), tickText(tick, unit)]));
  return { scale, axis: { values: ticks, labelExpr: `(${JSON.stringify(labels)})[datum.value]` } };
}

/** What stands for a factor of 1,000 more, from the base unit on. */
const UNITS: Readonly<Record<Metric['unit'], readonly string[]>> = {
  ns: ['ns', 'µs', 'ms', 's'],
  B: ['B', 'kB', 'MB', 'GB'],
  'B/s': ['B/s', 'kB/s', 'MB/s', 'GB/s'],
  '': [''],
};

/** `20 µs`, `1,000`. */
function tickText(value: number, unit: Metric['unit']): string {
  const names = UNITS[unit];
  const steps = Math.floor(Math.log10(value) / 3 + 1e-9);
  const step = value > 0 ? Math.min(Math.max(steps, 0), names.length - 1) : 0;
  const number = Number((value / 1000 ** step).toPrecision(6)).toLocaleString('en', { maximumSignificantDigits: 6 });
  return value === 0 ? '0' : `${number} ${names[step] ?? ''}`.trimEnd();
}

/** About five ticks from 0 on, at 1, 2 or 5 times a power of ten. */
function evenTicks(most: number): number[] {
  const power = 10 ** Math.floor(Math.log10(most / 4));
  const step = [1, 2, 5, 10].map((each) => each * power).find((each) => most / each <= 6) ?? most;
  return Array.from({ length: Math.floor(most / step) + 1 }, (_, i) => Number((i * step).toPrecision(12)));
}

/** Ticks of an axis that grows by factors: powers of ten, with 2 and 5 between them where there are few. */
function ticksBetween(low: number, high: number): number[] {
  const steps = high / low < 2000 ? [1, 2, 5] : [1];
  const ticks: number[] = [];
  for (let power = Math.floor(Math.log10(low)); 10 ** power <= high; power++) {
    for (const step of steps) {
      const tick = Number((step * 10 ** power).toPrecision(1));
      if (tick >= low && tick <= high) ticks.push(tick);
    }
  }
  return ticks;
}
