import { setImmediate } from 'node:timers';
import { PassThrough, Readable, Writable } from 'node:stream';
import { counters, type IoError, type PagePool, type PageVector } from '../../io/index.js';
import { PULLED } from '../../io/io-error.js';
import type { When } from '../blueprint.js';
import type { Bottom } from '../bottom.js';
import { copies } from '../copies.js';
import type { Abort } from './context.js';

/** Bytes that flow as one: what Node's own file streams use. */
export const CHUNK: number = 64 * 1024;

export type Callback = (error?: Error | null) => void;

/** What the streams of one request share. */
export class Flow {
  readonly abort: Abort;
  readonly pool: PagePool;
  /** The first error in time of a device. */
  failure: IoError | null = null;
  /** Transfers that devices are busy with: the request has not ended before them, whatever its streams say (I5). */
  private pending = 0;
  private over = false;
  private readonly memory: PageVector[] = [];
  /** Called when nothing is in flight any more, once the streams have ended. */
  private quiet: (() => void) | null = null;
  /** What layers do when all is over: told whether it has succeeded. */
  readonly ends: ((succeeded: boolean) => void)[] = [];

  constructor(abort: Abort, pool: PagePool) {
    this.abort = abort;
    this.pool = pool;
  }

  /**
   * Memory until the request has ended: chunks of it may be anywhere until then.
   * @throws IoError `ENOMEM`, or `ECANCELED` for a stream that has missed the end
   */
  allocate(bytes: number): PageVector {
    if (this.over) throw PULLED;
    const pages = this.pool.allocate(bytes);
    this.memory.push(pages);
    return pages;
  }

  /** One transfer of memory that lies in one piece. */
  transfer(
    bottom: Bottom,
    operation: 'read' | 'write',
    position: number,
    pages: PageVector,
    length: number,
    callback: (error: IoError | null, bytes: number) => void,
  ): void {
    // prettier-ignore
    this.pending++;
    const finish = (bytes: number, error: IoError | null): void => {
      this.pending--;
      this.failure ??= error;
      callback(error, bytes);
      this.look();
    };
    bottom.transfer({ operation, position, pages, offset: 0, length, fua: false, finish });
  }

  /** The streams have ended; `end` is called when the devices have as well. */
  ended(succeeded: boolean, end: () => void): void {
    this.quiet = () => {
      this.over = true;
      for (const each of this.ends) each(succeeded);
      for (const pages of this.memory) pages.free();
      end();
    };
    this.look();
  }

  private look(): void {
    const { quiet } = this;
    if (this.pending > 0 || quiet === null) return;
    this.quiet = null;
    quiet();
  }
}

/** Bytes of a device, from a position on. */
export interface Span {
  readonly position: number;
  readonly length: number;
  readonly flow: Flow;
}

/** A stream has been made for a layer, a device or the caller. */
export function made(): void {
  counters.headers++;
}

/** A layer's stream is over. */
export function told(): void {
  counters.callbacks++;
}

/** What a device holds. */
export class BottomReader extends Readable {
  private readonly bottom: Bottom;
  private readonly span: Span;
  private done = 0;

  constructor(bottom: Bottom, span: Span) {
    super({ highWaterMark: CHUNK });
    made();
    this.bottom = bottom;
    this.span = span;
  }

  override _read(): void {
    const { position, length, flow } = this.span;
    const bytes = Math.min(CHUNK, length - this.done);
    if (bytes === 0) {
      this.push(null);
      return;
    }
    let pages: PageVector;
    try {
      pages = flow.allocate(bytes);
    } catch (error) {
      this.destroy(error as Error);
      return;
    }
    const at = position + this.done;
    this.done += bytes;
    flow.transfer(this.bottom, 'read', at, pages, bytes, (error, transferred) => {
      if (error !== null) this.destroy(error);
      else for (const view of pages.views(0, transferred)) this.push(view);
    });
  }
}

/** What is written to a device. */
export class BottomWriter extends Writable {
  private readonly bottom: Bottom;
  private readonly flow: Flow;
  private position: number;

  constructor(bottom: Bottom, { position, flow }: Span) {
    super({ highWaterMark: CHUNK });
    made();
    this.bottom = bottom;
    this.flow = flow;
    this.position = position;
  }

  override _write(chunk: Uint8Array, _encoding: string, callback: Callback): void {
    let pages: PageVector;
    try {
      pages = this.flow.allocate(chunk.length);
    } catch (error) {
      callback(error as Error);
      return;
    }
    pages.set(chunk);
    copies.bytes += chunk.length;
    const at = this.position;
    this.position += chunk.length;
    this.flow.transfer(this.bottom, 'write', at, pages, chunk.length, callback);
  }
}

/** The caller's memory, to be written. */
export class PagesReader extends Readable {
  private readonly pages: PageVector;
  private at: number;
  private left: number;

  constructor(pages: PageVector, offset: number, length: number) {
    super({ highWaterMark: CHUNK });
    made();
    this.pages = pages;
    this.at = offset;
    this.left = length;
  }

  override _read(): void {
    const bytes = Math.min(CHUNK, this.left);
    for (const view of bytes === 0 ? [] : this.pages.views(this.at, bytes)) this.push(view);
    this.at += bytes;
    this.left -= bytes;
    if (bytes === 0) this.push(null);
  }
}

/** The caller's memory, to be read into. */
export class PagesWriter extends Writable {
  bytes = 0;
  private readonly pages: PageVector;
  private readonly offset: number;

  constructor(pages: PageVector, offset: number) {
    super({ highWaterMark: CHUNK });
    made();
    this.pages = pages;
    this.offset = offset;
  }

  override _write(chunk: Uint8Array, _encoding: string, callback: Callback): void {
    this.pages.set(chunk, this.offset + this.bytes);
    copies.bytes += chunk.length;
    this.bytes += chunk.length;
    callback();
  }
}

/** Does nothing, and is told of the end. */
export class Pass extends PassThrough {
  private readonly when: When;

  constructor(when: When = 'inline') {
    super({ highWaterMark: CHUNK });
    made();
    this.when = when;
  }

  override _destroy(error: Error | null, callback: Callback): void {
    told();
    const end = (): void => {
      callback(error);
    };
    if (this.when === 'inline') end();
    else if (this.when === 'microtask') queueMicrotask(end);
    else setImmediate(end);
  }
}
