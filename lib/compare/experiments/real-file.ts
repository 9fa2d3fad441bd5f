import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, open, rm, stat, type FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ArgumentError, StateError } from '../../wait/errors.js';
import { counters, FileDevice, IoError, PagePool, SECTOR_SIZE } from '../../io/index.js';
import type { BlockDevice, Counters, IoRequest, PageVector } from '../../io/index.js';
import type { Blueprint } from '../blueprint.js';
import { DeviceBottom } from '../bottom.js';
import type { Experiment, Figure, Row, Setting } from '../experiment.js';
import { timed } from '../meter.js';
import { leastRounds } from '../plan.js';
import { isCannot, type Rival } from '../rival.js';
import { edge } from '../rivals/edge.js';

const MEMBERS = 3;
const CHUNK = 64 * 1024;
const WRITE_SIZE = 1024 * 1024;
const READ_SIZE = 384 * 1024;
/** Requests in flight. */
const DEPTH = 4;

/**
 * The main job: the file goes through encryption and checksums over a stripe over three files, is flushed, read back in another request
 * size, and its SHA-256 compared, once per round under each design. The backing files lie in a directory of their own
 * under the system's temporary one, and are removed however it ends.
 *
 * `at` throws ArgumentError `ERR_FILE` for what is not a regular file; StateError `ERR_CHANGED` for one that becomes
 * shorter meanwhile, `ERR_MISMATCH` when what was read back is not what was written; the IoError of a request that failed
 * or that the signal cancelled; the system's errors.
 */
export const realFile: Experiment = {
  name: 'real-file',
  title: 'A real file',
  question:
    'How fast does a real file go through encryption and checksums over a stripe over three files, and back, and on how much CPU?',
  unit: 'inflight',
  xLabel: 'Requests in flight',
  points: { quick: [DEPTH], full: [DEPTH], thorough: [DEPTH] },
  metrics: [
    { name: 'write', unit: 'B/s', better: 'more', kind: 'timed', meaning: 'bytes written and flushed per second' },
    { name: 'read', unit: 'B/s', better: 'more', kind: 'timed', meaning: 'bytes read back per second' },
    { name: 'both', unit: 'ns', better: 'less', kind: 'timed', meaning: 'time for both ways' },
    {
      name: 'cpu',
      unit: 'ns',
      better: 'less',
      kind: 'timed',
      meaning: 'CPU for both ways, of all threads of the process, user and system',
    },
  ],
  decides: ['both', 'cpu'],
  passes: 1,
  async at(x, setting) {
    const { file, signal } = setting;
    const kind = await stat(file);
    // Opening anything else may hang, as a pipe does, or never end.
    if (!kind.isFile()) {
      throw new ArgumentError('ERR_FILE', `${file} is ${kind.isDirectory() ? 'a directory' : 'not a regular file'}`);
    }
    const directory = await mkdtemp(join(tmpdir(), 'wakechain-'));
    try {
      await using source = await open(file, 'r');
      return await inRounds(x, source, directory, setting);
    } catch (error) {
      if (!(error instanceof IoError) || signal.aborted) throw error;
      throw new IoError(error.code, { message: `${systemMessage(error)}; TMPDIR names another place`, cause: error });
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  },
};

function systemMessage({ cause, message }: IoError): string {
  const text = cause instanceof Error ? cause.message : message;
  return `${text.replace(/^[A-Z]+: /, '').replace(/, \w+$/, '')}, for the backing files in ${tmpdir()}`;
}

interface Run {
  readonly bytes: number;
  readonly sha256: string;
  readonly writeMs: number;
  readonly readMs: number;
  readonly cpuUs: number;
  readonly counts: Readonly<Record<string, number>>;
}

/** Rows of all designs but the edge, which stores nothing. */
async function inRounds(x: number, source: FileHandle, directory: string, setting: Setting): Promise<Row[]> {
  const { plan, seed, signal, file, baton, note, progress } = setting;
  const rivals = setting.rivals.filter((rival) => rival !== edge);
  const runs = new Map<Rival, Run[]>();
  const cannot = new Map<Rival, string>();
  for (let round = 0; round < plan.fileRounds; round++) {
    if (round > 0 && (await baton.pass()) && round >= leastRounds(plan)) break;
    for (let i = 0; i < rivals.length; i++) {
      const rival = rivals[(i + round) % rivals.length] as Rival;
      if (cannot.has(rival)) continue;
      signal.throwIfAborted();
      const run = await runOnce(source, directory, rival, signal);
      if ('cannot' in run) cannot.set(rival, run.cannot);
      else runs.set(rival, [...(runs.get(rival) ?? []), run]);
      progress((round * rivals.length + i + 1) / (plan.fileRounds * rivals.length));
    }
  }
  const base = rivals.map((rival) => runs.get(rival)).find((each) => each !== undefined) ?? [];
  const [first] = base;
  if (first !== undefined)
    note(`${file}, ${String(first.bytes)} bytes, came back under each design; SHA-256 ${first.sha256}`);
  return rivals.map((rival) => ({
    design: rival.name,
    x,
    cannot: cannot.get(rival) ?? null,
    figures: figuresOf(runs.get(rival) ?? [], base, seed),
  }));
}

function figuresOf(runs: readonly Run[], base: readonly Run[], seed: number): Record<string, Figure> {
  const [first] = runs;
  if (first === undefined) return {};
  const figures: Record<string, Figure> = {};
  for (const [name, value] of Object.entries(first.counts)) figures[name] = { value };
  const rates: Record<string, (run: Run) => number> = {
    write: ({ bytes, writeMs }) => (bytes / writeMs) * 1000,
    read: ({ bytes, readMs }) => (bytes / readMs) * 1000,
    both: ({ writeMs, readMs }) => (writeMs + readMs) * 1e6,
    cpu: ({ cpuUs }) => cpuUs * 1e3,
  };
  for (const [name, rate] of Object.entries(rates)) figures[name] = timed(runs.map(rate), base.map(rate), seed);
  return figures;
}

async function runOnce(
  source: FileHandle,
  directory: string,
  rival: Rival,
  signal: AbortSignal,
): Promise<Run | { readonly cannot: string }> {
  const { size: bytes } = await source.stat();
  const size = Math.ceil(bytes / (CHUNK * MEMBERS)) * CHUNK;
  const before = { ...counters };
  const pool = new PagePool();
  const members: FileDevice[] = [];
  let disk: BlockDevice | undefined;
  try {
    for (let i = 0; i < MEMBERS; i++) {
      members.push(await FileDevice.open(join(directory, `member-${String(i)}`), { size }));
    }
    const over = members.map((member): Blueprint => ({ kind: 'device', bottom: new DeviceBottom(member) }));
    const stripe: Blueprint = { kind: 'stripe', chunk: CHUNK, over };
    const built = await rival.build(
      { kind: 'crypt', key: randomBytes(64), over: { kind: 'checksum', over: stripe } },
      { pool },
    );
    if (isCannot(built)) return built;
    disk = built;
    const cpu = process.cpuUsage();
    const start = performance.now();
    const sha256 = await writeAll(source, bytes, disk, pool, signal);
    await disk.flush({ signal });
    const middle = performance.now();
    const readBack = await readAll(bytes, disk, pool, signal);
    const end = performance.now();
    const { user, system } = process.cpuUsage(cpu);
    if (readBack !== sha256) {
      throw new StateError(
        'ERR_MISMATCH',
        `Under ${rival.name} the file read back differs from the one written, ${sha256}`,
      );
    }
    return {
      bytes,
      sha256,
      writeMs: middle - start,
      readMs: end - middle,
      cpuUs: user + system,
      counts: since(before),
    };
  } finally {
    await disk?.drain();
    for (const member of members) await member.close();
  }
}

/** Writes the file, padded to whole sectors, with `DEPTH` requests in flight. Returns its digest. */
async function writeAll(
  source: FileHandle,
  bytes: number,
  disk: BlockDevice,
  pool: PagePool,
  signal: AbortSignal,
): Promise<string> {
  const hash = createHash('sha256');
  await inWindow(disk, pool, WRITE_SIZE, Math.ceil(bytes / WRITE_SIZE), {
    async prepare(pages, i) {
      const position = i * WRITE_SIZE;
      const length = Math.min(WRITE_SIZE, bytes - position);
      const data = wholeOf(pages);
      await fill(source, data.subarray(0, length), position);
      hash.update(data.subarray(0, length));
      data.fill(0, length, paddedLength(length));
    },
    start(pages, i) {
      const position = i * WRITE_SIZE;
      return disk.write(pages.range(0, paddedLength(Math.min(WRITE_SIZE, bytes - position))), { position, signal });
    },
  });
  return hash.digest('hex');
}

/** Reads the file back in requests of another size. Returns the digest of its true length. */
async function readAll(bytes: number, disk: BlockDevice, pool: PagePool, signal: AbortSignal): Promise<string> {
  const hash = createHash('sha256');
  await inWindow(disk, pool, READ_SIZE, Math.ceil(bytes / READ_SIZE), {
    start(pages, i) {
      const position = i * READ_SIZE;
      return disk.read(pages.range(0, paddedLength(Math.min(READ_SIZE, bytes - position))), { position, signal });
    },
    ended(pages, i) {
      hash.update(wholeOf(pages).subarray(0, Math.min(READ_SIZE, bytes - i * READ_SIZE)));
    },
  });
  return hash.digest('hex');
}

interface Window {
  /** Makes the pages ready. */
  prepare?(pages: PageVector, i: number): Promise<void>;
  start(pages: PageVector, i: number): IoRequest;
  ended?(pages: PageVector, i: number): void;
}

/**
 * Keeps up to `DEPTH` requests in flight, each with its own pages, and takes them in order. However it ends, nothing is
 * in flight afterwards.
 */
async function inWindow(disk: BlockDevice, pool: PagePool, size: number, count: number, work: Window): Promise<void> {
  const slots = Array.from({ length: Math.min(DEPTH, count) }, () => pool.allocate(size));
  const requests: IoRequest[] = [];
  try {
    for (let i = 0; i < count + slots.length; i++) {
      const pages = slots[i % slots.length] as PageVector;
      const oldest = requests[i - slots.length];
      if (oldest !== undefined) {
        await oldest;
        work.ended?.(pages, i - slots.length);
      }
      if (i < count) {
        await work.prepare?.(pages, i);
        requests.push(work.start(pages, i));
      }
    }
  } finally {
    for (const request of requests.slice(-slots.length)) request.cancel();
    await disk.drain();
    for (const pages of slots) pages.free();
  }
}

function wholeOf(pages: PageVector): Uint8Array {
  return pages.view() ?? pages.bytes();
}

function paddedLength(length: number): number {
  return Math.ceil(length / SECTOR_SIZE) * SECTOR_SIZE;
}

async function fill(source: FileHandle, into: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < into.length;) {
    const { bytesRead } = await source.read(into, done, into.length - done, position + done);
    if (bytesRead === 0) {
      throw new StateError('ERR_CHANGED', `The file became shorter while it was read, at ${String(position + done)}`);
    }
    done += bytesRead;
  }
}

function since(before: Counters): Record<string, number> {
  const found: Record<string, number> = {};
  for (const name of Object.keys(before) as (keyof Counters)[]) found[name] = counters[name] - before[name];
  return found;
}
