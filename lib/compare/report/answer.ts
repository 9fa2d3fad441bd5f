import type { ExperimentResult } from '../compare.js';
import type { Row } from '../experiment.js';

/**
 * The answer that the figures give, by one rule: at a point two designs differ when the bootstrap interval of their
 * ratio excludes 1; else no difference was seen.
 */
export function answer({ rows }: ExperimentResult): string {
  const last = Math.max(...rows.map((row) => row.x));
  const [base, ...others] = rows.filter((row) => row.x === last);
  if (base === undefined || others.length === 0) return 'One design was run: there is nothing to compare.';
  return others.map((row) => `At ${String(last)}: ${verdict(row, base)}`).join(' ');
}

function verdict(row: Row, base: Row): string {
  const { median, low, high } = row.ratio;
  const spread = `${median.toFixed(2)} (${low.toFixed(2)} to ${high.toFixed(2)})`;
  if (low <= 1 && high >= 1) return `no difference seen between ${row.design} and ${base.design}, ratio ${spread}.`;
  return `${row.design} takes ${spread} times as long as ${base.design}.`;
}
