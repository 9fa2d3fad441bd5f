/**
 * Proves that the specs can fail. Each mutants/*.patch breaks one rule of docs/design.md in lib/ and names, in its
 * first lines, the rule and the specs that must notice:
 *
 *     # rule: W3
 *     # spec: spec/wait/queue.spec.ts
 *     # hang: expected            (only where breaking the rule makes the specs run for ever)
 *
 * `npm run mutants` tries all of them and demands one for every rule below; `npm run mutants -- W3 C5` tries some.
 */
import { spawn, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const rules = [...numbered('W', 7), ...numbered('C', 8), ...numbered('E', 8), ...numbered('I', 11)];
const atOnce = 2;

interface Mutant {
  readonly name: string;
  readonly patch: string;
  readonly rules: readonly string[];
  readonly specs: readonly string[];
  readonly mayHang: boolean;
}

interface Verdict {
  readonly killed: boolean;
  readonly says: string;
}

interface SpecRun {
  /** Titles of the failed tests; null when mocha never got as far as reporting: a load error or a crash. */
  readonly failed: readonly string[] | null;
  readonly tests: number;
  readonly hung: boolean;
  readonly ms: number;
  readonly output: string;
}

const asked = process.argv.slice(2);
const unknown = asked.filter((rule) => !rules.includes(rule));
if (unknown.length > 0) {
  console.error(`no such rule: ${unknown.join(', ')}; the rules are ${rules.join(' ')}`);
  process.exit(2);
}

const wanted = asked.length > 0 ? asked : rules;
const mutants = readMutants().filter((mutant) => mutant.rules.some((rule) => wanted.includes(rule)));
const scratch = mkdtempSync(join(tmpdir(), 'wakechain-mutants-'));
process.once('exit', () => rmSync(scratch, { recursive: true, force: true }));
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));

const limits = await timeLimits();
const trials = mutants.map(limited(atOnce, judge));
let survived = 0;
for (const [index, mutant] of mutants.entries()) {
  const verdict = await trials[index];
  if (!verdict?.killed) survived++;
  console.log(`${mutant.rules.join(' ').padEnd(6)} ${verdict?.says ?? ''}  (${mutant.name})`);
}

const uncovered = wanted.filter((rule) => !mutants.some((mutant) => mutant.rules.includes(rule)));
console.log(`\n${mutants.length} mutants: ${mutants.length - survived} killed, ${survived} not`);
if (uncovered.length > 0) console.log(`rules without a mutant: ${uncovered.join(' ')}`);
process.exit(survived > 0 || uncovered.length > 0 ? 1 : 0);

function numbered(letter: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `${letter}${index + 1}`);
}

function readMutants(): Mutant[] {
  const files = existsSync('mutants') ? readdirSync('mutants').filter((file) => file.endsWith('.patch')) : [];
  const read = files.map((name): Mutant => {
    const patch = resolve('mutants', name);
    const text = readFileSync(patch, 'utf8');
    const header = (key: string): string[] =>
      (new RegExp(`^# ${key}: *(.*)$`, 'm').exec(text)?.[1] ?? '').split(/[\s,]+/).filter((word) => word !== '');
    const mutant = {
      name,
      patch,
      rules: header('rule'),
      specs: header('spec'),
      mayHang: header('hang')[0] === 'expected',
    };

    if (mutant.rules.length === 0 || mutant.rules.some((rule) => !rules.includes(rule)))
      throw new Error(`${name}: its line "# rule:" must name rules among ${rules.join(' ')}`);
    if (mutant.specs.length === 0 || !mutant.specs.every((spec) => existsSync(spec)))
      throw new Error(`${name}: its line "# spec:" must name spec files that exist`);
    const foreign = [...text.matchAll(/^\+\+\+ (.*)$/gm)].find(([, path]) => !path?.startsWith('b/lib/'));
    if (foreign) throw new Error(`${name}: a mutant changes lib/ only, this one has "${foreign[0]}"`);
    return mutant;
  });
  const order = (mutant: Mutant): number => Math.min(...mutant.rules.map((rule) => rules.indexOf(rule)));
  return read.sort((a, b) => order(a) - order(b) || a.name.localeCompare(b.name));
}

/** Runs the specs on the unbroken code first: they must pass there, and their time tells when a mutant hangs. */
async function timeLimits(): Promise<Map<string, number>> {
  const limits = new Map<string, number>();
  const sets = new Map(mutants.map((mutant) => [mutant.specs.join(' '), mutant.specs]));
  const tree = copyTree();
  const run = limited(atOnce, async ([key, specs]: [string, readonly string[]]) => {
    const { failed, tests, ms, output } = await runSpecs(tree, specs, 300_000);
    if (failed?.length !== 0 || tests === 0) throw new Error(`${key} fails without any mutant\n${output}`);
    limits.set(key, 15_000 + 5 * ms);
  });
  await Promise.all([...sets].map(run));
  return limits;
}

async function judge(mutant: Mutant): Promise<Verdict> {
  const tree = copyTree();
  try {
    const env = { ...process.env, GIT_CEILING_DIRECTORIES: scratch };
    const applied = spawnSync('git', ['apply', mutant.patch], { cwd: tree, env, encoding: 'utf8' });
    if (applied.status !== 0) return { killed: false, says: `STALE MUTANT: ${applied.stderr.trim()}` };

    const limit = limits.get(mutant.specs.join(' ')) ?? 60_000;
    const { failed, tests, hung, output } = await runSpecs(tree, mutant.specs, limit);
    if (hung) return { killed: mutant.mayHang, says: mutant.mayHang ? 'killed by a hang, as expected' : 'HANGS' };
    if (failed === null) return { killed: false, says: `BROKEN MUTANT: the specs did not run\n${output}` };
    // A failed hook counts as well, once a test has run: hooks check for what tests leave behind.
    const title = failed[0];
    if (title === undefined || tests === 0) return { killed: false, says: 'SURVIVED' };
    return { killed: true, says: `killed by "${title}"` };
  } finally {
    rmSync(tree, { recursive: true, force: true });
  }
}

function copyTree(): string {
  const tree = mkdtempSync(join(scratch, 'tree-'));
  for (const name of ['lib', 'spec', 'package.json', 'tsconfig.json', '.mocharc.json'])
    cpSync(name, join(tree, name), { recursive: true });
  symlinkSync(resolve('node_modules'), join(tree, 'node_modules'));
  return tree;
}

function runSpecs(tree: string, specs: readonly string[], limit: number): Promise<SpecRun> {
  const report = join(mkdtempSync(join(scratch, 'report-')), 'mocha.json');
  const mocha = resolve('node_modules/mocha/bin/mocha.js');
  const options = ['--bail', '--reporter', 'json', '--reporter-option', `output=${report}`];
  const started = performance.now();
  // Its own process group, because mocha runs the specs in a child of its own, and a hung one must go with it.
  const child = spawn(process.execPath, [mocha, ...options, ...specs], { cwd: tree, detached: true });
  let output = '';
  child.stdout.on('data', (chunk) => (output += String(chunk)));
  child.stderr.on('data', (chunk) => (output += String(chunk)));

  return new Promise((done) => {
    let hung = false;
    const killGroup = (): void => {
      if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, 'SIGKILL');
    };
    const timer = setTimeout(() => {
      hung = true;
      killGroup();
    }, limit);
    process.once('exit', killGroup);
    child.once('close', () => {
      clearTimeout(timer);
      process.off('exit', killGroup);
      const ms = performance.now() - started;
      if (!existsSync(report)) {
        done({ failed: null, tests: 0, hung, ms, output: output.slice(-2000) });
        return;
      }
      const { stats, failures } = JSON.parse(readFileSync(report, 'utf8')) as {
        stats: { tests: number };
        failures: { fullTitle: string }[];
      };
      const failed = failures.map((failure) => failure.fullTitle);
      done({ failed, tests: stats.tests, hung, ms, output: failed.join('\n') });
    });
  });
}

/** The same function, of which at most `most` calls run at a time. */
function limited<A, R>(most: number, run: (argument: A) => Promise<R>): (argument: A) => Promise<R> {
  let free = most;
  const waiting: (() => void)[] = [];
  return async (argument) => {
    if (free > 0) free--;
    else await new Promise<void>((go) => waiting.push(go));
    try {
      return await run(argument);
    } finally {
      const next = waiting.shift();
      if (next) next();
      else free++;
    }
  };
}
