import type { Comparison, ExperimentResult } from '../compare.js';
import { LEAST_ROUNDS } from '../plan.js';
import type { Estimate } from '../statistics.js';
import { ratioOver, rowAt, sideOf, timeOf } from './spread.js';
import type { Table } from './table.js';

/**
 * The whole on one table: an experiment in each row, and how many times the base's time each design takes, over all points of
 * the experiment. In asterisks the least, and with it each of which no difference from it is seen.
 */
export function overviewTable({ experiments, designs, base }: Comparison): Table {
  const names = designs.map(({ name }) => name);
  const rows = experiments.flatMap((result) => {
    const name = timeOf(result)?.name;
    const ratios = names.map((design) => ratioOver([result], () => name, design, base));
    if (ratios.every((ratio) => ratio === null)) return [];
    const first = fastest(result, names, ratios);
    return [[result.name, ...names.map((design, i) => cellOf(result, design, ratios[i] ?? null, first))]];
  });
  return [[`time ÷ ${base}`, ...names], ...rows];
}

function cellOf(result: ExperimentResult, design: string, ratio: Estimate | null, first: readonly string[]): string {
  if (ratio === null) {
    const cannot = result.rows.some((row) => row.design === design && row.cannot !== null);
    return cannot ? 'cannot' : '–';
  }
  const text = ratioText(ratio);
  return first.includes(design) ? `**${text}**` : text;
}

/** The design that takes least, and those of which no difference from it is seen; none where there are too few rounds to tell. */
export function fastest(
  result: ExperimentResult,
  names: readonly string[],
  ratios: readonly (Estimate | null)[],
): string[] {
  const name = timeOf(result)?.name ?? '';
  const having = names.flatMap((design, i) =>
    ratios[i] === null ? [] : [{ design, ratio: ratios[i]?.median ?? NaN }],
  );
  const [best] = [...having].sort((a, b) => a.ratio - b.ratio);
  const enough = result.rows.every(({ figures }) => (figures[name]?.rounds?.length ?? Infinity) >= LEAST_ROUNDS);
  if (best === undefined || !enough) return [];
  return having.flatMap(({ design }) => {
    const against = ratioOver([result], () => name, design, best.design);
    return against !== null && sideOf(against) === 'none' ? [design] : [];
  });
}

/** `0.78 (0.74–0.82)`; of what has no spread that is seen the value alone. */
export function ratioText({ median, low, high }: Estimate): string {
  const [from, to] = [low, high].map(factor);
  return low < high && from !== to ? `${factor(median)} (${String(from)}–${String(to)})` : factor(median);
}

/** A ratio with as many digits as tell something. */
export function factor(ratio: number): string {
  if (ratio >= 99.5) return ratio.toFixed(0);
  return ratio.toFixed(ratio < 9.95 ? 2 : 1);
}

/** The value of a figure; null where there is none. */
export function valueAt(result: ExperimentResult, design: string, x: number, name: string): number | null {
  return rowAt(result, design, x)?.figures[name]?.value ?? null;
}
