/** Builds when dist/ is missing or older than what it is made of, so that `npm start` works on a fresh clone. */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';

const built = 'dist/cli/main.js';
const sources = [
  'lib',
  'package.json',
  'tsconfig.json',
  'tsconfig.build.json',
  'scripts/build.ts',
  'scripts/bundle.ts',
  ...readdirSync('lib', { recursive: true, encoding: 'utf8' }).map((name) => `lib/${name}`),
];

// A folder's own time counts too: it tells of a deleted file.
const stale = !existsSync(built) || sources.some((path) => statSync(path).mtimeMs > statSync(built).mtimeMs);
if (stale) {
  const build = spawnSync(process.execPath, ['--import', 'tsx', 'scripts/build.ts'], { stdio: 'inherit' });
  process.exit(build.status ?? 1);
}
