/** Builds lib/ into a clean dist/, as the package ships it: declarations by tsc, JavaScript in bundles. */
import { spawnSync } from 'node:child_process';
import { chmodSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { bundle } from './bundle.js';

const bin = 'dist/cli/main.js';

rmSync('dist', { recursive: true, force: true });
const compiled = spawnSync(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json'], {
  stdio: 'inherit',
});
if (compiled.status !== 0) process.exit(compiled.status ?? 1);
await bundle('dist');
chmodSync(bin, 0o755);
declareDisposal();

/** A consumer's default `lib` lacks `Symbol.dispose`, so each declaration that uses it asks for the lib that has it. */
function declareDisposal(): void {
  for (const name of readdirSync('dist', { recursive: true, encoding: 'utf8' })) {
    if (!name.endsWith('.d.ts')) continue;
    const path = `dist/${name}`;
    const text = readFileSync(path, 'utf8');
    if (/\b(Symbol\.(asyncDispose|dispose)|(Async)?Disposable)\b/.test(text))
      writeFileSync(path, `/// <reference lib="esnext.disposable" />\n${text}`);
  }
}
