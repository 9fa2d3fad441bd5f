import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path/posix';
import ts from 'typescript';

/*
 * Which specs can be run against the published package in a browser: those that import from lib no more than the package
 * exports (and the numbers that lib has as constants), and neither modules nor globals of Node.
 */

interface Applying {
  /** The spec files that apply, relative to the root. */
  readonly files: readonly string[];
  /** Why each of the others does not. */
  readonly reasons: ReadonlyMap<string, string>;
}

/** What is bundled for the browser with the specs. */
const packages = ['chai', 'sinon', 'fast-check', 'mocha'];
/** What node-globals.ts has of `node:events`. */
const events = ['EventEmitter', 'getEventListeners'];
/** What a file must not use of Node's; node-globals.ts has what is let through. */
const globals = /\b(process\.(?!env\b|on\b|off\b)|Buffer\b|globalThis\.gc\b|require\(|hasRef\b)/;

export function applyingSpecs(root: string, folders: readonly string[], published: ReadonlySet<string>): Applying {
  const files = folders.flatMap((folder) =>
    readdirSync(`${root}/spec/${folder}`)
      .filter((name) => name.endsWith('.spec.ts'))
      .map((name) => `spec/${folder}/${name}`),
  );
  const reasons = new Map<string, string>();
  for (const file of files) {
    const why = objection(root, file, published, new Set());
    if (why !== null) reasons.set(file, why);
  }
  return { files: files.filter((file) => !reasons.has(file)), reasons };
}

/** Why a file, or one that it imports, does not apply. */
function objection(root: string, file: string, published: ReadonlySet<string>, seen: Set<string>): string | null {
  if (seen.has(file)) return null;
  seen.add(file);
  const text = readFileSync(`${root}/${file}`, 'utf8');
  const global = file.startsWith('lib/') ? null : globals.exec(text);
  if (global !== null) return `${file} uses ${global[0]} of Node`;
  for (const { specifier, names } of importsOf(text)) {
    if (!specifier.startsWith('.')) {
      const known = specifier === 'node:events' && names.every((name) => events.includes(name));
      if (!known && !packages.includes(specifier)) return `${file} imports ${specifier}`;
      continue;
    }
    const target = normalize(join(dirname(file), specifier)).replace(/\.js$/, '.ts');
    const deeper = /^lib\/(?!io\/)/.test(target)
      ? insideOf(
          target,
          names.filter((name) => !published.has(name) && !(name in constantsOf(root, target))),
        )
      : objection(root, target, published, seen);
    // lib/io is not for browsers, and a spec that takes a data structure of its own from there is bundled with it.
    if (deeper !== null) return deeper;
  }
  return null;
}

function insideOf(target: string, names: readonly string[]): string | null {
  return names.length === 0 ? null : `${names.join(', ')} of ${target}: not published`;
}

/** What a file imports to run, by where from. */
function importsOf(text: string): { specifier: string; names: string[] }[] {
  return ts.createSourceFile('file.ts', text, ts.ScriptTarget.Latest).statements.flatMap((statement) => {
    if (!ts.isImportDeclaration(statement) || !ts.isStringLiteral(statement.moduleSpecifier)) return [];
    const { importClause: clause, moduleSpecifier } = statement;
    if (clause?.phaseModifier === ts.SyntaxKind.TypeKeyword) return [];
    const bindings = clause?.namedBindings;
    const names =
      bindings === undefined ? [] : ts.isNamedImports(bindings) ? bindings.elements.filter(({ isTypeOnly }) => !isTypeOnly).map(({ propertyName, name }) => (propertyName ?? name).text) : ['*']; // prettier-ignore
    return names.length === 0 && clause !== undefined && clause.name === undefined
      ? []
      : [{ specifier: moduleSpecifier.text, names }];
  });
}

/** The numbers that a file of lib exports by name. */
export function constantsOf(root: string, file: string): Record<string, string> {
  const found = readFileSync(`${root}/${file}`, 'utf8').matchAll(
    /^export const (\w+)(?:: number)? = (-?[\dxa-f_]+);$/gm,
  );
  return Object.fromEntries([...found].map(([, name = '', value = '']) => [name, value]));
}
