/**
 * The server beside nbdkit and qemu-nbd, in one interleaved run: fio and nbdcopy over Unix sockets.
 *
 *   npm run bench:nbd                     every row: about 7 minutes on two cores
 *   npm run bench:nbd -- memory crypt     rows whose name has one of these words
 *     --rounds N                          rounds of each row (default 7)
 *     --bound                             what one thread of Node can be expected to reach, instead of ours
 *     --write                             into docs/benchmarks-nbd.md as well
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { measure, type Load } from '../bench/nbd/load.js';
import { boundRows, nbdRows, noisy, type NbdRow } from '../bench/nbd/rows.js';
import { Server, SIZE } from '../bench/nbd/servers.js';
import { bootstrap, median } from '../bench/statistics.js';

const RUN_MS = 500;
const PAGE = 'docs/benchmarks-nbd.md';

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: { rounds: { type: 'string', default: '7' }, bound: { type: 'boolean' }, write: { type: 'boolean' } },
});
const rounds = Number(options.rounds);
if (!Number.isSafeInteger(rounds) || rounds < 1)
  throw new TypeError(`--rounds is a number from 1 up, got ${options.rounds}`);
const offered = options.bound === true ? boundRows : nbdRows;
const rows = offered.filter(
  (row) => positionals.length === 0 || positionals.some((word) => titleOf(row).includes(word)),
);
if (rows.length === 0)
  throw new TypeError(`No row has ${positionals.join(' or ')}; there are: ${offered.map(titleOf).join('; ')}`);
if (options.write === true && (options.bound === true || rows.length < nbdRows.length))
  throw new TypeError('--write takes every row of ours: name none');
const lacking = ['nbdkit', 'qemu-nbd', 'fio', 'nbdcopy'].filter(
  (program) => spawnSync(program, ['--version']).status !== 0,
);
if (lacking.length > 0) throw new Error(`not installed: ${lacking.join(', ')}`);

const folder = mkdtempSync(join(tmpdir(), 'wakechain-bench-nbd-'));
process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));

prepare();
let number = 0;
const lines = await linesOf(rows);
const page = pageOf(lines, options.write === true ? await linesOf(boundRows) : []);
process.stdout.write(page);
if (options.write === true) {
  writeFileSync(PAGE, page);
  execFileSync('node_modules/.bin/prettier', ['--write', '--log-level', 'warn', PAGE]);
}

async function linesOf(measured: readonly NbdRow[]): Promise<string[][]> {
  const all: string[][] = [];
  for (const [i, row] of measured.entries()) {
    process.stderr.write(`${String(i + 1)}/${String(measured.length)} ${titleOf(row)}\n`);
    all.push(await lineOf(row));
  }
  return all;
}

/** Makes the files: the same noise in each, a mirror's superblocks, and what LUKS asks for. */
function prepare(): void {
  execFileSync(process.execPath, ['--import', 'tsx', 'scripts/build-if-stale.ts'], { stdio: 'inherit' });
  const noise = randomBytes(SIZE);
  for (const name of noisy) writeFileSync(join(folder, name), noise);
  writeFileSync(join(folder, 'key'), randomBytes(64));
  const members = ['--file', join(folder, 'm0'), join(folder, 'm1')];
  execFileSync(process.execPath, ['dist/cli/main.js', 'create', ...members, '--layers', 'mirror', '--force']);
  for (const name of ['kit-luks', 'qemu-luks']) makeLuks(join(folder, name));
}

/** It times its own key derivation, and gives up where it is disturbed: then it is given longer. */
function makeLuks(path: string): void {
  let complaint = '';
  for (const iterMs of [10, 10, 100, 1000, 2000]) {
    const luks = ['-f', 'luks', '-o', `key-secret=key,iter-time=${String(iterMs)}`, path, String(SIZE)];
    const options = ['create', '-q', '--object', 'secret,id=key,data=secret', ...luks];
    const { status, stderr } = spawnSync('qemu-img', options, { encoding: 'utf8' });
    if (status === 0) return;
    complaint = stderr;
  }
  throw new Error(complaint);
}

/** Measures all contenders in turn, in another order each round. */
async function lineOf(row: NbdRow): Promise<string[]> {
  const { contenders, load, reach } = row;
  const servers: Server[] = [];
  try {
    for (const contender of contenders) servers.push(await Server.start(contender, folder, number++));
    // What superblocks and headers leave of the disk.
    const size = 'copy' in load ? SIZE : SIZE - (1 << 20);
    const took = (server: Server, ms: number): Promise<number> =>
      measure(server.uri, load, join(folder, 'source'), size, ms);
    // Memory that was never written to is not read either.
    if (row.what.includes('memory'))
      for (const { uri } of servers) await measure(uri, { copy: 'to' }, join(folder, 'source'), SIZE, 0);
    for (const server of servers) await took(server, RUN_MS);
    const figures = new Map<Server, number[]>(servers.map((server) => [server, []]));
    for (let round = 0; round < rounds; round++) {
      for (let turn = 0; turn < servers.length; turn++) {
        const server = servers[(round + turn) % servers.length] as Server;
        figures.get(server)?.push(await took(server, RUN_MS));
      }
    }
    return told(row, reach, figures);
  } finally {
    for (const server of servers) server.stop();
  }
}

function told(row: NbdRow, reach: number, figures: ReadonlyMap<Server, readonly number[]>): string[] {
  const all = [...figures].map(([{ contender }, values]) => ({ contender, values, mid: median(values) }));
  const own = all.find(({ contender }) => contender.ours);
  const [peer] = all.filter(({ contender }) => !contender.ours).sort((a, b) => b.mid - a.mid);
  if (own === undefined || peer === undefined) throw new Error('a row needs one of ours and a peer');
  const { median: ratio, low, high } = bootstrap(own.values.map((value, round) => value / (peer.values[round] ?? NaN)));
  const figure = `${ratio.toFixed(2)} (${low.toFixed(2)}–${high.toFixed(2)})`;
  return [row.what, loadText(row.load), amount(row.load, own.mid), peer.contender.name, amount(row.load, peer.mid), figure, reach.toFixed(2), ratio >= reach ? 'yes' : 'no']; // prettier-ignore
}

function tableOf(first: string, lines: readonly string[][]): string {
  const head = ['what', 'load', first, 'best peer', 'does', `${first} ÷ peer (95 %)`, 'reach', 'reached?'];
  const rule = head.map(() => '---');
  return [head, rule, ...lines].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

function boundOf(lines: readonly string[][]): string {
  return `
## What one thread can be expected to reach

nbdkit has a thread for each connection or more, and its threads wait in the system's calls; a server here is one thread of
Node, and is woken for each of them. \`npm run bench:nbd -- --bound\` measures a server that does little else than such a
thread has to: the same calls and copies (a write is copied from where it was received to where it is kept), without
checks, limits, errors, layers or other forms of reply. How far ours is behind it is what the engine costs; the ratios to
nbdkit differ by a tenth from one run to the next, more than their intervals say.

${tableOf('bare', lines)}
`;
}

function pageOf(table: readonly string[][], bound: readonly string[][]): string {
  return `# Benchmarks of the NBD server

Printed by \`npm run bench:nbd -- --write\`: Node ${process.version}, ${String(cpus().length)} cores, ${cpus()[0]?.model ?? ''},
${versionOf('nbdkit')}, ${versionOf('qemu-nbd')}, ${versionOf('fio')}.

Each row serves ${String(SIZE >> 20)} MiB over Unix sockets, ours by \`wakechain serve\`. The contenders take turns in ${String(rounds)} rounds of
${String(RUN_MS)} ms by \`fio\`, or of copies by \`nbdcopy\`, behind one that does not count; the ratio is the median of those within each round, with a bootstrap
95 % interval. More is better. nbdkit runs with its default of threads and with one, and the better of the two counts.
Files are in the page cache; ours have a thread each (\`thread\` of \`FileDevice\`), or are \`blocking\`, options for such
files. \`crypt\` is AES-256-XTS as LUKS is, in sectors of 4096 bytes where LUKS has 512, with two threads. The
mirror's peer is qemu's \`quorum\` of two.

${tableOf(options.bound === true ? 'bare' : 'ours', table)}
${bound.length > 0 ? boundOf(bound) : ''}`;
}

function titleOf({ what, load, contenders }: NbdRow): string {
  return `${what} ${loadText(load)} vs ${contenders.find(({ ours }) => !ours)?.name ?? ''}`;
}

function loadText(load: Load): string {
  if ('copy' in load) return `nbdcopy ${load.copy} it`;
  return `${load.bs} ${load.rw === 'randread' ? 'reads' : 'writes'}, depth ${String(load.depth)}`;
}

function amount(load: Load, value: number): string {
  return 'copy' in load ? `${(value / 2 ** 20).toFixed(0)} MiB/s` : `${Math.round(value).toLocaleString('en')}/s`;
}

function versionOf(program: string): string {
  const out = execFileSync(program, ['--version'], { encoding: 'utf8' });
  return `${program} ${/\d+\.\d+(\.\d+)?/.exec(out)?.[0] ?? ''}`;
}
