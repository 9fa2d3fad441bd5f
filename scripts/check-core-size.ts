/**
 * Bundles the core as a program would that imports it, minified and compressed, and fails when a part outgrows its limit.
 * With `--table` it prints what each part, and each file of the core, adds to the bundle, for docs/design.md.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { build, type Plugin } from 'esbuild';

const queues = `export * from './lib/wait/index.ts';`;
const completions = `${queues} export { Completion } from './lib/event/completion.ts';`;
const core = `${queues} export * from './lib/event/index.ts';`;

/** Each with all that it stands on, in bytes. */
const parts: readonly [what: string, entry: string, limit: number][] = [
  ['queues (all of `wakechain/wait`)', queues, 3_130],
  ['queues and `Completion`', completions, 5_960],
  ['the core (all of `wakechain/wait` and `wakechain/event`)', core, 8_660],
];

interface Variant {
  plugins?: Plugin[];
  mangleProps?: RegExp;
}

async function sizeOf(entry: string, variant: Variant = {}): Promise<number> {
  const { outputFiles } = await build({
    stdin: { contents: entry, resolveDir: '.' },
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'neutral',
    target: 'es2022',
    write: false,
    ...variant,
  });
  return outputFiles.reduce((sum, file) => sum + gzipSync(file.contents, { level: 9 }).length, 0);
}

/** Reads the files that `filter` names as `change` makes them. */
function changing(filter: RegExp, change: (source: string) => string): Variant {
  const setup: Plugin['setup'] = (building) => {
    building.onLoad({ filter }, ({ path }) => ({ contents: change(readFileSync(path, 'utf8')), loader: 'ts' }));
  };
  return { plugins: [{ name: 'changing', setup }] };
}

/** A file that exports the same names, and nothing behind them. */
function hollow(source: string): string {
  const names = [...source.matchAll(/^export (?:class|function|const|let) (\w+)/gm)].map((match) => match[1]);
  return [...new Set(names)].map((name) => `export const ${String(name)} = 0;`).join('\n');
}

const files = ['lib/wait', 'lib/event'].flatMap((folder) => readdirSync(folder).map((name) => `${folder}/${name}`));

/** Faces, and files of constants that the bundler puts in their places: without them others grow. */
const constants = /(index|marks|entry|keys)\.ts$/;

/** All members that the declarations do not show. */
function internalNames(): RegExp {
  const member = /(?:\bprivate|@internal[^]*?\*\/)\s+(?:(?:declare|private|readonly|override|static|get)\s+)*(\w+)/g;
  const keywords = ['export', 'constructor', 'function', 'class', 'const', 'is', 'call'];
  const names = files.flatMap((file) =>
    [...readFileSync(file, 'utf8').matchAll(member)].map((match) => match[1] ?? ''),
  );
  return new RegExp(`^(${names.filter((name) => !keywords.includes(name)).join('|')})$`);
}

const row = (what: string, bytes: number | string): void => console.log(`| ${what} | ${bytes} |`);

async function table(): Promise<void> {
  const whole = await sizeOf(core);
  row('what a program imports', 'bytes');
  row('---', '---');
  for (const [what, entry] of parts) row(what, await sizeOf(entry));
  for (const file of ['wait/link', 'compound/in-context', 'compound/bound']) {
    const more = `${core} export * from './lib/${file}.ts';`;
    row(`the core and \`lib/${file}.ts\``, await sizeOf(more));
  }
  console.log();
  row('what is left out of the core', 'bytes less');
  row('---', '---');
  const less: [what: string, bytes: number][] = [];
  for (const file of files.filter((name) => !constants.test(name))) {
    const without = changing(new RegExp(`${file.replace(/[./]/g, '\\$&')}$`), hollow);
    less.push([`\`${file}\``, whole - (await sizeOf(core, without))]);
  }
  const lib = /lib\/(wait|event)\/[\w-]+\.ts$/;
  const unsaid = (source: string): string => source.replace(/('ERR_\w+',\s*)(?:`[^`]*`|'[^']*')/g, `$1''`);
  less.push(['messages of errors', whole - (await sizeOf(core, changing(lib, unsaid)))]);
  less.push(['long names of internal members', whole - (await sizeOf(core, { mangleProps: internalNames() }))]);
  for (const [what, bytes] of less.sort(([, x], [, y]) => y - x)) if (bytes >= 40) row(what, bytes);
}

if (process.argv.includes('--table')) await table();
else {
  for (const [what, entry, limit] of parts) {
    const bytes = await sizeOf(entry);
    console.log(`${what.replaceAll('`', '')}: ${bytes} bytes minified and gzipped, limit ${limit}`);
    if (bytes >= limit) process.exitCode = 1;
  }
}
