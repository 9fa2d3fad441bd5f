import { listen } from '../adapters/emitter-hub.js';
import { Taking } from '../sync/taking.js';
import { Takers, type AcquireOptions } from '../sync/takers.js';
import type { WaitEntry } from '../wait/entry.js';
import { ArgumentRangeError } from '../wait/errors.js';
import { overError } from './stream-closed.js';
import type { StreamLike } from './finished.js';

/** What is used of a Readable. */
export interface ReadableLike extends StreamLike {
  read(size?: number): unknown;
  unshift(chunk: never): unknown;
  readonly readableLength: number;
  readonly readableEnded: boolean;
  readonly destroyed?: boolean;
  readonly errored?: unknown;
}

/** How much is read at once, and what ends the wait. */
export interface ReadingOptions extends AcquireOptions {
  /** How many bytes, from 1 up; fewer come only at the end. Default: what is there. */
  size?: number;
}

/** When something may have come to be read, or to be told. */
const EVENTS = ['readable', 'end', 'error', 'close'] as const;

const lines = new WeakMap<object, ReadLine>();

/** Those who wait to read from one stream: one listener of each kind however many they are, none when nobody does. */
class ReadLine extends Takers {
  private readonly stream: WeakRef<ReadableLike>;
  private listening = false;
  private readonly came = (): void => {
    this.serve();
  };

  constructor(stream: ReadableLike) {
    super();
    this.stream = new WeakRef(stream);
  }

  /** @internal */
  override insert(entry: WaitEntry, flags: number, first: boolean): void {
    super.insert(entry, flags, first);
    if (!this.listening) this.listen(true);
  }

  /** @internal */
  override unlink(entry: WaitEntry): void {
    super.unlink(entry);
    if (this.head === null && this.listening) this.listen(false);
  }

  private listen(on: boolean): void {
    this.listening = on;
    const stream = this.stream.deref();
    if (stream !== undefined) for (const event of EVENTS) listen(stream, event, this.came, on);
  }
}

/**
 * What comes next from a stream, when it has come: a chunk, or `null` at the end. A branch of a compound: of a choice,
 * only the winner reads, and what was read for a compound that has no use for it goes back to the front of the stream
 * (E9). First come, first served. Fails with the stream's error, or with StateError `ERR_STREAM_CLOSED` when it closes
 * before its end. The stream is read by `read()` meanwhile: it must not flow.
 * @throws ArgumentRangeError `ERR_COUNT`, `ERR_DELAY`
 */
export function reading<T = Uint8Array>(stream: ReadableLike, options: ReadingOptions = {}): Taking<T | null> {
  const { size } = options;
  if (size !== undefined && !(Number.isSafeInteger(size) && size >= 1)) {
    throw new ArgumentRangeError('ERR_COUNT', `size must be a whole number from 1 up, got ${String(size)}`);
  }
  let line = lines.get(stream);
  if (line === undefined) lines.set(stream, (line = new ReadLine(stream)));
  const takers = line;
  return new Taking<T | null>(
    takers,
    {
      take: () => readFrom(stream, size),
      value: ({ chunk }: { chunk: T | null }) => chunk,
      giveBack: ({ chunk }: { chunk: T | null }) => {
        if (chunk === null || stream.readableEnded || stream.destroyed === true) return;
        stream.unshift(chunk as never);
        takers.serve();
      },
    },
    options,
  );
}

/** A chunk, or null at the end, in a box; null when it is to be waited for. @throws what the stream failed with */
function readFrom(stream: ReadableLike, size: number | undefined): { chunk: unknown } | null {
  const over = stream.destroyed === true || (stream.errored ?? null) !== null;
  const chunk = over ? null : stream.read(size);
  if (chunk !== null) return { chunk };
  if (stream.readableEnded) return { chunk };
  if (over) throw overError(stream, 'its end');
  return null;
}
