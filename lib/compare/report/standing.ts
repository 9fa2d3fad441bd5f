import type { Comparison } from '../compare.js';
import type { Question } from '../questions.js';
import type { Estimate } from '../statistics.js';
import { ratioText } from './overview.js';
import { ratioOver, timeOf } from './spread.js';
import type { Table } from './table.js';
import { verdictsOf, type Verdict } from './verdict.js';

/** How a design stands in the experiments that answer a question. */
export interface Standing {
  readonly design: string;
  /** By metric: at how many points it is best or no difference is seen, and of how many where a best can be told. */
  readonly wins: ReadonlyMap<string, { readonly best: number; readonly of: number }>;
  /** Its time against the base's, over all points together. Null without a time. */
  readonly times: Estimate | null;
}

/** How all designs stand, in their order; empty when none of the question's experiments was run. */
export function standingsOf({ designs, experiments, base }: Comparison, question: Question): Standing[] {
  const results = question.experiments.flatMap((name) => experiments.filter((result) => result.name === name));
  if (results.length === 0) return [];
  const verdicts = results.flatMap((result) => verdictsOf(result).filter(({ best }) => best.length > 0));
  return designs.map(({ name: design }) => ({
    design,
    wins: winsOf(design, verdicts),
    times: ratioOver(results, (result) => timeOf(result)?.name, design, base),
  }));
}

/** A row for each design: where it is best, alone or with others of which no difference is seen, by metric; and what it takes. */
export function standingTable(comparison: Comparison, question: Question): Table {
  const standings = standingsOf(comparison, question);
  const metrics = [...new Set(standings.flatMap(({ wins }) => [...wins.keys()]))];
  return [
    ['design', ...metrics.map((metric) => `best in ${metric}`), `time ÷ ${comparison.base}`],
    ...standings.map(({ design, wins, times }) => [
      design,
      ...metrics.map((metric) => {
        const win = wins.get(metric);
        return win === undefined ? '–' : `${String(win.best)} of ${String(win.of)}`;
      }),
      times === null ? '–' : ratioText(times),
    ]),
  ];
}

function winsOf(design: string, verdicts: readonly Verdict[]): Map<string, { best: number; of: number }> {
  const wins = new Map<string, { best: number; of: number }>();
  for (const { metric, having, best } of verdicts) {
    if (!having.includes(design)) continue;
    const win = wins.get(metric.name) ?? { best: 0, of: 0 };
    win.of++;
    if (best.includes(design)) win.best++;
    wins.set(metric.name, win);
  }
  return wins;
}
