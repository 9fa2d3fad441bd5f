import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { build } from 'esbuild';
import ts from 'typescript';

/*
 * The snippets of README.md and docs/*.md run as they stand, with `wakechain` meaning lib/, and print what stands behind
 * their `// →`. A sketch, which is not meant to run, is fenced as `ts sketch`.
 */

const root = fileURLToPath(new URL('..', import.meta.url));
const pages = [
  'README.md',
  ...readdirSync(`${root}/docs`)
    .filter((file) => file.endsWith('.md'))
    .map((file) => `docs/${file}`),
];
const textOf = (page: string): string => readFileSync(`${root}/${page}`, 'utf8');

interface Snippet {
  readonly title: string;
  readonly info: string;
  readonly code: string;
}

function snippetsOf(page: string): Snippet[] {
  const text = textOf(page);
  return [...text.matchAll(/^```(ts\b.*)\n([\s\S]*?)^```$/gm)].map(({ index, 1: info = '', 2: code = '' }) => ({
    title: `${page}:${text.slice(0, index).split('\n').length}`,
    info,
    code,
  }));
}

/** What stands behind the arrows, a line each. */
const expectedOf = (code: string): string[] => [...code.matchAll(/\/\/ → (.*)$/gm)].map(([, line = '']) => line);

const snippets = pages.flatMap(snippetsOf);
const running = snippets.filter(({ info }) => info === 'ts');

/** Where each entry point of the package has its source; the longest names first, for `wakechain` begins them all. */
function aliases(): Record<string, string> {
  const { name, exports } = JSON.parse(textOf('package.json')) as { name: string; exports: Record<string, unknown> };
  const entries = Object.values(exports).flatMap((target) =>
    typeof target === 'string' ? [] : [(target as { default: string }).default],
  );
  const pairs = entries.map((path): [string, string] => {
    const source = path.replace('./dist/', '').replace(/\.js$/, '.ts');
    const folder = source.replace(/\/?index\.ts$/, '');
    return [folder === '' ? name : `${name}/${folder}`, join(root, 'lib', source)];
  });
  return Object.fromEntries(pairs.sort(([a], [b]) => b.length - a.length));
}

/** No colours, and no coverage of lib by what is not a spec. */
const plain = { FORCE_COLOR: undefined, NODE_V8_COVERAGE: undefined };

describe('the snippets of the pages', () => {
  let folder: string;
  const fileOf = (snippet: Snippet): string => join(folder, `snippet-${running.indexOf(snippet)}.ts`);

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'wakechain-snippets-'));
    symlinkSync(`${root}/node_modules`, join(folder, 'node_modules'));
    const paths = { wakechain: [`${root}/lib/index.ts`], 'wakechain/*': [`${root}/lib/*/index.ts`] };
    const compilerOptions = { paths, isolatedDeclarations: false, declaration: false };
    writeFileSync(
      join(folder, 'tsconfig.json'),
      JSON.stringify({ extends: `${root}/tsconfig.json`, compilerOptions, include: ['*.ts'] }),
    );
    writeFileSync(join(folder, 'package.json'), JSON.stringify({ type: 'module' }));
    for (const snippet of running) writeFileSync(fileOf(snippet), snippet.code);
    // All at once, and with what they share in common: to start each with a compiler of its own takes most of a second.
    await build({
      entryPoints: running.map(fileOf),
      outdir: join(folder, 'built'),
      bundle: true,
      splitting: true,
      format: 'esm',
      platform: 'node',
      target: 'node20',
      packages: 'external',
      alias: aliases(),
      absWorkingDir: folder,
      logLevel: 'error',
    });
  });

  after(() => rmSync(folder, { recursive: true, force: true }));

  it('are there', () => {
    expect(running.length).to.be.greaterThan(10);
  });

  it('either print something or are marked as sketches', () => {
    const silent = snippets.filter(({ info, code }) => info !== 'ts sketch' && expectedOf(code).length === 0);
    expect(silent.map(({ title }) => title)).to.deep.equal([]);
  });

  it('compile as strictly as the package', function () {
    this.timeout(60_000);
    const config = ts.getParsedCommandLineOfConfigFile(
      join(folder, 'tsconfig.json'),
      {},
      {
        ...ts.sys,
        onUnRecoverableConfigFileDiagnostic: (diagnostic) => {
          throw new Error(ts.flattenDiagnosticMessageText(diagnostic.messageText, '\n'));
        },
      },
    )!;
    const program = ts.createProgram(config.fileNames, config.options);
    const errors = running.flatMap((snippet) => {
      const source = program.getSourceFile(fileOf(snippet));
      return [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)].map(
        ({ messageText, start = 0 }) => {
          const line = snippet.code.slice(0, start).split('\n').length;
          return `${snippet.title}, line ${line}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`;
        },
      );
    });
    expect(errors).to.deep.equal([]);
  });

  for (const snippet of running) {
    it(`print what they say: ${snippet.title}`, async function () {
      this.timeout(30_000);
      const built = join(folder, 'built', `${basename(fileOf(snippet), '.ts')}.js`);
      const env = { ...process.env, ...plain };
      const { stdout, stderr } = await promisify(execFile)(process.execPath, [built], { cwd: root, env });
      expect(stdout.trimEnd().split('\n')).to.deep.equal(expectedOf(snippet.code));
      expect(stderr).to.equal('');
    });
  }
});

describe('README.md', () => {
  const readme = textOf('README.md');

  it('says in at most 15 words what this is', () => {
    const [, , sentence = ''] = readme.split('\n');
    expect(sentence.split(/\s+/).length).to.be.within(5, 15);
  });

  it('shows a picture, then an example of at most 18 lines, then three links', () => {
    const [picture, example] = [...readme.matchAll(/^```(.*)\n([\s\S]*?)^```$/gm)];
    expect(picture?.[1]).to.equal('text');
    expect(example?.[1]).to.equal('ts');
    expect(example?.[2]?.trimEnd().split('\n').length).to.be.at.most(18);
    const behind = readme
      .slice(example!.index + example![0].length)
      .trim()
      .split('\n')[0]!;
    expect([...behind.matchAll(/\[[^\]]+\]\([^)]+\)/g)].length).to.equal(3);
  });

  it('names every entry point of the package', () => {
    const { exports } = JSON.parse(textOf('package.json')) as { exports: Record<string, unknown> };
    const names = Object.keys(exports).filter((key) => key !== './package.json');
    expect(names.filter((name) => !readme.includes(`\`wakechain${name.slice(1)}\` `))).to.deep.equal([]);
  });
});

describe('docs/errors.md', () => {
  const page = textOf('docs/errors.md');
  const lib = readdirSync(`${root}/lib`, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => textOf(`lib/${file}`));

  it('names every error code of lib, and no other', () => {
    const codesIn = (text: string, quote: string): string[] =>
      [...text.matchAll(new RegExp(`${quote}(ERR_[A-Z_]+|ABORT_ERR)${quote}`, 'g'))].map(([, code = '']) => code);
    const inLib = new Set(lib.flatMap((text) => codesIn(text, "'")));
    inLib.delete('ERR_MODULE_NOT_FOUND'); // Node's own: lib looks for it and throws none.
    expect([...new Set(codesIn(page, '`'))].sort()).to.deep.equal([...inLib].sort());
  });

  it('says of each code which class of error has it', () => {
    const rows = page.split('\n').filter((line) => line.startsWith('|'));
    const made = lib.flatMap((text) => [...text.matchAll(/new (\w+Error)\(\s*'(ERR_[A-Z_]+)'/g)]);
    const told = (name: string, code: string): boolean =>
      rows.some((row) => row.includes(`\`${code}\``) && row.includes(`\`${name}\``));
    expect(made.length).to.be.greaterThan(100);
    expect(made.filter(([, name = '', code = '']) => !told(name, code)).map(([text]) => text)).to.deep.equal([]);
  });
});

describe('docs/design.md', () => {
  it('has every rule that comments and titles cite', () => {
    const cited = ['lib', 'spec'].flatMap((folder) =>
      readdirSync(`${root}/${folder}`, { recursive: true, encoding: 'utf8' })
        .filter((file) => file.endsWith('.ts'))
        .flatMap((file) => [...textOf(`${folder}/${file}`).matchAll(/\(((?:[WCEINPMQ]\d+(?:, )?)+)\)/g)])
        .flatMap(([, numbers = '']) => numbers.split(', ')),
    );
    const design = textOf('docs/design.md');
    const has = (number: string): boolean => design.includes(`**${number}** `) || design.includes(`| ${number} `);
    expect(cited.length).to.be.greaterThan(0);
    expect([...new Set(cited)].filter((number) => !has(number))).to.deep.equal([]);
  });
});

describe('the specs', () => {
  it('name every rule and every need of docs/design.md in a title', () => {
    const titles = readdirSync(`${root}/spec`, { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts'))
      .flatMap((file) => [...textOf(`spec/${file}`).matchAll(/\bit\(\s*(['"`].*)$/gm)].map(([, title = '']) => title));
    const rules = [...textOf('docs/design.md').matchAll(/^(?:- \*\*|\| )([WCEINPM]\d+)\b/gm)].map(
      ([, rule = '']) => rule,
    );
    const named = (rule: string): boolean => titles.some((title) => isNamed(rule, title));
    expect(rules.length).to.be.greaterThan(40);
    expect(rules.filter((rule) => !named(rule))).to.deep.equal([]);
  });
});

/** Whether a title cites a rule: by its number, or by a range such as W1–W5. */
function isNamed(rule: string, title: string): boolean {
  const cited = [...title.matchAll(/\b([WCEINPM])(\d+)(?:[–-]\1(\d+))?/g)];
  const number = Number(rule.slice(1));
  return cited.some(([, letter, from, to]) => rule[0] === letter && Number(from) <= number && number <= Number(to ?? from)); // prettier-ignore
}

describe('the links of the pages', () => {
  for (const page of [...pages, 'CHANGELOG.md', 'CONTRIBUTING.md']) {
    it(`lead somewhere: ${page}`, () => {
      const folder = page.includes('/') ? 'docs/' : '';
      const dangling = [...textOf(page).matchAll(/\]\((?!https?:)([^)#]+)[^)]*\)/g)]
        .map(([, target = '']) => target)
        .filter((target) => !existsSync(join(root, folder, target)));
      expect(dangling).to.deep.equal([]);
    });
  }
});
