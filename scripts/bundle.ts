import { readFileSync } from 'node:fs';
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
  await build({
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
  });
}
