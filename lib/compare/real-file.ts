import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, open, rm, stat, type FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ArgumentError, StateError } from '../wait/errors.js';
import { counters, Crypt, FileDevice, IoError, PagePool, SECTOR_SIZE, Stripe } from '../io/index.js';
import type { BlockDevice, Counters, IoRequest, PageVector, Strategy } from '../io/index.js';
import type { Setting } from './experiment.js';
import { estimate, median, type Estimate } from './statistics.js';

/** What one design made of the file. Rates are medians over rounds, in bytes per second. */
export interface RealFileRow {
  readonly design: string;
  readonly bytes: number;
  readonly sha256: string;
  /** Whether what was read back had the file's own digest, in every round. */
  readonly verified: boolean;
  readonly writeRate: number;
  readonly readRate: number;
  /** Time for both ways against the first design, of the same rounds; above 1 is slower. */
  readonly ratio: Estimate;
  readonly counts: Readonly<Counters>;
}

const MEMBERS = 3;
const CHUNK = 64 * 1024;
const WRITE_SIZE = 1024 * 1024;
const READ_SIZE = 384 * 1024;
/** Requests in flight. */
const DEPTH = 4;

/**
 * The main job: the file goes through Crypt over Stripe over three files, is flushed, read back in another request size,
 * and its SHA-256 compared, once per round under each design. The backing files lie in a directory of their own under
 * the system's temporary one, and are removed however it ends.
 * @throws ArgumentError `ERR_FILE` for what is not a regular file; StateError `ERR_CHANGED` for one that becomes shorter
 *   meanwhile; the IoError of a request that failed or that the signal cancelled; the system's errors
 */
export async function runRealFile(path: string, setting: Setting): Promise<RealFileRow[]> {
  const kind = await stat(path);
  // Opening anything else may hang, as a pipe does, or never end.
  if (!kind.isFile()) {
    throw new ArgumentError('ERR_FILE', `${path} is ${kind.isDirectory() ? 'a directory' : 'not a regular file'}`);
  }
  const directory = await mkdtemp(join(tmpdir(), 'wakechain-'));
  const pool = new PagePool();
  try {
    await using source = await open(path, 'r');
    const runs: Run[][] = setting.designs.map(() => []);
    for (let round = 0; round < setting.rounds; round++) {
      for (let i = 0; i < setting.designs.length; i++) {
        const index = (i + round) % setting.designs.length;
        const strategy = setting.designs[index] as Strategy;
        (runs[index] as Run[]).push(await runOnce(source, directory, strategy, pool, setting.signal));
        setting.progress(`real file, ${strategy.name}`);
      }
    }
    return setting.designs.map((design, i) => summarize(design.name, runs[i] as Run[], runs[0] as Run[], setting.seed));
  } catch (error) {
    if (!(error instanceof IoError) || setting.signal.aborted) throw error;
    throw new IoError(error.code, { message: `${systemMessage(error)}; TMPDIR names another place`, cause: error });
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

function systemMessage({ cause, message }: IoError): string {
  const text = cause instanceof Error ? cause.message : message;
  return `${text.replace(/^[A-Z]+: /, '').replace(/, \w+$/, '')}, for the backing files in ${tmpdir()}`;
}

interface Run {
  readonly bytes: number;
  readonly sha256: string;
  readonly readBack: string;
  readonly writeMs: number;
  readonly readMs: number;
  readonly counts: Counters;
}

async function runOnce(
  source: FileHandle,
  directory: string,
  strategy: Strategy,
  pool: PagePool,
  signal: AbortSignal,
): Promise<Run> {
  const { size: bytes } = await source.stat();
  const memberSize = Math.ceil(bytes / (CHUNK * MEMBERS)) * CHUNK;
  const before = { ...counters };
  const members: FileDevice[] = [];
  try {
    for (let i = 0; i < MEMBERS; i++) {
      members.push(await FileDevice.open(join(directory, `member-${String(i)}`), { size: memberSize, strategy }));
    }
    const disk = new Crypt(new Stripe(members, { chunk: CHUNK }), { key: randomBytes(64), pool });
    const start = performance.now();
    const sha256 = await writeAll(source, bytes, disk, pool, signal);
    await disk.flush({ signal });
    const middle = performance.now();
    const readBack = await readAll(bytes, disk, pool, signal);
    const end = performance.now();
    return { bytes, sha256, readBack, writeMs: middle - start, readMs: end - middle, counts: since(before) };
  } finally {
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

function since(before: Counters): Counters {
  return {
    headers: counters.headers - before.headers,
    links: counters.links - before.links,
    callbacks: counters.callbacks - before.callbacks,
    visited: counters.visited - before.visited,
  };
}

function summarize(design: string, runs: readonly Run[], base: readonly Run[], seed: number): RealFileRow {
  const first = runs[0] as Run;
  const total = (run: Run): number => run.writeMs + run.readMs;
  return {
    design,
    bytes: first.bytes,
    sha256: first.sha256,
    verified: runs.every((run) => run.readBack === run.sha256),
    writeRate: median(runs.map((run) => (run.bytes / run.writeMs) * 1000)),
    readRate: median(runs.map((run) => (run.bytes / run.readMs) * 1000)),
    ratio: estimate(
      runs.map((run, round) => total(run) / total(base[round] as Run)),
      seed,
    ),
    counts: first.counts,
  };
}
