import type { ExperimentResult } from '../compare.js';
import type { Row } from '../experiment.js';

/**
 * The answer that the figures give at the first and the last point, in sentences, by one rule: two designs differ when
 * the bootstrap interval of their ratio excludes 1; else no difference was seen. One round has no interval.
 */
export function answer({ unit, rows }: ExperimentResult): string[] {
  const points = rows.map(({ x }) => x);
  return [...new Set([Math.min(...points), Math.max(...points)])].flatMap((x) => {
    const [base, ...others] = rows.filter((row) => row.x === x);
    return base === undefined ? [] : others.map((row) => `${unit} ${String(x)}: ${verdict(row, base)}`);
  });
}

function verdict({ design, ratio: { median, low, high } }: Row, base: Row): string {
  if (low === high) return `one round of ${design} and ${base.design} tells no difference.`;
  const spread = `${median.toFixed(2)} (${low.toFixed(2)}–${high.toFixed(2)})`;
  if (low <= 1 && high >= 1) return `no difference seen between ${design} and ${base.design}, ratio ${spread}.`;
  return `${design} takes ${spread} times as long as ${base.design}.`;
}
