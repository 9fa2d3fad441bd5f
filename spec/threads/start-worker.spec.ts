import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { build } from 'esbuild';

const lib = fileURLToPath(new URL('../../lib/', import.meta.url));

/** Asks for threads in each way there is, and leaves a file open where an open leaves one. */
const program = `
import { readdirSync } from 'node:fs';
import { Crypt, FileDevice, MemoryDevice, PagePool } from '${lib}io/index.ts';
const open = () => readdirSync('/proc/self/fd').length;
const before = open();
const ask = async (make) => { try { await make(); return 'made'; } catch ({ code, message }) { return [code, message]; } };
const key = crypto.getRandomValues(new Uint8Array(64));
const crypt = (threads) => new Crypt(new MemoryDevice({ size: 4096 }), { key, pool: new PagePool(), threads });
const said = [
  await ask(() => FileDevice.open(process.argv[2], { thread: true })),
  await ask(() => crypt(1)),
  await ask(() => crypt(0).close()),
];
console.log(JSON.stringify({ said, left: open() - before }));
`;

describe('startWorker', () => {
  let folder = '';
  before(() => (folder = mkdtempSync(join(tmpdir(), 'wakechain-bundle-'))));
  after(() => rmSync(folder, { recursive: true }));

  it('in a bundle, which lacks the files of threads, says so, and what to do; nothing is left open', async () => {
    const [entry, outfile] = [join(folder, 'program.ts'), join(folder, 'program.mjs')];
    writeFileSync(entry, program);
    await build({ entryPoints: [entry], outfile, bundle: true, platform: 'node', format: 'esm', logLevel: 'silent' });
    const { stdout, stderr, status } = spawnSync(process.execPath, [outfile, entry], { encoding: 'utf8' });
    expect([status, stderr]).to.deep.equal([0, '']);
    const refusal = (name: string): string[] => [
      'ERR_THREAD_FILE',
      `the file of a thread, ${name}, is not here: wakechain must stay outside of a bundle (external) for its threads`,
    ];
    expect(JSON.parse(stdout)).to.deep.equal({
      said: [refusal('#devices/file-thread'), refusal('#layers/crypt-thread'), 'made'],
      left: 0,
    });
  });

  it('is told files by name: a URL that is written out stops bundlers, which look for the file', () => {
    const files = readdirSync(lib, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));
    const written = files.filter((file) =>
      /new URL\(\s*['"`]\.{1,2}\/[\w$]/.test(readFileSync(join(lib, file), 'utf8')),
    );
    expect(written).to.deep.equal([]);
  });
});
