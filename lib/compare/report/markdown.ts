import { access, constants, mkdir, mkdtemp, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { ArgumentError } from '../../wait/errors.js';
import type { Comparison } from '../compare.js';
import { answer } from './answer.js';
import { checkPlots, plot } from './plot.js';
import { plans, type Plan } from '../plan.js';
import { experimentTable, legendOf, markdownTable, methodOf, type Table } from './table.js';

/**
 * Writes `report.md`, a plot per experiment and the figures as `comparison.json` into a directory, which is made when it
 * is not there. Returns the report's path. All files appear together at the end: of a report that fails nothing is left.
 * @throws as `plot`, before anything is written; the system's errors; the signal's reason when it aborts
 */
export async function writeReport(
  comparison: Comparison,
  directory: string,
  { signal }: { signal?: AbortSignal } = {},
): Promise<string> {
  const files: [name: string, text: string][] = [];
  for (const result of comparison.experiments) {
    files.push([`${result.name}.svg`, await plot(result)]);
    signal?.throwIfAborted();
  }
  files.push(['comparison.json', `${JSON.stringify(comparison, null, 2)}\n`]);
  files.push(['report.md', reportText(comparison)]);
  const made = await mkdir(directory, { recursive: true });
  let draft: string | undefined;
  try {
    draft = await mkdtemp(join(directory, '.draft-'));
    for (const [name, text] of files) await writeFile(join(draft, name), text);
    signal?.throwIfAborted();
    for (const [name] of files) await rename(join(draft, name), join(directory, name));
    await rm(draft, { recursive: true });
  } catch (error) {
    const left = made ?? draft;
    if (left !== undefined) await rm(left, { recursive: true, force: true });
    throw error;
  }
  return join(directory, 'report.md');
}

/**
 * Finds out beforehand what would stop {@link writeReport}, and leaves no trace.
 * @throws StateError `ERR_PEER` without vega; ArgumentError `ERR_DIRECTORY` when it names something else; the system's
 *   error when it may not be written or made
 */
export async function checkReport(directory: string): Promise<void> {
  await checkPlots();
  // What is not there yet is made in the nearest folder above that is.
  for (let path = resolve(directory); ; path = dirname(path)) {
    try {
      await access(path, constants.W_OK);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') continue;
      throw error;
    }
    if ((await stat(path)).isDirectory()) return;
    throw new ArgumentError('ERR_DIRECTORY', `${path} is not a directory`);
  }
}

/** The report as Markdown; its pictures lie beside it. */
export function reportText(comparison: Comparison): string {
  const { seed, plan, experiments, designs } = comparison;
  const parts = ['# The designs compared', methodOf(comparison).join(' '), markdownTable(capabilitiesTable(designs))];
  for (const result of experiments) {
    parts.push(`## ${result.title}`, `**${result.question}**`);
    const said = [...result.notes, ...answer(result)];
    if (said.length > 0) parts.push(said.map((sentence) => `- ${sentence}`).join('\n'));
    parts.push(`![${result.title}](${result.name}.svg)`, markdownTable(experimentTable(result)));
    parts.push(`${result.unit}: ${result.xLabel}. ${legendOf(result).join('; ')}.`);
    parts.push(`Again: \`wakechain compare --experiment ${result.name} ${againOf(plan)}--seed ${String(seed)}\``);
  }
  return `${parts.join('\n\n')}\n`;
}

/** The options that run a plan again, as it was changed. */
function againOf({ name, rounds }: Plan): string {
  const chosen = name === 'full' ? '' : `--${name} `;
  return rounds === plans[name].rounds ? chosen : `${chosen}--rounds ${String(rounds)} `;
}

/** What each design says that it can do. */
function capabilitiesTable(designs: Comparison['designs']): Table {
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
