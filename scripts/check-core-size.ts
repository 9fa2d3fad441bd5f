/** Bundles the core (lib/wait and lib/event) and fails when it outgrows its limit. */
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

const limit = 10_240;

const { outputFiles } = await build({
  stdin: { contents: `export * from './lib/wait/index.ts'; export * from './lib/event/index.ts';`, resolveDir: '.' },
  bundle: true,
  minify: true,
  format: 'esm',
  platform: 'neutral',
  target: 'es2022',
  write: false,
});
const bytes = outputFiles.reduce((sum, file) => sum + gzipSync(file.contents, { level: 9 }).length, 0);

console.log(`core (wait + event): ${bytes} bytes minified and gzipped, limit ${limit}`);
if (bytes >= limit) process.exitCode = 1;
