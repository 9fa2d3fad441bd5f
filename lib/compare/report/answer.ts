import type { ExperimentResult } from '../compare.js';
import { edge } from '../rivals/edge.js';
import { verdictsOf, type Verdict } from './verdict.js';

/**
 * The answer that the figures give: for each metric that decides, a sentence that says which designs are best at which
 * points, by the rule of {@link verdictsOf}, and one that says who cannot.
 */
export function answer(result: ExperimentResult): string[] {
  const verdicts = verdictsOf(result);
  const metrics = [...new Set(verdicts.map(({ metric }) => metric))];
  const sentences = metrics.map((metric) => {
    const clauses = grouped(verdicts.filter((verdict) => verdict.metric === metric));
    const said = clauses.map(({ from, to, text }) => `${text} at ${result.unit} ${span(from, to)}`);
    return `${metric.better === 'less' ? 'Least' : 'Most'} ${metric.name}: ${said.join('; ')}.`;
  });
  return [...sentences, ...refusals(result)];
}

function textOf({ metric: { kind }, having, best }: Verdict): string {
  if (having.length === 0) return 'none has a figure';
  if (best.length === 0) return 'too few rounds to tell';
  if (best.length === 1) return best.join('');
  const who = best.length === having.length && best.length > 2 ? `all ${String(best.length)}` : list(best);
  return kind === 'timed' ? `no difference seen between ${who}` : `${who} alike`;
}

/** Neighbouring points with the same verdict, as one. */
function grouped(verdicts: readonly Verdict[]): { from: number; to: number; text: string }[] {
  const groups: { from: number; to: number; text: string }[] = [];
  for (const verdict of verdicts) {
    const text = textOf(verdict);
    const last = groups.at(-1);
    if (last?.text === text) last.to = verdict.x;
    else groups.push({ from: verdict.x, to: verdict.x, text });
  }
  return groups;
}

/** What each design that cannot has said, once for each reason. */
function refusals({ rows }: ExperimentResult): string[] {
  const said = rows.flatMap(({ design, cannot }) =>
    cannot === null || design === edge.name ? [] : [`${design} cannot: it ${cannot}.`],
  );
  return [...new Set(said)];
}

function span(from: number, to: number): string {
  return from === to ? from.toLocaleString('en') : `${from.toLocaleString('en')} to ${to.toLocaleString('en')}`;
}

/** Names as a sentence has them. */
export function list(names: readonly string[]): string {
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${String(names.at(-1))}`;
}
