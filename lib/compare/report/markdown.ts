import type { Comparison, ExperimentResult } from '../compare.js';
import { plans } from '../plan.js';
import { questions } from '../questions.js';
import { answer } from './answer.js';
import { costTable, findingsOf } from './findings.js';
import { overviewTable } from './overview.js';
import { standingsOf, standingTable } from './standing.js';
import { legendOf, markdownTable, methodOf, type Table } from './table.js';
import { countsTable, pointsLine, timesTable } from './wide.js';

/**
 * The report as Markdown, the answers first; its pictures lie beside it, or where `pictures` says. It was made by `command`.
 */
export function reportText(
  comparison: Comparison,
  { pictures = '', command = 'wakechain compare' }: { pictures?: string; command?: string } = {},
): string {
  const { experiments, designs } = comparison;
  const parts = [
    '# The designs compared',
    `Made by \`${command}\`; all of it follows from the figures, and nothing is typed.`,
  ];
  const asked = questions.filter((question) => standingsOf(comparison, question).length > 0);
  if (asked.length > 0) parts.push('## The answers');
  for (const { name, question } of asked) {
    parts.push(`**${name}. ${question}** ${findingsOf(comparison, { name }).join(' ')}`.trimEnd());
  }
  const overview = overviewTable(comparison);
  if (overview.length > 1) parts.push('## Which design wins where', OVERVIEW, markdownTable(overview));
  const costs = costTable(comparison);
  if (costs.length > 0) parts.push(COSTS, markdownTable(costs));
  parts.push('## How it was measured', methodOf(comparison).join(' '));
  for (const question of asked) {
    parts.push(`### ${question.name}: ${question.experiments.join(', ')}`);
    parts.push(markdownTable(standingTable(comparison, question)));
  }
  for (const result of experiments) {
    parts.push(`## ${result.title}`, `**${result.question}**`);
    const said = [...answer(result), ...result.notes];
    if (said.length > 0) parts.push(said.map((sentence) => `- ${sentence}`).join('\n'));
    parts.push(`![${result.title}](${pictures}${result.name}.svg)`, markdownTable(timesTable(result)));
    const counts = countsTable(result);
    if (counts.length > 0) parts.push(pointsLine(result), markdownTable(counts));
    parts.push(`${result.unit}: ${result.xLabel}. ${legendOf(result).join('; ')}.`);
    parts.push(`Again: \`${againOf(result, comparison)}\``);
  }
  parts.push('## What each design can do', markdownTable(capabilitiesTable(designs)));
  return `${parts.join('\n\n')}\n`;
}

/** What stands above the tables of the whole. */
export const OVERVIEW =
  'Time against the first design, over all points of each experiment together, with its 95 % interval over the passes. In bold the least, and with it each of which no difference from it is seen.';
export const COSTS =
  'What one layer more and one piece more cost, from the least to the most that were measured, in time with the interval over the passes; and what a plain request holds while it is in flight.';

/** The command that runs an experiment again, with the plan as it was changed. */
export function againOf(result: Pick<ExperimentResult, 'name'>, { plan, seed }: Comparison): string {
  const { name, rounds } = plan;
  const words = ['wakechain compare --experiment', result.name];
  if (name !== 'full') words.push(`--${name}`);
  if (rounds !== plans[name].rounds) words.push(`--rounds ${String(rounds)}`);
  return [...words, `--seed ${String(seed)}`].join(' ');
}

/** What each design says that it can do. */
export function capabilitiesTable(designs: Comparison['designs']): Table {
  return [
    ['design', 'ends', 'finds queued parts of a cancelled request', 'tells the caller', 'tries again'],
    ...designs.map(({ name, capabilities: { ends, pulls, knows, retries } }) => [
      name,
      ends,
      pulls ?? 'not at all',
      knows,
      retries,
    ]),
  ];
}
