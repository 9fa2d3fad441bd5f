import type { Comparison, ExperimentResult } from '../compare.js';
import { plans } from '../plan.js';
import { questions } from '../questions.js';
import { answer } from './answer.js';
import { standingAnswer, standingsOf, standingTable } from './standing.js';
import { experimentTable, legendOf, markdownTable, methodOf, type Table } from './table.js';

/** The report as Markdown; its pictures lie beside it, or where `pictures` says. It was made by `command`. */
export function reportText(
  comparison: Comparison,
  { pictures = '', command = 'wakechain compare' }: { pictures?: string; command?: string } = {},
): string {
  const { experiments, designs } = comparison;
  const parts = ['# The designs compared', methodOf(comparison).join(' '), `Made by \`${command}\`; nothing is typed.`];
  const asked = questions.filter((question) => standingsOf(comparison, question).length > 0);
  if (asked.length > 0) parts.push('## The questions, answered');
  for (const question of asked) {
    parts.push(`### ${question.name}. ${question.question}`, standingAnswer(comparison, question).join(' '));
    parts.push(markdownTable(standingTable(comparison, question)));
  }
  for (const result of experiments) {
    parts.push(`## ${result.title}`, `**${result.question}**`);
    const said = [...answer(result), ...result.notes];
    if (said.length > 0) parts.push(said.map((sentence) => `- ${sentence}`).join('\n'));
    parts.push(`![${result.title}](${pictures}${result.name}.svg)`, markdownTable(experimentTable(result)));
    parts.push(`${result.unit}: ${result.xLabel}. ${legendOf(result).join('; ')}.`);
    parts.push(`Again: \`${againOf(result, comparison)}\``);
  }
  parts.push('## What each design can do', markdownTable(capabilitiesTable(designs)));
  return `${parts.join('\n\n')}\n`;
}

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
