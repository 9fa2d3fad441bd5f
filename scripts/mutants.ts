/**
 * Proves that the specs can fail. Each mutants/*.patch breaks one rule of docs/design.md in lib/ and names, in its
 * first lines, the rule, the specs that must notice, and the test among them that is known to:
 *
 *     # rule: W3
 *     # spec: spec/wait/queue.spec.ts
 *     # test: WaitQueue wake calls an entry that stays once  (part of a full title; without it all tests run)
 *     # hang: expected            (only where breaking the rule makes the specs run for ever)
 *
 * `npm run mutants` tries all of them and demands one for every rule below; `npm run mutants -- W3 C5` tries some;
 * `npm run mutants -- --name` runs whole specs and writes the line `# test:` of patches that have none.
 *
 * The specs run as JavaScript that was compiled once: a tree for each process, in which a mutant compiles only its own files.
 * They must pass without a mutant first. Specs that fail there once, and not a second time, are told of; a mutant that
 * relies on them must then fail them twice.
 */
import { spawn, spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { build } from 'esbuild';

const rules = [
  ...numbered('W', 7),
  ...numbered('C', 8),
  ...numbered('E', 9),
  ...numbered('I', 15),
  ...numbered('N', 14),
  ...numbered('P', 8),
  ...numbered('M', 3),
];
const atOnce = 2;
/** What a test may take, as everywhere else: without it mocha has a limit of its own, which a loaded machine passes. */
const timeoutMs = /"timeout": *(\d+)/.exec(readFileSync('.mocharc.json', 'utf8'))?.[1];
if (timeoutMs === undefined) throw new Error('.mocharc.json says no timeout');

interface Mutant {
  readonly name: string;
  readonly patch: string;
  readonly rules: readonly string[];
  readonly specs: readonly string[];
  /** Part of the full titles of the tests to run; null: all of the specs. */
  readonly test: string | null;
  /** The files that it changes. */
  readonly changes: readonly string[];
  readonly mayHang: boolean;
}

interface Verdict {
  readonly killed: boolean;
  readonly says: string;
}

interface Test {
  readonly fullTitle: string;
  /** Empty for one that passed. */
  readonly err: { readonly message?: string };
}

interface SpecRun {
  /** The failed tests; null when mocha never got as far as reporting: a load error or a crash. */
  readonly failed: readonly Test[] | null;
  /** All that ran. */
  readonly tests: readonly Test[];
  readonly hung: boolean;
  readonly ms: number;
  readonly output: string;
}

const naming = process.argv.includes('--name');
const asked = process.argv.slice(2).filter((argument) => argument !== '--name');
const unknown = asked.filter((rule) => !rules.includes(rule));
if (unknown.length > 0) {
  console.error(`no such rule: ${unknown.join(', ')}; the rules are ${rules.join(' ')}`);
  process.exit(2);
}

const wanted = asked.length > 0 ? asked : rules;
const mutants = readMutants().filter(
  (mutant) => mutant.rules.some((rule) => wanted.includes(rule)) && !(naming && mutant.test !== null),
);
const scratch = mkdtempSync(join(tmpdir(), 'wakechain-mutants-'));
process.once('exit', () => rmSync(scratch, { recursive: true, force: true }));
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));

const template = await compileTree();
const trees = Array.from({ length: atOnce }, copyTree);
const { limits, titles, unsteady } = await runUnbroken();
const trials = mutants.map(limited(atOnce, judge));
let survived = 0;
for (const [index, mutant] of mutants.entries()) {
  const verdict = await trials[index];
  if (!verdict?.killed) survived++;
  console.log(`${mutant.rules.join(' ').padEnd(6)} ${verdict?.says ?? ''}  (${mutant.name})`);
}

const uncovered = naming ? [] : wanted.filter((rule) => !mutants.some((mutant) => mutant.rules.includes(rule)));
console.log(`\n${mutants.length} mutants: ${mutants.length - survived} killed, ${survived} not`);
for (const [specs, says] of unsteady) console.log(`FAILED ONCE OF TWO, WITHOUT ANY MUTANT: ${specs}\n${says}`);
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
    const test = /^# test: *(.*\S)/m.exec(text)?.[1] ?? null;
    const changed = [...text.matchAll(/^\+\+\+ (.*?)(?:\t.*)?$/gm)].map(([, path]) => path ?? '');
    const mutant = {
      name,
      patch,
      rules: header('rule'),
      specs: header('spec'),
      test,
      changes: changed.map((path) => path.replace(/^b\//, '')),
      mayHang: header('hang')[0] === 'expected',
    };

    if (mutant.rules.length === 0 || mutant.rules.some((rule) => !rules.includes(rule)))
      throw new Error(`${name}: its line "# rule:" must name rules among ${rules.join(' ')}`);
    if (mutant.specs.length === 0 || !mutant.specs.every((spec) => existsSync(spec)))
      throw new Error(`${name}: its line "# spec:" must name spec files that exist`);
    const foreign = changed.find((path) => !path.startsWith('b/lib/'));
    if (foreign !== undefined) throw new Error(`${name}: a mutant changes lib/ only, this one has "${foreign}"`);
    return mutant;
  });
  const order = (mutant: Mutant): number => Math.min(...mutant.rules.map((rule) => rules.indexOf(rule)));
  return read.sort((a, b) => order(a) - order(b) || a.name.localeCompare(b.name));
}

interface Unbroken {
  /** Milliseconds after which specs that run on broken code count as hanging. */
  readonly limits: ReadonlyMap<string, number>;
  readonly titles: ReadonlyMap<string, readonly string[]>;
  /** Specs that failed and then passed, and what they said. */
  readonly unsteady: ReadonlyMap<string, string>;
}

/**
 * Runs on the unbroken code first what will run on the broken: it must pass there, and its time tells when a mutant
 * hangs. Tests that several mutants of a spec name run in one go.
 */
async function runUnbroken(): Promise<Unbroken> {
  const limits = new Map<string, number>();
  const titles = new Map<string, readonly string[]>();
  const unsteady = new Map<string, string>();
  const sets = new Map<string, Mutant[]>();
  for (const mutant of mutants) {
    const key = mutant.specs.join(' ');
    sets.set(key, [...(sets.get(key) ?? []), mutant]);
  }
  const run = limited(atOnce, async ([key, users]: [string, Mutant[]]) => {
    const specs = users[0]?.specs ?? [];
    const named = users.map(({ test }) => test);
    const whole = named.includes(null);
    const grep = whole ? [] : ['--grep', named.map((test) => escaped(test ?? '')).join('|')];
    const attempt = (): Promise<SpecRun> => runSpecs(template, specs, ['--bail', ...grep], 300_000);
    let result = await attempt();
    if (!passed(result)) {
      const { output } = result;
      console.log(`FAILED WITHOUT ANY MUTANT, runs once more: ${key}\n${output}`);
      unsteady.set(key, output);
      result = await attempt();
    }
    const { tests, ms, output } = result;
    if (!passed(result)) throw new Error(`${key} fails without any mutant, twice\n${output}`);
    limits.set(key, 15_000 + 5 * ms);
    titles.set(
      key,
      tests.map(({ fullTitle }) => fullTitle),
    );
  });
  await Promise.all([...sets].map(run));
  return { limits, titles, unsteady };
}

function passed({ failed, tests }: SpecRun): boolean {
  return failed?.length === 0 && tests.length > 0;
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

async function judge(mutant: Mutant): Promise<Verdict> {
  const { specs, test } = mutant;
  const key = specs.join(' ');
  if (test !== null && titles.get(key)?.some((title) => title.includes(test)) !== true)
    return { killed: false, says: `STALE MUTANT: no test is called "${test}"` };

  const tree = trees.pop() as string;
  try {
    const env = { ...process.env, GIT_CEILING_DIRECTORIES: scratch };
    const applied = spawnSync('git', ['apply', mutant.patch], { cwd: tree, env, encoding: 'utf8' });
    if (applied.status !== 0) return { killed: false, says: `STALE MUTANT: ${applied.stderr.trim()}` };
    try {
      await compile(tree, mutant.changes);
    } catch (error) {
      return { killed: false, says: `BROKEN MUTANT: ${String(error)}` };
    }

    const options = [...(naming ? [] : ['--bail']), ...(test === null ? [] : ['--fgrep', test])];
    const attempt = (): Promise<SpecRun> => runSpecs(tree, specs, options, limits.get(key) ?? 60_000);
    const first = await attempt();
    // What fails now and then without a mutant tells nothing by failing once.
    const { failed, tests, hung, output } = unsteady.has(key) && !passed(first) ? await attempt() : first;
    if (hung) return { killed: mutant.mayHang, says: mutant.mayHang ? 'killed by a hang, as expected' : 'HANGS' };
    if (failed === null) return { killed: false, says: `BROKEN MUTANT: the specs did not run\n${output}` };
    // A failed hook counts as well, once a test has run: hooks check for what tests leave behind.
    const title = failed[0]?.fullTitle;
    if (title === undefined || tests.length === 0) return { killed: false, says: 'SURVIVED' };
    if (naming) name(mutant, failed);
    return { killed: true, says: `killed by "${title}"` };
  } finally {
    restore(tree, mutant.changes);
    trees.push(tree);
  }
}

/** Writes into a patch which test is to be run: the first that failed and cites the rule, else the first that failed. */
function name({ patch, rules: cited }: Mutant, failed: readonly Test[]): void {
  const cites = ({ fullTitle }: Test): boolean => cited.some((rule) => new RegExp(`\\b${rule}\\b`).test(fullTitle));
  const { fullTitle } = (failed.find(cites) ?? failed[0]) as Test;
  const title = (/hook for "(.*)"$/.exec(fullTitle)?.[1] ?? fullTitle).replace(/[,;]? (seed |WAKECHAIN_SEED=)\d.*/, '');
  writeFileSync(
    patch,
    readFileSync(patch, 'utf8').replace(/^# spec:.*\n/m, (line) => `${line}# test: ${title}\n`),
  );
}

/** The sources, and beside each what it compiles to. */
async function compileTree(): Promise<string> {
  const tree = join(scratch, 'template');
  for (const name of ['lib', 'spec', 'package.json', 'tsconfig.json'])
    cpSync(name, join(tree, name), { recursive: true });
  symlinkSync(resolve('node_modules'), join(tree, 'node_modules'));
  // Where package.json looks for the file that a thread runs.
  symlinkSync('lib', join(tree, 'dist'));
  const files = ['lib', 'spec'].flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name)),
  );
  await compile(
    tree,
    files.filter((file) => file.endsWith('.ts')),
  );
  return tree;
}

async function compile(tree: string, files: readonly string[]): Promise<void> {
  await build({
    absWorkingDir: tree,
    entryPoints: [...files],
    outdir: '.',
    outbase: '.',
    format: 'esm',
    target: 'es2022',
    logLevel: 'silent',
  });
}

function copyTree(_: unknown, index: number): string {
  const tree = join(scratch, `tree-${String(index)}`);
  cpSync(template, tree, { recursive: true, verbatimSymlinks: true });
  return tree;
}

function restore(tree: string, files: readonly string[]): void {
  for (const file of files)
    for (const name of [file, file.replace(/\.ts$/, '.js')]) cpSync(join(template, name), join(tree, name));
}

function runSpecs(tree: string, specs: readonly string[], options: readonly string[], limit: number): Promise<SpecRun> {
  const report = join(mkdtempSync(join(scratch, 'report-')), 'mocha.json');
  const mocha = resolve('node_modules/mocha/bin/mocha.js');
  // A test that hangs, and its hooks after it, end before the whole run is given up, and so tell which it is.
  const each = Math.min(Number(timeoutMs), limit / 4);
  const args = [mocha, '--no-config', '--timeout', String(each), '--reporter', 'json'];
  const compiled = specs.map((spec) => spec.replace(/\.ts$/, '.js'));
  const started = performance.now();
  // Its own process group, because a spec may run programs, and those of a hung one must go with it.
  const child = spawn(process.execPath, [...args, '--reporter-option', `output=${report}`, ...options, ...compiled], {
    cwd: tree,
    detached: true,
  });
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
        done({ failed: null, tests: [], hung, ms, output: output.slice(-2000) });
        return;
      }
      const { tests, failures } = JSON.parse(readFileSync(report, 'utf8')) as { tests: Test[]; failures: Test[] };
      const said = failures.map(({ fullTitle, err }) => `${fullTitle}: ${err.message ?? 'no message'}`);
      done({ failed: failures, tests, hung, ms, output: said.join('\n') });
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
