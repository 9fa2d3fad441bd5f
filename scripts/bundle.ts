import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { build } from 'esbuild';

/**
 * Writes the JavaScript of every entry point into a folder, with what they share in chunks beside them. Bundled rather
 * than compiled file by file, so that a constant of one file is a literal in the others: flags are read on every wake.
 */
export async function bundle(folder: string): Promise<void> {
  const { imports, exports, bin } = JSON.parse(readFileSync('package.json', 'utf8')) as {
    imports: Record<string, string>;
    exports: Record<string, string | { default: string }>;
    bin: Record<string, string>;
  };
  const built = [
    ...Object.values(exports).flatMap((target) => (typeof target === 'string' ? [] : [target.default])),
    ...Object.values(imports),
    ...Object.values(bin),
  ];
  const { outputFiles } = await build({
    entryPoints: built.map((path) => path.replace(/^(\.\/)?dist\//, 'lib/').replace(/\.js$/, '.ts')),
    outdir: folder,
    outbase: 'lib',
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'es2022',
    packages: 'external',
    minifySyntax: true,
    // The package carries no lib/, so the maps carry the sources.
    sourcemap: true,
    logLevel: 'warning',
    write: false,
  });
  for (const { path, text } of outputFiles) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, path.endsWith('.js') ? withOwnNames(text) : text);
  }
}

/**
 * esbuild calls a class that speaks of itself `_Name`, and so would logs and the stacks of errors. A blank for the line
 * keeps every column, for the source map.
 */
function withOwnNames(text: string): string {
  const own = new Set([...text.matchAll(/\b(\w+) = class _\1\b/g)].map((match) => match[1]));
  return text.replace(/(?<![.\w$])_(\w+)\b/g, (found, name: string) => (own.has(name) ? ` ${name}` : found));
}
