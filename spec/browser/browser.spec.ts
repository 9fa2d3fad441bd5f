import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import * as debug from '../../lib/debug/index.js';
import * as wakechain from '../../lib/index.js';
import { chromiumPath, launchChromium } from '../chromium.js';
import { applyingSpecs } from './applying.js';
import { bundleSpecs } from './bundle.js';

const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');
const folders = ['wait', 'event', 'compound', 'adapters', 'sync', 'debug'];
const { files: specs, reasons } = applyingSpecs(
  root,
  folders,
  new Set([...Object.keys(wakechain), ...Object.keys(debug)]),
);

/** What became of the tests of one spec file. */
interface Ran {
  passes: number;
  pending: number;
  failures: string[];
}

/** The packed package, as it is published; packed anew unless that was done since lib was changed. */
function packed(): string {
  const newest = Math.max(
    ...readdirSync(`${root}/lib`, { recursive: true, encoding: 'utf8' }).map(
      (file) => statSync(`${root}/lib/${file}`).mtimeMs,
    ),
  );
  const found = (): string[] =>
    existsSync(`${root}/.pack`) ? readdirSync(`${root}/.pack`).filter((file) => file.endsWith('.tgz')) : [];
  const fresh = found().some((file) => statSync(`${root}/.pack/${file}`).mtimeMs > newest);
  if (!fresh) execFileSync('npm', ['run', '-s', 'tarball'], { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] });
  return `${root}/.pack/${found()[0] ?? ''}`;
}

/** The page: mocha as its makers build it for browsers, and what the specs take from Node for granted. */
const page = `<!doctype html><meta charset="utf-8"><title>specs</title><div id="mocha"></div>
<script src="/mocha.js"></script>
<script>
  mocha.setup({ ui: 'bdd', reporter: function () {}, timeout: 60000 });
  globalThis.__name = (named) => named; // the compiler that runs this file puts it into functions
</script>`;

/** Runs in the page: loads each spec file and runs them all. */
async function runAll(entries: [spec: string, path: string][]): Promise<Record<string, Ran>> {
  interface Test {
    readonly parent?: Suite;
    fullTitle(): string;
  }
  interface Suite extends Test {
    readonly suites: Suite[];
    readonly root: boolean;
  }
  const { mocha } = globalThis as unknown as {
    mocha: { suite: Suite; run(): { on(event: string, done: (test: Test, error?: Error) => void): void } };
  };
  const ran: Record<string, Ran> = {};
  const fileOf = new Map<Suite, string>();
  for (const [spec, path] of entries) {
    ran[spec] = { passes: 0, pending: 0, failures: [] };
    const before = mocha.suite.suites.length;
    await import(path);
    for (const suite of mocha.suite.suites.slice(before)) fileOf.set(suite, spec);
  }
  const of = (test: Test): Ran => {
    let suite = test.parent;
    while (suite !== undefined && !fileOf.has(suite)) suite = suite.parent;
    return ran[(suite && fileOf.get(suite)) ?? entries[0]![0]]!;
  };
  await new Promise<void>((resolve) => {
    const runner = mocha.run();
    runner.on('pass', (test) => of(test).passes++);
    runner.on('pending', (test) => of(test).pending++);
    runner.on('fail', (test, error) => of(test).failures.push(`${test.fullTitle()}: ${String(error)}`));
    runner.on('end', () => resolve());
  });
  return ran;
}

const title = 'the published package in Chromium';
if (chromiumPath === null && process.env['WAKECHAIN_ALL_PROGRAMS'] !== '1') {
  it.skip(`${title} passes its specs (skipped: chromium not installed)`, () => undefined);
} else describe(title, inChromium);

function inChromium(this: Mocha.Suite): void {
  this.timeout(180_000);
  let ran: Record<string, Ran> = {};
  const errors: string[] = [];

  before(async () => {
    const folder = mkdtempSync(join(tmpdir(), 'wakechain-browser-'));
    const browser = await launchChromium();
    // A page that goes round in a circle answers nobody.
    const limit = setTimeout(() => void browser.close(), 150_000);
    try {
      execFileSync('tar', ['-xzf', packed(), '-C', folder, '--strip-components=1']);
      const { files, entries } = await bundleSpecs(root, specs, join(folder, 'dist'));
      const tab = await browser.newPage();
      tab.on('pageerror', (error) => errors.push(String(error)));
      await tab.route('**/*', (route) => {
        const path = new URL(route.request().url()).pathname.slice(1);
        const script =
          path === 'mocha.js' ? readFileSync(`${root}/node_modules/mocha/mocha.js`, 'utf8') : files.get(path);
        if (path === '') return route.fulfill({ contentType: 'text/html', body: page });
        if (script === undefined) return route.fulfill({ status: 404 });
        return route.fulfill({ contentType: 'text/javascript', body: script });
      });
      await tab.goto('http://wakechain.test/');
      const paths = [...entries].map(([spec, path]): [string, string] => [spec, `/${path}`]);
      ran = await tab.evaluate(runAll, paths);
    } finally {
      clearTimeout(limit);
      await browser.close();
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it(`runs ${specs.length} spec files; ${reasons.size} others look inside or need Node`, () => {
    expect(specs.length).to.be.greaterThan(reasons.size);
    expect(Object.keys(ran)).to.have.members(specs);
  });

  for (const spec of specs) {
    it(`passes ${spec}`, () => {
      const { passes, failures } = ran[spec]!;
      expect(failures).to.deep.equal([]);
      expect(passes).to.be.greaterThan(0);
    });
  }

  it('throws nothing that nobody catches', () => {
    expect(errors).to.deep.equal([]);
  });
}
