import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { dirname, join, normalize } from 'node:path/posix';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import ts from 'typescript';

/**
 * What a part of lib/ may import besides itself. Imports run downwards only. A face (an index.ts above other parts)
 * is a part of its own, so that what it shows may lie above the files beside it.
 */
const parts: Record<string, { imports: string[]; packages?: string[] }> = {
  wait: { imports: [] },
  event: { imports: ['wait'] },
  compound: { imports: ['wait', 'event'] },
  adapters: { imports: ['wait', 'event', 'compound', 'sync'] },
  rxjs: { imports: ['wait', 'event'], packages: ['rxjs'] },
  sync: { imports: ['wait', 'event', 'compound'] },
  debug: { imports: ['wait', 'event', 'sync'] },
  node: { imports: ['wait', 'event', 'adapters', 'sync'] },
  io: { imports: ['wait', 'event'] },
  'io/strategy': { imports: ['wait', 'event', 'io'] },
  threads: { imports: ['wait'] },
  layers: { imports: ['wait', 'event', 'io', 'threads'] },
  // A device at the bottom of a stack has the engine's own design unless it is given another.
  devices: { imports: ['wait', 'event', 'io', 'io/strategy', 'threads'] },
  'io/index.ts': { imports: ['io', 'io/strategy', 'layers', 'devices'] },
  'io/strategy/index.ts': { imports: ['io', 'io/strategy'] },
  nbd: { imports: ['wait', 'event', 'io', 'io/strategy', 'layers'] },
  stack: { imports: ['wait', 'event', 'io', 'io/index.ts', 'nbd'], packages: ['valibot'] },
  'index.ts': { imports: ['wait', 'event', 'compound', 'adapters', 'sync'] },
  compare: {
    imports: [
      'wait',
      'event',
      'compound',
      'adapters',
      'rxjs',
      'sync',
      'io',
      'io/strategy',
      'io/index.ts',
      'io/strategy/index.ts',
      'layers',
      'devices',
      'threads',
    ],
    packages: ['rxjs', 'vega', 'vega-lite'],
  },
  cli: {
    imports: [
      'wait',
      'event',
      'compound',
      'adapters',
      'sync',
      'io',
      'io/strategy',
      'io/index.ts',
      'layers',
      'devices',
      'nbd',
      'stack',
      'index.ts',
      'compare',
    ],
    packages: ['commander', 'cli-progress'],
  },
};

/** These run wherever JavaScript runs, so what they take from Node is types. */
const withoutNode = ['wait', 'event', 'compound', 'adapters', 'sync', 'debug'];
/** Optional peers are loaded when used; only the adapter named for one imports it outright. */
const optionalPeers: Record<string, string> = { rxjs: 'rxjs', valibot: 'stack', vega: '', 'vega-lite': '' };

interface Import {
  readonly specifier: string;
  /** `value` runs when its file loads, `dynamic` when it is asked for, `type` never. */
  readonly kind: 'value' | 'type' | 'dynamic';
}

function importsOf(source: string): Import[] {
  const found: Import[] = [];
  const add = (specifier: ts.Node | undefined, kind: Import['kind']): void => {
    if (specifier && ts.isStringLiteralLike(specifier)) found.push({ specifier: specifier.text, kind });
  };
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node))
      add(node.moduleSpecifier, node.importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword ? 'type' : 'value');
    else if (ts.isExportDeclaration(node)) add(node.moduleSpecifier, node.isTypeOnly ? 'type' : 'value');
    else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) add(node.argument.literal, 'type');
    else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword)
      add(node.arguments[0], 'dynamic');
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile('file.ts', source, ts.ScriptTarget.Latest));
  return found;
}

/** The part that a file of lib/ belongs to: the longest name in the table that its path starts with. */
function partOf(file: string): string {
  const names = Object.keys(parts).filter((name) => file === name || file.startsWith(`${name}/`));
  return names.sort((a, b) => b.length - a.length)[0] ?? file;
}

function packageOf(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}

/** Why this import is not allowed in this file, or null. */
function objection(file: string, { specifier, kind }: Import): string | null {
  const part = partOf(file);
  const allowed = parts[part];
  if (!allowed) return `${file} is in no part of the table`;
  if (specifier.startsWith('.')) {
    const target = partOf(normalize(join(dirname(file), specifier)).replace(/\.js$/, '.ts'));
    return target === part || allowed.imports.includes(target) ? null : `${part} does not import ${target}`;
  }
  if (specifier.startsWith('node:') || builtinModules.includes(specifier)) {
    return withoutNode.includes(part) && kind !== 'type' ? `${part} takes only types from Node` : null;
  }
  const name = packageOf(specifier);
  if (!allowed.packages?.includes(name)) return `${part} does not import the package ${name}`;
  if (name in optionalPeers && optionalPeers[name] !== part && kind === 'value')
    return `${part} loads the optional ${name} only when it is used`;
  return null;
}

/** One cycle of files that load each other, as a path, or null. */
function cycleIn(graph: ReadonlyMap<string, readonly string[]>): string[] | null {
  const finished = new Set<string>();
  const walk = (file: string, path: string[]): string[] | null => {
    if (path.includes(file)) return [...path.slice(path.indexOf(file)), file];
    if (finished.has(file)) return null;
    for (const next of graph.get(file) ?? []) {
      const cycle = walk(next, [...path, file]);
      if (cycle) return cycle;
    }
    finished.add(file);
    return null;
  };
  for (const file of graph.keys()) {
    const cycle = walk(file, []);
    if (cycle) return cycle;
  }
  return null;
}

const lib = fileURLToPath(new URL('../lib', import.meta.url));
const files = (existsSync(lib) ? readdirSync(lib, { recursive: true, encoding: 'utf8' }) : [])
  .map((file) => file.replaceAll('\\', '/'))
  .filter((file) => file.endsWith('.ts'))
  .sort();
const imports = new Map(files.map((file) => [file, importsOf(readFileSync(join(lib, file), 'utf8'))]));

describe('the imports of lib', () => {
  it('are read from every file', () => {
    expect(files.length).to.be.greaterThan(0);
    expect([...imports.values()].flat().length).to.be.greaterThan(0);
  });

  it('run downwards only, and take from outside only what their part may', () => {
    const objections = [...imports].flatMap(([file, list]) =>
      list.flatMap((one) => {
        const why = objection(file, one);
        return why === null ? [] : [`${file} imports ${one.specifier}: ${why}`];
      }),
    );
    expect(objections).to.deep.equal([]);
  });

  it('name the file they mean', () => {
    const dangling = [...imports].flatMap(([file, list]) =>
      list
        .filter(({ specifier }) => specifier.startsWith('.'))
        .filter(({ specifier }) => !imports.has(normalize(join(dirname(file), specifier)).replace(/\.js$/, '.ts')))
        .map(({ specifier }) => `${file} imports ${specifier}`),
    );
    expect(dangling).to.deep.equal([]);
  });

  it('make no cycle', () => {
    const graph = new Map(
      [...imports].map(([file, list]) => [
        file,
        list
          .filter(({ specifier, kind }) => kind === 'value' && specifier.startsWith('.'))
          .map(({ specifier }) => normalize(join(dirname(file), specifier)).replace(/\.js$/, '.ts')),
      ]),
    );
    expect(cycleIn(graph)).to.equal(null);
  });
});

describe('the import rule itself', () => {
  const reading: [source: string, ...found: string[]][] = [
    [`import { a } from './a.js';`, 'value ./a.js'],
    [`import './a.js';`, 'value ./a.js'],
    [`import type { A } from './a.js';`, 'type ./a.js'],
    [`import { type A } from './a.js';`, 'value ./a.js'],
    [`export * from './a.js';`, 'value ./a.js'],
    [`export type { A } from './a.js';`, 'type ./a.js'],
    [`let a: import('./a.js').A;`, 'type ./a.js'],
    [`function f() { return import('./a.js'); }`, 'dynamic ./a.js'],
    [`// import './a.js';`],
  ];
  for (const [source, ...found] of reading) {
    it(`reads ${source}`, () => {
      expect(importsOf(source).map(({ specifier, kind }) => `${kind} ${specifier}`)).to.deep.equal(found);
    });
  }

  const judged: [file: string, specifier: string, kind: Import['kind'], allowed: boolean][] = [
    ['wait/queue.ts', './entry.js', 'value', true],
    ['wait/queue.ts', '../event/completion.js', 'type', false],
    ['wait/queue.ts', 'node:events', 'type', true],
    ['adapters/from-emitter.ts', 'node:events', 'value', false],
    ['adapters/from-emitter.ts', '../wait/queue.js', 'value', true],
    ['event/waitable.ts', '../adapters/from-promise.js', 'value', false],
    ['event/completion.ts', 'rxjs', 'type', false],
    ['rxjs/in.ts', 'rxjs/operators', 'value', true],
    ['io/request.ts', './strategy/clone.js', 'value', false],
    ['io/strategy/clone.ts', '../request.js', 'value', true],
    ['io/strategy/clone.ts', '../index.js', 'value', false],
    ['io/index.ts', '../layers/mirror.js', 'value', true],
    ['io/strategy/index.ts', '../submit.js', 'value', true],
    ['compare/rivals/bio-chain.ts', '../../io/strategy/index.js', 'value', true],
    ['layers/mirror.ts', '../devices/memory.js', 'type', false],
    ['devices/file.ts', 'node:fs', 'value', true],
    ['devices/file.ts', 'commander', 'value', false],
    ['compare/chart.ts', 'vega', 'dynamic', true],
    ['compare/chart.ts', 'vega', 'value', false],
    ['compare/run.ts', '../cli/main.js', 'value', false],
    ['cli/main.ts', 'commander', 'value', true],
    ['index.ts', './sync/mutex.js', 'value', true],
    ['index.ts', './io/index.js', 'value', false],
    ['stray/file.ts', './other.js', 'value', false],
  ];
  for (const [file, specifier, kind, allowed] of judged) {
    it(`${allowed ? 'allows' : 'refuses'} the ${kind} import of ${specifier} in ${file}`, () => {
      expect(objection(file, { specifier, kind }) === null).to.equal(allowed);
    });
  }

  it('finds a cycle', () => {
    const graph = new Map([
      ['a', ['b']],
      ['b', ['c', 'd']],
      ['c', []],
      ['d', ['b']],
    ]);
    expect(cycleIn(graph)).to.deep.equal(['b', 'd', 'b']);
  });
});
