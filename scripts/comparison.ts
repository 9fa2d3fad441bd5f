/**
 * Makes docs/comparison.md and its pictures: the whole comparison, thorough, on the built package, in less than 15 minutes.
 * Options of `wakechain compare` go after `--`: `npm run comparison -- --quick` for a try. On a machine that does nothing else.
 */
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const docs = 'docs/comparison';
const asked = process.argv.slice(2);
const how = asked.some((arg) => ['--quick', '--thorough'].includes(arg)) ? asked : ['--thorough', ...asked];

function run(args: readonly string[], stdio: 'inherit' | ['ignore', 'ignore', 'inherit']): void {
  const { status } = spawnSync(process.execPath, args, { stdio });
  if (status !== 0) process.exit(status ?? 1);
}

run(['--import', 'tsx', 'scripts/build-if-stale.ts'], 'inherit');
const out = mkdtempSync(join(tmpdir(), 'wakechain-comparison-'));
try {
  // What it prints is in the report; its progress is shown.
  run(['dist/cli/main.js', 'compare', ...how, '--out', out], ['ignore', 'ignore', 'inherit']);
  const { reportText } = (await import(
    pathToFileURL('dist/compare/index.js').href
  )) as typeof import('../lib/compare/index.js');
  const found = JSON.parse(readFileSync(join(out, 'comparison.json'), 'utf8')) as Parameters<typeof reportText>[0];
  // Where a machine keeps its files is nobody's business.
  const text = reportText(found, { pictures: 'comparison/', command: 'npm run comparison' })
    .replaceAll(found.file, 'the Node binary')
    .replaceAll(process.cwd(), '.');
  rmSync(docs, { recursive: true, force: true });
  mkdirSync(docs, { recursive: true });
  for (const name of readdirSync(out)) {
    if (name.endsWith('.svg')) copyFileSync(join(out, name), join(docs, name));
  }
  writeFileSync(`${docs}.md`, text);
  const left =
    found.leftOut.length === 0 ? 'nothing left out' : `left out for want of time: ${found.leftOut.join('; ')}`;
  console.log(`${docs}.md has ${String(found.experiments.length)} experiments; ${left}`);
} finally {
  rmSync(out, { recursive: true });
}
