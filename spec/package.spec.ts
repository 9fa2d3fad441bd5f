import { readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import ts from 'typescript';

/** Files of lib/ that run code and yet have no spec named for them, each with the reason. */
const withoutOwnSpec: Record<string, string> = {
  'devices/file-thread.ts': 'what runs in the thread that spec/devices/transfer-thread.spec.ts asks',
  'layers/crypt-thread.ts': 'what runs in the threads that spec/layers/crypt-threads.spec.ts asks',
  'threads/serve-tasks.ts': 'the other side of spec/threads/work-thread.spec.ts',
  'nbd/ability.ts': 'what a server allows: spec/nbd/nbd-device.spec.ts asks servers',
  'nbd/admission.ts': 'what is refused: spec/nbd/session.spec.ts has a case for each reason',
  'nbd/answers.ts': 'spec/nbd/session.spec.ts reads what it writes, byte for byte',
  'nbd/ask.ts': 'spec/nbd/client-session.spec.ts has servers that lie to it',
  'nbd/carving.ts': 'spec/nbd/nbd-device.spec.ts counts what a server is asked',
  'nbd/client-haggling.ts': 'spec/nbd/nbd-device.spec.ts and server-tls.spec.ts go through it with real servers',
  'nbd/client-tls.ts': 'the other side of spec/nbd/server-tls.spec.ts',
  'nbd/line.ts': 'spec/nbd/nbd-device.spec.ts takes servers away from it',
  'nbd/link.ts': 'the socket under spec/nbd/nbd-device.spec.ts',
  'nbd/reading.ts': 'spec/nbd/connection.spec.ts does the same in both ways',
};

const mostLines = 320;

const root = fileURLToPath(new URL('..', import.meta.url));
const filesIn = (folder: string): string[] =>
  readdirSync(`${root}/${folder}`, { recursive: true, encoding: 'utf8' })
    .map((file) => file.replaceAll('\\', '/'))
    .filter((file) => file.endsWith('.ts'))
    .sort();

const lib = filesIn('lib');
const textOf = (file: string): string => readFileSync(`${root}/lib/${file}`, 'utf8');

/** Whether nothing is left of a file once its types are erased, so that there is nothing to run a spec on. */
const isTypesOnly = (file: string): boolean => {
  const options: ts.CompilerOptions = {
    module: ts.ModuleKind.ESNext,
    verbatimModuleSyntax: true,
    removeComments: true,
  };
  return ts.transpile(textOf(file), options).trim() === 'export {};';
};

/** What a file of lib declares with a doc comment. */
const documented = (file: string): Set<string> =>
  new Set(
    [
      ...textOf(file).matchAll(
        /\*\/\nexport (?:declare |abstract |async )*(?:class|const|function\*?|interface|type|let) (\w+)/g,
      ),
    ].map(([, name = '']) => name),
  );

describe('the package', function () {
  // It reads and compiles every file, on machines that are busy too.
  this.timeout(60_000);

  it('has files to look at', () => {
    expect(lib.length).to.be.greaterThan(0);
  });

  it(`has no file in lib longer than ${mostLines} lines`, () => {
    const long = lib
      .map((file) => ({ file, lines: textOf(file).trimEnd().split('\n').length }))
      .filter(({ lines }) => lines > mostLines)
      .map(({ file, lines }) => `${file}: ${lines}`);
    expect(long).to.deep.equal([]);
  });

  it('exports faces of lib, each with its types, and every one is looked at by knip', () => {
    const { exports } = JSON.parse(readFileSync(`${root}/package.json`, 'utf8')) as {
      exports: Record<string, string | { types: string; default: string }>;
    };
    const { entry } = JSON.parse(readFileSync(`${root}/knip.json`, 'utf8')) as { entry: string[] };
    const looked = entry.flatMap((pattern) => {
      const [, before = '', names, after = ''] = /^(.*)\{(.*)\}(.*)$/.exec(pattern) ?? [];
      return names === undefined ? [pattern] : names.split(',').map((name) => `${before}${name}${after}`);
    });
    const faces = Object.values(exports).flatMap((target) => (typeof target === 'string' ? [] : [target]));
    expect(faces.length).to.be.greaterThan(0);
    for (const { types, default: script } of faces) {
      expect(types).to.equal(script.replace(/\.js$/, '.d.ts'));
      const source = script.replace('./dist/', '').replace(/\.js$/, '.ts');
      expect(lib).to.include(source);
      expect(looked).to.include(`lib/${source}`);
    }
  });

  it('says of everything that it exports what it is', () => {
    const silent: string[] = [];
    let exported = 0;
    for (const face of lib.filter((file) => basename(file) === 'index.ts')) {
      for (const [, names = '', from = ''] of textOf(face).matchAll(/^export (?:type )?\{([^}]*)\} from '(.*)';$/gm)) {
        const file = join(dirname(face), from.replace(/\.js$/, '.ts'));
        if (basename(file) === 'index.ts') continue;
        for (const name of names.split(',').map((part) => part.replace(/\btype\b| as \w+/g, '').trim())) {
          if (name === '') continue;
          exported++;
          if (!documented(file).has(name)) silent.push(`${file}: ${name}`);
        }
      }
    }
    expect(exported).to.be.greaterThan(300);
    expect(silent).to.deep.equal([]);
  });

  it('has a spec named for every file in lib', () => {
    const specs = new Set(filesIn('spec').map((file) => basename(file, '.spec.ts')));
    const missing = lib
      .filter((file) => basename(file) !== 'index.ts' && !(file in withoutOwnSpec))
      .filter((file) => !specs.has(basename(file, '.ts')) && !isTypesOnly(file));
    expect(missing).to.deep.equal([]);
  });

  it('leaves out of the coverage the files that hold only types, and no other', () => {
    const { exclude } = JSON.parse(readFileSync(`${root}/.c8rc.json`, 'utf8')) as { exclude: string[] };
    expect(exclude).to.have.members(lib.filter(isTypesOnly).map((file) => `lib/${file}`));
  });

  it('has every file that is excused from a spec of its own', () => {
    expect(Object.keys(withoutOwnSpec).filter((file) => !lib.includes(file))).to.deep.equal([]);
  });
});
