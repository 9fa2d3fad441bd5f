import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import type { Bytes } from './bytes.js';
import type { Figures } from './harness.js';
import { docPage, tableOf, type CaseFigures } from './report.js';
import type { Row } from './row.js';
import { rows } from './rows.js';

/*
 * npm run bench                    every row, as one table
 * npm run bench -- wake all-of     some rows
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
const unknown = positionals.filter((name) => !rows.some((row) => row.name === name));
if (unknown.length > 0) {
  throw new TypeError(`No row is named ${unknown.join(', ')}; there are ${rows.map(({ name }) => name).join(', ')}`);
}
const chosen = positionals.length === 0 ? rows : rows.filter(({ name }) => positionals.includes(name));

const run = promisify(execFile);
const worker = fileURLToPath(new URL('worker.js', import.meta.url));

/** Semi-spaces in MB: for timing what Node takes by itself, for bytes so much that a sample is never collected. */
const SEMI_SPACE = { time: 16, bytes: 256 };

/** One case in processes of its own, so that no row trains the compiler for another. */
async function measure(what: 'time' | 'bytes', row: Row, n: number): Promise<unknown> {
  const megabytes = String(SEMI_SPACE[what]);
  const { stdout } = await run(
    process.execPath,
    [
      '--expose-gc',
      // Or a busy machine keeps the compiler waiting, and code is timed that is not optimized yet.
      '--no-concurrent-recompilation',
      `--min-semi-space-size=${megabytes}`,
      `--max-semi-space-size=${megabytes}`,
      worker,
      what,
      row.name,
      String(n),
      options.quick === true ? 'quick' : 'full',
      ...(options.against === undefined ? [] : [options.against]),
    ],
    { maxBuffer: 1 << 24 },
  );
  return JSON.parse(stdout);
}

const measured: CaseFigures[] = [];
for (const row of chosen) {
  for (const each of row.cases) {
    process.stderr.write(`${row.name} ${each.n}\n`);
    const figures = (await measure('time', row, each.n)) as Figures[];
    const bytes = (await measure('bytes', row, each.n)) as Bytes[];
    measured.push({ row, case: each, figures, bytes });
  }
}

process.stdout.write(tableOf(measured, options.all === true || options.against !== undefined));
if (options.write === true) {
  if (chosen.length !== rows.length) throw new TypeError('--write takes every row: name none');
  writeFileSync('docs/benchmarks.md', docPage(measured));
}
