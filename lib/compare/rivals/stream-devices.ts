import { pipeline, Readable, Writable, type Duplex } from 'node:stream';
import { pipeline as piped } from 'node:stream/promises';
import { counters, type IoError } from '../../io/index.js';
import { PULLED } from '../../io/io-error.js';
import type { LinearPlan, QueuePlan, StripePlan } from '../blueprint.js';
import type { Bottom } from '../bottom.js';
import { carverOf, type Part } from '../carve.js';
import { Places } from './places.js';
import { BottomReader, BottomWriter, type Span } from './stream-ends.js';

/*
 * The layers as streams of Node: a request is a pipeline, made for it. To read, the device is the source, each layer a
 * transform, and the caller's memory the end; to write, the other way round. What is carved up is a stream that draws on
 * a pipeline for each part, in order, or writes to one. Bytes flow in chunks of memory that belongs to the streams.
 *
 * It is what streams are for as long as a request succeeds. One that fails destroys its pipeline: the caller learns of
 * the first error, and not which parts came, and nothing can be tried again. Nor can one of several sources win.
 *
 * Counts: a header for each stream, a link for each pipe between two, a callback for each layer's stream that is over.
 */

/** A device: the streams that read a span of it, the source first, and those that write it, the end last. */
export interface Device {
  reads(span: Span): readonly [Readable, ...Duplex[]];
  writes(span: Span): readonly [...Duplex[], Writable];
  flush(): Promise<void>;
}

/** Errors arrive where the last of the streams is used. */
const quietly = (): void => {};

/** The last of the streams, through which all flows that the first yields. */
function opened(streams: readonly [Readable, ...Duplex[]]): Readable {
  const [source] = streams;
  counters.links += streams.length - 1;
  // Drawn on at once, so that what is carved up is under way together.
  if (streams.length > 1) return pipeline(streams, quietly) as unknown as Readable;
  source.on('error', quietly).read(0);
  return source;
}

/** Writes to the first of the streams, and ends when the last has. */
class Inlet {
  private readonly head: Writable;
  private readonly over: Promise<void>;

  constructor(streams: readonly [...Duplex[], Writable]) {
    const [head] = streams as readonly [Writable];
    counters.links += streams.length - 1;
    this.head = head.on('error', quietly);
    this.over =
      streams.length > 1
        ? piped(streams as never)
        : new Promise((resolve, reject) => void head.once('error', reject).once('finish', resolve));
    this.over.catch(quietly);
  }

  write(chunk: Uint8Array): Promise<void> {
    return new Promise((resolve, reject) => {
      this.head.write(chunk, (error) => {
        if (!(error instanceof Error)) resolve();
        else reject(error);
      });
    });
  }

  end(): Promise<void> {
    this.head.end();
    return this.over;
  }

  destroy(): void {
    this.head.destroy();
  }
}

export function bottomOf(bottom: Bottom): Device {
  return {
    reads: (span) => [new BottomReader(bottom, span)],
    writes: (span) => [new BottomWriter(bottom, span)],
    flush: () =>
      new Promise((resolve, reject) => {
        const finish = (_bytes: number, error: IoError | null): void => {
          if (error === null) resolve();
          else reject(error);
        };
        bottom.transfer({ operation: 'flush', position: 0, pages: null, offset: 0, length: 0, fua: false, finish });
      }),
  };
}

/** A layer with a stream of its own, over a span of what is below. */
export function staged(
  lower: Device,
  read: (span: Span) => Duplex,
  write: (span: Span) => Duplex,
  below: (span: Span) => Span = (span) => span,
): Device {
  return {
    reads: (span) => [...lower.reads(below(span)), read(span)],
    writes: (span) => [write(span), ...lower.writes(below(span))],
    flush: () => lower.flush(),
  };
}

export function carved(plan: StripePlan | LinearPlan, lowers: readonly Device[]): Device {
  const carve = carverOf(plan);
  const below = (part: Part, { flow }: Span): [Device, Span] => [lowers[part.index] as Device, { ...part, flow }];
  return {
    reads(span) {
      const parts = carve(span.position, span.length).map((part) => {
        const [lower, own] = below(part, span);
        return opened(lower.reads(own));
      });
      return [inOrder(parts)];
    },
    writes(span) {
      const parts = carve(span.position, span.length);
      const inlets = parts.map((part) => {
        const [lower, own] = below(part, span);
        return new Inlet(lower.writes(own));
      });
      return [spread(parts, inlets)];
    },
    async flush() {
      await Promise.all([...new Set(lowers)].map((lower) => lower.flush()));
    },
  };
}

/** What the parts yield, one behind the other, while all of them are under way. */
function inOrder(parts: readonly Readable[]): Readable {
  counters.headers++;
  return Readable.from(
    (async function* () {
      try {
        for (const part of parts) yield* part;
      } finally {
        counters.callbacks++;
        for (const part of parts) part.destroy();
      }
    })(),
    { objectMode: false },
  );
}

/** Writes each part of what comes to where it belongs. */
function spread(parts: readonly Part[], inlets: readonly Inlet[]): Writable {
  counters.headers++;
  let at = 0;
  let current = 0;
  return new Writable({
    write(chunk: Uint8Array, _encoding, callback) {
      const writes: Promise<void>[] = [];
      for (let done = 0; done < chunk.length;) {
        const { offset, length } = parts[current] as Part;
        const bytes = Math.min(offset + length - at, chunk.length - done);
        writes.push((inlets[current] as Inlet).write(chunk.subarray(done, done + bytes)));
        done += bytes;
        at += bytes;
        if (at === offset + length) current++;
      }
      settle(Promise.all(writes), callback);
    },
    final(callback) {
      settle(Promise.all(inlets.map((inlet) => inlet.end())), callback);
    },
    destroy(error, callback) {
      counters.callbacks++;
      for (const inlet of inlets) inlet.destroy();
      callback(error);
    },
  });
}

function settle(promise: Promise<unknown>, callback: (error?: Error | null) => void): void {
  promise.then(() => {
    callback();
  }, callback);
}

/**
 * A request has its place while the device is busy with it, and no longer: one that kept it until somebody has drawn the
 * bytes would wait for others that wait for it.
 */
export function queue({ depth }: QueuePlan, lower: Device): Device {
  const places = new Places<Waiting>(depth, 0);
  const inPlace = async <T>(span: Span, work: () => Promise<T>): Promise<T> => {
    await place(places, span);
    try {
      return await work();
    } finally {
      counters.callbacks++;
      places.release();
    }
  };
  return {
    reads(span) {
      counters.headers++;
      const chunks = (): Promise<Uint8Array[]> => opened(lower.reads(span)).toArray() as Promise<Uint8Array[]>;
      const source = async function* (): AsyncGenerator<Uint8Array> {
        yield* await inPlace(span, chunks);
      };
      return [Readable.from(source(), { objectMode: false })];
    },
    writes(span) {
      counters.headers++;
      const chunks: Uint8Array[] = [];
      const writeAll = async (): Promise<void> => {
        const inlet = new Inlet(lower.writes(span));
        for (const chunk of chunks) await inlet.write(chunk);
        await inlet.end();
      };
      const sink = new Writable({
        write(chunk: Uint8Array, _encoding, callback) {
          chunks.push(chunk);
          callback();
        },
        final(callback) {
          settle(inPlace(span, writeAll), callback);
        },
      });
      return [sink];
    },
    flush: () => lower.flush(),
  };
}

interface Waiting {
  readonly io: Span;
  go(): void;
}

function place(places: Places<Waiting>, io: Span): Promise<void> {
  const { signal } = io.flow.abort;
  return new Promise((resolve, reject) => {
    const waiting: Waiting = {
      io,
      go() {
        signal.removeEventListener('abort', onAbort);
        resolve();
      },
    };
    const onAbort = (): void => {
      counters.visited++;
      if (places.leave(waiting)) reject(PULLED);
    };
    if (signal.aborted) reject(PULLED);
    else {
      signal.addEventListener('abort', onAbort, { once: true });
      places.enter(waiting);
    }
  });
}
