import { access, constants, mkdir, mkdtemp, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { ArgumentError } from '../../wait/errors.js';
import type { Comparison } from '../compare.js';
import { reportPage } from './html.js';
import { reportText } from './markdown.js';
import { checkPlots, plot } from './plot.js';

/**
 * Writes the report as one page, `report.html`, its Markdown twin `report.md` with a plot per experiment, and the figures as
 * `comparison.json` into a directory, which is made when it is not there. Returns the page's path. All files appear together at the end: of a report that fails nothing is left.
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
  files.push(['report.html', await reportPage(comparison)]);
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
  return join(directory, 'report.html');
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
