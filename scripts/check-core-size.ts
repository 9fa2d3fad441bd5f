/**
 * Bundles the core (lib/wait and lib/event) and fails when it outgrows its limit. With `--files` it prints where the bytes
 * are: of each file, minified, before compression.
 */
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

const limit = 8_660;

const { outputFiles, metafile } = await build({
  stdin: { contents: `export * from './lib/wait/index.ts'; export * from './lib/event/index.ts';`, resolveDir: '.' },
  bundle: true,
  minify: true,
  metafile: true,
  format: 'esm',
  platform: 'neutral',
  target: 'es2022',
  write: false,
});
const bytes = outputFiles.reduce((sum, file) => sum + gzipSync(file.contents, { level: 9 }).length, 0);

if (process.argv.includes('--files')) {
  const files = Object.values(metafile.outputs).flatMap(({ inputs }) => Object.entries(inputs));
  files.sort(([, a], [, b]) => b.bytesInOutput - a.bytesInOutput);
  for (const [file, { bytesInOutput }] of files) {
    if (bytesInOutput > 0) console.log(`${String(bytesInOutput).padStart(6)} ${file}`);
  }
}
console.log(`core (wait + event): ${bytes} bytes minified and gzipped, limit ${limit}`);
if (bytes >= limit) process.exitCode = 1;
