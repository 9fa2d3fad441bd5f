/**
 * Installs a packed tarball into an empty project and uses it there as a stranger would: every entry point from plain
 * JavaScript and from TypeScript with the default libs and without the types of Node, and the command.
 */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';

interface Manifest {
  name: string;
  version: string;
  bin: Record<string, string>;
  exports: Record<string, unknown>;
}

const [tarball] = process.argv.slice(2).map((path) => resolve(path));
if (tarball === undefined) throw new TypeError('name the tarball');

const root = process.cwd();
const manifest = JSON.parse(readFileSync('package.json', 'utf8')) as Manifest;
const entryPoints = Object.keys(manifest.exports)
  .filter((key) => key !== './package.json')
  .map((key) => manifest.name + key.slice(1));
/** The entry points that need an optional peer, which an install leaves out. */
const needsPeer = (entryPoint: string): boolean => /\/(rxjs|stack)$/.test(entryPoint);

const project = mkdtempSync(join(tmpdir(), 'wakechain-consumer-'));
process.once('exit', () => rmSync(project, { recursive: true, force: true }));

install(tarball);
// First with no optional peer present: only its own adapter may need it.
importFromJavaScript(entryPoints.filter((entryPoint) => !needsPeer(entryPoint)));
addPeers();
importFromJavaScript(entryPoints.filter(needsPeer));
compileFromTypeScript();
runCommands();
console.log(`installed and used: ${entryPoints.join(', ')}, ${Object.keys(manifest.bin).join(', ')}`);

/** When the registry does not answer, unpacks the tarball beside the dependencies that are installed here. */
function install(tarball: string): void {
  writeFileSync(join(project, 'package.json'), JSON.stringify({ name: 'consumer', private: true, type: 'module' }));
  const options = ['--prefer-offline', '--fetch-retries=0', '--omit=peer', '--no-audit', '--no-fund'];
  try {
    execFileSync('npm', ['install', ...options, tarball], { cwd: project, stdio: 'ignore', timeout: 120_000 });
  } catch {
    console.log('npm install found no registry: unpacking by hand');
    const home = join(project, 'node_modules', manifest.name);
    mkdirSync(home, { recursive: true });
    execFileSync('tar', ['-xzf', tarball, '-C', home, '--strip-components=1']);
    for (const path of dependencies()) cpSync(join(root, path), join(project, path), { recursive: true });
  }
}

/** Folders of the run-time dependencies and of theirs, relative to the root. */
function dependencies(): string[] {
  const listed = execFileSync('npm', ['ls', '--omit=dev', '--omit=peer', '--all', '--parseable'], { encoding: 'utf8' });
  return listed
    .trim()
    .split('\n')
    .map((path) => relative(root, path))
    .filter((path) => path !== '');
}

function addPeers(): void {
  for (const folder of ['node_modules/rxjs', 'node_modules/tslib', 'node_modules/valibot'])
    cpSync(join(root, folder), join(project, folder), { recursive: true });
}

function importFromJavaScript(names: string[]): void {
  const lines = names.flatMap((name, index) => [
    `import * as m${index} from '${name}';`,
    `if (Object.keys(m${index}).length === 0) throw new Error('${name} exports nothing');`,
  ]);
  writeFileSync(join(project, 'use.js'), lines.join('\n'));
  execFileSync(process.execPath, ['use.js'], { cwd: project, stdio: 'inherit' });
}

function compileFromTypeScript(): void {
  const lines = entryPoints.map((name, index) => `export * as m${index} from '${name}';`);
  writeFileSync(join(project, 'use.ts'), lines.join('\n'));
  const compilerOptions = { strict: true, module: 'nodenext', target: 'es2022', types: [], noEmit: true };
  writeFileSync(join(project, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['use.ts'] }));
  const tsc = join(root, 'node_modules/typescript/bin/tsc');
  execFileSync(process.execPath, [tsc, '-p', project], { stdio: 'inherit' });
}

function runCommands(): void {
  for (const [name, script] of Object.entries(manifest.bin)) {
    const path = join(project, 'node_modules', manifest.name, script);
    const version = execFileSync(process.execPath, [path, '--version'], { cwd: project, encoding: 'utf8' }).trim();
    if (version !== manifest.version) throw new Error(`${name} --version says ${version}, not ${manifest.version}`);
  }
}
