import type { BlockDevice, DeviceOptions } from '../io/device.js';
import type { ExtentState } from '../io/extents.js';
import type { Io } from '../io/io.js';
import { Layer } from '../io/layer.js';
import type { PagePool, PageVector } from '../io/pages.js';
import { WaitingList, type Slot } from '../io/waiting-list.js';
import { OptionError } from '../io/option-error.js';
import { AheadParts, type AheadPart, type AheadReader } from './ahead-parts.js';
import { firstWindow, nextWindow, SequentialStreams, type Stream } from './sequential-streams.js';

/** How far a {@link ReadAhead} reads ahead, and how much it keeps. */
export interface ReadAheadOptions extends DeviceOptions {
  /** Where the pages come from that are read ahead into. When it is used up, nothing is read ahead. */
  pool: PagePool;
  /** How far is read ahead of a stream at most, a multiple of the block size. Default 128 KiB. */
  maxBytes?: number;
  /**
   * How much of that is one request below, a multiple of the block size: who waits for a part goes on as it arrives, not
   * when all of the window has. Default 32 KiB.
   */
  partBytes?: number;
  /** How much is kept of what was read ahead, for all streams together. Default 16 times `maxBytes`. */
  keepBytes?: number;
}

/** A change of bytes that is on its way, from `start` up to `end`. */
interface Change {
  readonly start: number;
  readonly end: number;
}

/** Streams that are remembered. One costs some forty bytes. */
const STREAMS = 64;

/**
 * Reads ahead of whoever reads on where it left off, into pages of its own, so that the next reads are answered from
 * there. One read below serves all requests that lie in it, each told as its part arrives (N12). Windows grow as those of
 * Linux do. A read that is cancelled while it waits is taken out, and the read ahead with it when nobody else can want it.
 *
 * The device below is this layer's alone: what others write to it is not noticed. A write, discard or writing of zeroes
 * through the layer drops what was read ahead of those bytes, and none is read while it is under way.
 */
export class ReadAhead extends Layer<Change | null> {
  readonly maxBytes: number;
  readonly partBytes: number;
  readonly keepBytes: number;
  private readonly lower: BlockDevice;
  private readonly pool: PagePool;
  private readonly streams = new SequentialStreams(STREAMS);
  private readonly parts = new AheadParts();
  private readonly changes = new Set<Change>();
  private readonly readers = new Map<Slot, AheadReader>();
  private readonly waiting: WaitingList;
  /** Of all parts that have not been given back. */
  private held = 0;
  private begun = 0;
  private ahead = 0;
  private hit = 0;

  /** @throws ArgumentRangeError `ERR_READ_AHEAD` for a size that is no positive multiple of the block size, or too small */
  constructor(lower: BlockDevice, options: ReadAheadOptions) {
    super('read-ahead', [lower], lower.geometry, options);
    const { maxBytes = Math.max(128 * 1024, lower.blockSize), pool } = options;
    const { partBytes = Math.max(32 * 1024, lower.blockSize), keepBytes = 16 * maxBytes } = options;
    for (const [field, value] of Object.entries({ maxBytes, partBytes, keepBytes })) {
      if (Number.isSafeInteger(value) && value > 0 && value % lower.blockSize === 0) continue;
      throw new OptionError(
        'ERR_READ_AHEAD',
        field,
        `must be a positive multiple of the block size, ${String(lower.blockSize)}, got ${String(value)}`,
      );
    }
    this.lower = lower;
    this.pool = pool;
    this.maxBytes = maxBytes;
    this.partBytes = partBytes;
    this.keepBytes = keepBytes;
    this.waiting = new WaitingList((slot) => {
      const reader = this.readers.get(slot);
      if (reader !== undefined) this.leave(reader);
    });
  }

  /** Requests that wait for what is being read ahead. */
  get queued(): number {
    return this.waiting.length;
  }

  /** Bytes of memory that hold what was read ahead, or are being read into. */
  get heldBytes(): number {
    return this.held;
  }

  /** Bytes that were read ahead … */
  get aheadBytes(): number {
    return this.ahead;
  }

  /** … and bytes of requests that were answered from them. */
  get hitBytes(): number {
    return this.hit;
  }

  submit(io: Io): void {
    if (io.operation === 'read') this.submitRead(io);
    else if (io.operation === 'flush') io.pass(this, this.lower, io.position, null);
    else {
      const change = { start: io.position, end: io.position + io.length };
      this.changes.add(change);
      for (const part of this.parts.touching(change.start, change.end)) this.giveUp(part);
      io.pass(this, this.lower, io.position, change);
    }
  }

  protected override knownExtents(position: number, length: number): Promise<ExtentState[]> {
    return this.lower.extents(position, length);
  }

  done(_io: Io, change: Change | null): void {
    if (change !== null) this.changes.delete(change);
  }

  protected override release(): Promise<void> {
    for (const part of [...this.parts]) this.giveUp(part);
    return Promise.resolve();
  }

  private submitRead(io: Io): void {
    // Taken down first: a header that has ended is as it was further up.
    const { position, length, ioClass } = io;
    const end = position + length;
    const stream = this.streams.advance(position, end);
    const parts = this.parts.covering(position, end);
    if (parts === null) io.pass(this, this.lower, position, null);
    else this.serve(io, parts);
    // Who has read the end of a part is through with it.
    for (const part of this.parts.touching(position, end)) if (part.end <= end) this.hide(part);
    if (stream !== null && length <= this.maxBytes) this.extend(stream, end, length, ioClass);
  }

  private serve(io: Io, parts: readonly AheadPart[]): void {
    const missing = parts.reduce((sum, { request }) => sum + Number(request !== null), 0);
    if (missing === 0) {
      this.copy(parts, io);
      io.finish(io.length, null);
      return;
    }
    const reader: AheadReader = { slot: this.waiting.park(io), parts, missing };
    this.readers.set(reader.slot, reader);
    for (const part of parts) part.readers.add(reader);
  }

  private copy(parts: readonly AheadPart[], io: Io): void {
    for (const { start, end, pages } of parts) {
      const from = Math.max(start, io.position);
      const to = Math.min(end, io.position + io.length);
      let at = io.offset + from - io.position;
      for (const view of pages.views(from - start, to - from)) {
        io.pages?.set(view, at);
        at += view.length;
      }
    }
    this.hit += io.length;
  }

  /** Reads on ahead of a stream, when it has come to what was read ahead last. */
  private extend(stream: Stream, end: number, length: number, ioClass: Io['ioClass']): void {
    if (stream.window > 0 && end <= stream.begins) return;
    stream.window = stream.window === 0 ? firstWindow(length, this.maxBytes) : nextWindow(stream.window, this.maxBytes);
    stream.begins = Math.max(stream.ends, end);
    stream.ends = Math.min(stream.begins + stream.window, this.size);
    let at = stream.begins;
    while (at < stream.ends) {
      const [next] = this.parts.touching(at, stream.ends);
      if (next !== undefined && next.start <= at) {
        at = next.end;
        continue;
      }
      const to = Math.min(at + this.partBytes, stream.ends, next?.start ?? Infinity);
      if (!this.changing(at, to) && !this.begin(at, to, ioClass)) stream.ends = at;
      at = to;
    }
  }

  private changing(start: number, end: number): boolean {
    for (const change of this.changes) if (change.start < end && start < change.end) return true;
    return false;
  }

  /** Begins to read a part; false without memory, or when the device below takes no requests. */
  private begin(start: number, end: number, ioClass: Io['ioClass']): boolean {
    const length = end - start;
    if (!this.makeRoom(length)) return false;
    let pages: PageVector;
    try {
      pages = this.pool.allocate(length);
    } catch {
      return false;
    }
    this.held += length;
    const part: AheadPart = { start, end, pages, request: null, readers: new Set(), found: true, number: this.begun++ };
    this.parts.add(part);
    try {
      const own = ioClass === null ? { position: start } : { position: start, ioClass };
      const request = (part.request = this.lower.read(pages.range(0, length), own));
      this.ahead += length;
      request.notify(() => {
        const whole = request.state === 'done' && request.value === length;
        part.request = null;
        if (whole) this.arrived(part);
        else this.giveUp(part);
      });
      return true;
    } catch {
      this.giveUp(part);
      return false;
    }
  }

  /** Drops what was read ahead the longest ago, until there is room. */
  private makeRoom(length: number): boolean {
    while (this.held + length > this.keepBytes) {
      let oldest: AheadPart | null = null;
      for (const part of this.parts) {
        if (part.request === null && (oldest === null || part.number < oldest.number)) oldest = part;
      }
      if (oldest === null) return false;
      this.hide(oldest);
    }
    return true;
  }

  private arrived(part: AheadPart): void {
    for (const reader of [...part.readers]) {
      // What the end of one sets off may take others out.
      if (!part.readers.has(reader) || --reader.missing > 0) continue;
      const { io } = reader.slot;
      this.copy(reader.parts, io);
      this.waiting.take(reader.slot);
      this.leave(reader);
      io.finish(io.length, null);
    }
  }

  /** What was, or would have been, read is of no use: who waits for it reads below. */
  private giveUp(part: AheadPart): void {
    this.hide(part);
    for (const reader of [...part.readers]) {
      if (!part.readers.has(reader)) continue;
      const { io } = reader.slot;
      this.waiting.take(reader.slot);
      this.leave(reader);
      io.pass(this, this.lower, io.position, null);
    }
  }

  private leave(reader: AheadReader): void {
    this.readers.delete(reader.slot);
    for (const part of reader.parts) {
      part.readers.delete(reader);
      this.freeUnused(part);
    }
  }

  /** No read finds it any more. */
  private hide(part: AheadPart): void {
    if (!part.found) return;
    part.found = false;
    this.parts.remove(part);
    this.freeUnused(part);
  }

  /** Pages that are still being read into are kept back by their request, which is asked to cancel. */
  private freeUnused(part: AheadPart): void {
    if (part.found || part.readers.size > 0) return;
    this.held -= part.end - part.start;
    part.pages.free();
    part.request?.cancel();
  }
}
