import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { IoError, MemoryDevice, type IoRequest, type PageVector } from '../../io/index.js';
import { UNIT, type Blueprint } from '../blueprint.js';
import { DeviceBottom } from '../bottom.js';
import { contend, type Stack, type Work } from '../contend.js';
import type { Experiment, Setting } from '../experiment.js';
import { placed, type Placed } from '../traces/layout.js';
import { readTrace } from '../traces/trace.js';

/** Requests in flight, at most. */
const DEPTH = 8;
const MEMBERS = 3;
const CHUNK = 64 * 1024;
const key = Uint8Array.from({ length: 64 }, (_, i) => i);

/** What a replay is of, and through what. */
export interface Replay {
  readonly name: string;
  readonly title: string;
  /** Where the trace is, compressed or not, in any format that `readTrace` knows. */
  readonly path: (setting: Setting) => string;
  /** The stack, over devices that have at least so many bytes together. Default: encryption, checksums, a stripe of three. */
  readonly stack?: (size: number) => Blueprint;
}

/** An experiment that replays what a program has done, as fast as each design can, in order and with 8 in flight. */
export function traceReplay({ name, title, path, stack = checkedStripe }: Replay): Experiment {
  return {
    name,
    title,
    question: 'What does each design take for what a real program asks of its files?',
    unit: 'first',
    xLabel:
      'Operations of the trace, from its start, at most so many, one after the other through the stack over memory',
    points: { quick: [100], full: [100, 700], thorough: [100, 700, 2000] },
    metrics: [],
    decides: ['time', 'headers'],
    async at(count, setting) {
      const source = path(setting);
      const all = await readTrace(source);
      const { size, operations } = placed(all.slice(0, count));
      setting.note(
        `${basename(source)} has ${String(all.length)} operations; a request is one of them, or part of a long one`,
      );
      return contend(
        count,
        setting,
        () => stack(size),
        (each) => replaying(each, operations, setting),
      );
    },
  };
}

/** A clone of a repository and its garbage collection by git. */
export const traceGit: Experiment = traceReplay({
  name: 'trace-git',
  title: 'What git does',
  path: () => recorded('git.iolog.gz'),
});

/** Rows loaded into an SQLite database, queried and vacuumed. */
export const traceSqlite: Experiment = traceReplay({
  name: 'trace-sqlite',
  title: 'What SQLite does',
  path: () => recorded('sqlite.iolog.gz'),
});

/** The trace that the caller has named, for want of one the same as `trace-git`. */
export const trace: Experiment = traceReplay({
  name: 'trace',
  title: 'A trace',
  path: (setting) => setting.trace ?? recorded('git.iolog.gz'),
});

function recorded(name: string): string {
  return join(dirname(createRequire(import.meta.url).resolve('wakechain/package.json')), 'traces', name);
}

function checkedStripe(size: number): Blueprint {
  const each = Math.ceil(size / (MEMBERS * CHUNK)) * CHUNK;
  const over = Array.from({ length: MEMBERS }, (): Blueprint => {
    return { kind: 'device', bottom: new DeviceBottom(new MemoryDevice({ size: each })) };
  });
  return { kind: 'crypt', key, over: { kind: 'checksum', over: { kind: 'stripe', chunk: CHUNK, over } } };
}

function replaying({ device, pool, rival }: Stack, operations: readonly Placed[], { note }: Setting): Work {
  const longest = operations.reduce((most, { length }) => Math.max(most, length), UNIT);
  const slots = Array.from({ length: DEPTH }, () => pool.allocate(longest));
  const begin = ({ operation, position, length }: Placed, i: number): IoRequest => {
    const pages = slots[i % DEPTH] as PageVector;
    switch (operation) {
      case 'read':
        return device.read(pages.range(0, length), { position });
      case 'write':
        return device.write(pages.range(0, length), { position });
      case 'flush':
        return device.flush();
      case 'discard':
        return device.discard(length, { position });
    }
  };
  const check = (request: IoRequest): void => {
    const { state, error, operation } = request;
    if (state === 'done' && request.value === request.length) return;
    if (!(error instanceof IoError) || error.code !== 'EOPNOTSUPP') {
      throw new Error(`${rival.name} has not carried out a ${operation} of the trace`, { cause: error });
    }
    note(`${rival.name} does not do ${operation}: it has answered so, and gone on`);
  };
  /** Goes on from an operation, whose request is under way. */
  const inWindow = async (from: number, first: IoRequest, left: number): Promise<void> => {
    const requests: (IoRequest | undefined)[] = [];
    requests[from % DEPTH] = first;
    for (let i = from + 1; i < operations.length * left + DEPTH; i++) {
      const oldest = requests[i % DEPTH];
      if (oldest !== undefined && !oldest.settled) await ended(oldest);
      if (oldest !== undefined) check(oldest);
      requests[i % DEPTH] =
        i < operations.length * left ? begin(operations[i % operations.length] as Placed, i) : undefined;
    }
  };
  return {
    run(times) {
      for (let i = 0; i < operations.length * times; i++) {
        const request = begin(operations[i % operations.length] as Placed, i);
        if (!request.settled) return inWindow(i, request, times);
        check(request);
      }
      return undefined;
    },
  };
}

function ended(request: IoRequest): Promise<void> {
  return new Promise((resolve) => {
    request.notify(() => {
      resolve();
    });
  });
}
