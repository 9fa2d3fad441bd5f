import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Comparison } from '../compare.js';
import { answer } from './answer.js';
import { plot } from './plot.js';
import { experimentTable, markdownTable, realFileTable } from './table.js';

/**
 * Writes `report.md`, a plot per experiment and the figures as `comparison.json` into a directory, which is made when it
 * is not there. Returns the report's path. @throws as `plot`, before anything is written; the system's errors
 */
export async function writeReport(comparison: Comparison, directory: string): Promise<string> {
  const plots = await Promise.all(comparison.experiments.map(plot));
  await mkdir(directory, { recursive: true });
  for (const [i, { name }] of comparison.experiments.entries()) {
    await writeFile(join(directory, `${name}.svg`), plots[i] as string);
  }
  await writeFile(join(directory, 'comparison.json'), `${JSON.stringify(comparison, null, 2)}\n`);
  const path = join(directory, 'report.md');
  await writeFile(path, reportText(comparison));
  return path;
}

/** The report as Markdown; its pictures lie beside it. */
export function reportText({ runtime, file, rounds, seed, realFile, experiments }: Comparison): string {
  const parts = [
    '# The designs compared',
    `${runtime}. ${String(rounds)} interleaved rounds, seed ${String(seed)}. Times are medians; ratios are against ` +
      `${experiments[0]?.rows[0]?.design ?? realFile?.[0]?.design ?? 'the first design'} within a round, with the 95 % ` +
      'bootstrap interval of their median.',
  ];
  if (realFile !== null) {
    parts.push('## A real file', `\`${file}\` through Crypt over Stripe over three files, and back.`);
    parts.push(markdownTable(realFileTable(realFile)), 'Again: `wakechain compare --experiment real-file`');
  }
  for (const result of experiments) {
    parts.push(`## ${result.title}`, `**${result.question}** ${answer(result)}`);
    parts.push(`![${result.title}](${result.name}.svg)`, markdownTable(experimentTable(result)));
    parts.push(`Again: \`wakechain compare --experiment ${result.name} --seed ${String(seed)}\``);
  }
  return `${parts.join('\n\n')}\n`;
}
