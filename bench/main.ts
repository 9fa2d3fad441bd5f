import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import type { Bytes } from './bytes.js';
import type { Growth } from './growth.js';
import type { Figures } from './harness.js';
import { docPage, growthTable, tableOf, type CaseFigures } from './report.js';
import type { Row } from './row.js';
import { rows } from './rows.js';

/*
 * npm run bench                    every row, as one table
 * npm run bench -- wake all-of     some rows; "growth" is how costs grow with n
 *   --quick                        fewer and shorter rounds
 *   --all                          every contender, not only the best peer and what people use
 *   --against DIR                  beside another build of this (a copy of .bench), in the same processes
 *   --write                        into docs/benchmarks.md as well (every row)
 */

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: 'boolean' },
    all: { type: 'boolean' },
    against: { type: 'string' },
    write: { type: 'boolean' },
  },
});
const names = [...rows.map(({ name }) => name), 'growth'];
const unknown = positionals.filter((name) => !names.includes(name));
if (unknown.length > 0) throw new TypeError(`No row is named ${unknown.join(', ')}; there are ${names.join(', ')}`);
if (options.write === true && positionals.length > 0) throw new TypeError('--write takes every row: name none');
const isChosen = (name: string): boolean => positionals.length === 0 || positionals.includes(name);

const run = promisify(execFile);
const worker = fileURLToPath(new URL('worker.js', import.meta.url));

/** Semi-spaces in MB: for timing what Node takes by itself, for bytes so much that a sample is never collected. */
const SEMI_SPACE = { time: 16, bytes: 256 };

/** One case in processes of its own, so that no row trains the compiler for another. */
function measureCase(what: 'time' | 'bytes', row: Row, n: number): Promise<unknown> {
  return measure(SEMI_SPACE[what], [
    what,
    row.name,
    String(n),
    options.quick === true ? 'quick' : 'full',
    ...(options.against === undefined ? [] : [options.against]),
  ]);
}

async function measure(megabytes: number, words: readonly string[]): Promise<unknown> {
  const { stdout } = await run(
    process.execPath,
    [
      '--expose-gc',
      // Or a busy machine keeps the compiler waiting, and code is timed that is not optimized yet.
      '--no-concurrent-recompilation',
      `--min-semi-space-size=${String(megabytes)}`,
      `--max-semi-space-size=${String(megabytes)}`,
      worker,
      ...words,
    ],
    { maxBuffer: 1 << 24 },
  );
  return JSON.parse(stdout);
}

const measured: CaseFigures[] = [];
for (const row of rows) {
  if (!isChosen(row.name)) continue;
  for (const each of row.cases) {
    process.stderr.write(`${row.name} ${each.label ?? each.n}\n`);
    const figures = (await measureCase('time', row, each.n)) as Figures[];
    const bytes = (await measureCase('bytes', row, each.n)) as Bytes[];
    measured.push({ row, case: each, figures, bytes });
  }
}
if (measured.length > 0) {
  process.stdout.write(tableOf(measured, options.all === true || options.against !== undefined));
}
const grown = isChosen('growth') ? ((await measure(SEMI_SPACE.time, ['growth'])) as Growth[]) : [];
if (grown.length > 0) process.stdout.write(`\n${growthTable(grown)}`);
if (options.write === true) writeFileSync('docs/benchmarks.md', docPage(measured, grown));
