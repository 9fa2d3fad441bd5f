/**
 * Installs a packed tarball into an empty project and uses it there as a stranger would: every entry point from plain
 * JavaScript and from TypeScript with the default libs and without the types of Node, what its pages show, and the command.
 */
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join, relative, resolve } from 'node:path';

interface Manifest {
  name: string;
  version: string;
  bin: Record<string, string>;
  exports: Record<string, unknown>;
  peerDependencies: Record<string, string>;
}

const [tarball] = process.argv.slice(2).map((path) => resolve(path));
if (tarball === undefined) throw new TypeError('name the tarball');

const root = process.cwd();
const manifest = JSON.parse(readFileSync('package.json', 'utf8')) as Manifest;
const entryPoints = Object.keys(manifest.exports)
  .filter((key) => key !== './package.json')
  .map((key) => manifest.name + key.slice(1));
/** What takes sockets and keys of Node's: all else can be had without its types. */
const namesNode = (entryPoint: string): boolean => entryPoint.endsWith('/nbd');

const project = mkdtempSync(join(tmpdir(), 'wakechain-consumer-'));
process.once('exit', () => rmSync(project, { recursive: true, force: true }));

install(tarball);
// First with no optional peer present, which an install leaves out: what fails must have said that it needs one.
const needy = importFromJavaScript(entryPoints);
for (const [entryPoint, peer] of needy) {
  if (!(peer in manifest.peerDependencies)) throw new Error(`${entryPoint} cannot be imported: there is no ${peer}`);
}
addPeers();
const lacking = importFromJavaScript([...needy.keys()]);
if (lacking.size > 0) throw new Error(`with all peers: ${JSON.stringify([...lacking])}`);
compileFromTypeScript();
followLinks();
runCommands();
const peers = [...needy].map(([entryPoint, peer]) => `${entryPoint} with ${peer}`).join(', ');
console.log(`installed and used: ${entryPoints.join(', ')} (${peers}), ${Object.keys(manifest.bin).join(', ')}`);

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

/** Imports each by itself, and returns which lack a package, and which. Whatever else goes wrong is thrown. */
function importFromJavaScript(names: readonly string[]): Map<string, string> {
  writeFileSync(
    join(project, 'use.js'),
    `const lacking = [];
    for (const name of ${JSON.stringify(names)}) {
      try {
        const exported = Object.entries(await import(name));
        if (exported.length === 0) throw new Error(name + ' exports nothing');
        // Logs and stacks show the name of a class: it is to be the one that is imported.
        for (const [as, value] of exported)
          if (/^class\\b/.test(String(value)) && value.name !== as) throw new Error(as + ' calls itself ' + value.name);
      } catch (error) {
        const [, missing] = /^Cannot find package '([^']+)'/.exec(error.message) ?? [];
        if (error.code !== 'ERR_MODULE_NOT_FOUND' || missing === undefined) throw error;
        lacking.push([name, missing]);
      }
    }
    console.log(JSON.stringify(lacking));`,
  );
  const printed = execFileSync(process.execPath, ['use.js'], { cwd: project, encoding: 'utf8' });
  return new Map(JSON.parse(printed) as [string, string][]);
}

/** In a project without the types of Node, but for the entry points whose own types name Node's: those in one that has them. */
function compileFromTypeScript(): void {
  compile(
    entryPoints.filter((name) => !namesNode(name)),
    [],
  );
  for (const folder of ['node_modules/@types/node', 'node_modules/undici-types'])
    cpSync(join(root, folder), join(project, folder), { recursive: true });
  compile(entryPoints.filter(namesNode), ['node']);
  compileDocs();
}

function compile(names: readonly string[], types: readonly string[]): void {
  const lines = names.map((name, index) => `export * as m${index} from '${name}';`);
  // What declarations leave out as internal must not make them accept anything.
  const refused = `import { allOf } from '${manifest.name}';\n// @ts-expect-error a number cannot be waited for\nallOf([1]);`;
  lines.push(refused);
  writeFileSync(join(project, 'use.ts'), lines.join('\n'));
  runCompiler(['use.ts'], { module: 'nodenext', types });
}

/**
 * What the pages and examples of the package show, as a reader would compile it, with either way to find modules. The
 * specs run it against the sources, whose declarations also have what is internal.
 */
function compileDocs(): void {
  const home = join(project, 'node_modules', manifest.name);
  const files: string[] = [];
  const write = (name: string, code: string): void => {
    files.push(name);
    writeFileSync(join(project, name), code);
  };
  for (const page of pagesOf(home)) {
    const text = readFileSync(join(home, page), 'utf8');
    for (const { index, 1: code = '' } of text.matchAll(/^```ts\n([\s\S]*?)^```$/gm))
      write(`${basename(page, '.md')}-line-${text.slice(0, index).split('\n').length}.ts`, `${code}export {};\n`);
  }
  for (const name of readdirSync(join(home, 'examples')).filter((name) => name.endsWith('.ts')))
    write(name, readFileSync(join(home, 'examples', name), 'utf8'));
  runCompiler(files, { module: 'nodenext', types: ['node'] });
  runCompiler(files, { module: 'esnext', moduleResolution: 'bundler', types: ['node'] });
  console.log(`compiled: ${files.length} snippets and examples`);
}

/** Links of the pages lead to files that the package has. */
function followLinks(): void {
  const home = join(project, 'node_modules', manifest.name);
  const dangling = pagesOf(home).flatMap((page) =>
    [...readFileSync(join(home, page), 'utf8').matchAll(/\]\((?!https?:)([^)#]+)[^)]*\)/g)]
      .map(([, target = '']) => target)
      .filter((target) => !existsSync(join(home, dirname(page), target)))
      .map((target) => `${page} has a link to ${target}`),
  );
  if (dangling.length > 0) throw new Error(`the package lacks files: ${dangling.join(', ')}`);
}

function pagesOf(home: string): string[] {
  return readdirSync(home, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.md'));
}

function runCompiler(files: readonly string[], options: object): void {
  const compilerOptions = { strict: true, target: 'es2022', noEmit: true, ...options };
  writeFileSync(join(project, 'tsconfig.json'), JSON.stringify({ compilerOptions, files }));
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
