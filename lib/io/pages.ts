import { ArgumentError, ArgumentRangeError, StateError } from '../wait/errors.js';
import { IoError } from './io-error.js';

/** Bytes in a page. */
export const PAGE_SIZE = 4096;

/** Part of a page vector: what a request transfers to or from. Made by `vector.range()`, costs no copy. */
export interface PageRange {
  readonly pages: PageVector;
  /** Bytes from the start of the vector. */
  readonly offset: number;
  /** Bytes. */
  readonly length: number;
}

/**
 * Memory for I/O: page-aligned pages in one growable buffer, shared so that they can be handed to worker threads without
 * a copy, and used for direct I/O. It grows as needed up to `maxBytes` and never shrinks; freed pages are used
 * again, the most recently freed first.
 */
export class PagePool {
  /** What the pages lie in; a SharedArrayBuffer, which can be posted to a worker, unless it is not `shared`. */
  readonly buffer: ArrayBufferLike;
  private readonly maxPages: number;
  private usedPages = 0;
  private topPage = 0;
  /** Freed extents by their length in pages. */
  private readonly freed = new Map<number, number[]>();

  /**
   * @param options `maxBytes`: how far the pool may grow, default 1 GiB (address space, not memory, until it is used);
   *   `shared`: whether workers can be given it, default true. Memory that is not shared is copied at up to twice the speed
   * @throws ArgumentRangeError `ERR_POOL_SIZE` unless it is a positive multiple of the page size
   */
  constructor(options: { maxBytes?: number; shared?: boolean } = {}) {
    const maxBytes = options.maxBytes ?? 1 << 30;
    if (!Number.isSafeInteger(maxBytes) || maxBytes <= 0 || maxBytes % PAGE_SIZE !== 0) {
      throw new ArgumentRangeError(
        'ERR_POOL_SIZE',
        `maxBytes must be a positive multiple of ${String(PAGE_SIZE)}, got ${String(maxBytes)}`,
      );
    }
    this.maxPages = maxBytes / PAGE_SIZE;
    const growable = { maxByteLength: maxBytes };
    this.buffer = options.shared === false ? new ArrayBuffer(0, growable) : new SharedArrayBuffer(0, growable);
  }

  /** Pages handed out and not freed. */
  get pagesInUse(): number {
    return this.usedPages;
  }

  /**
   * Pages for `bytes` bytes, not cleared. Contiguous unless the pool is full and fragmented.
   * @throws ArgumentRangeError `ERR_LENGTH` unless `bytes` is a positive whole number; IoError `ENOMEM` when the pool is
   *   used up (nothing was taken)
   */
  allocate(bytes: number): PageVector {
    if (!Number.isSafeInteger(bytes) || bytes <= 0) {
      throw new ArgumentRangeError('ERR_LENGTH', `bytes must be a positive whole number, got ${String(bytes)}`);
    }
    const count = Math.ceil(bytes / PAGE_SIZE);
    if (count > this.maxPages - this.usedPages) throw this.exhausted(count);
    const extents = this.takeExtents(count);
    this.usedPages += count;
    const { buffer } = this;
    const runs = extents.map((extent) => ({
      buffer,
      start: extent.page * PAGE_SIZE,
      length: extent.count * PAGE_SIZE,
    }));
    return new PageVector(runs, this, NONE);
  }

  /** @internal */
  release(runs: readonly Run[]): void {
    for (const { start, length } of runs) this.releaseExtent({ page: start / PAGE_SIZE, count: length / PAGE_SIZE });
  }

  private releaseExtent({ page, count }: Extent): void {
    this.usedPages -= count;
    const list = this.freed.get(count);
    if (list === undefined) this.freed.set(count, [page]);
    else list.push(page);
  }

  private takeExtents(count: number): Extent[] {
    const page = this.freed.get(count)?.pop() ?? this.grow(count) ?? this.takeLarger(count);
    return page === undefined ? this.gather(count) : [{ page, count }];
  }

  private grow(count: number): number | undefined {
    const page = this.topPage;
    if (page + count > this.maxPages) return undefined;
    const needed = (page + count) * PAGE_SIZE;
    if (needed > this.buffer.byteLength) {
      // By half again, so that growing is rare; each growth is a system call.
      const wanted = Math.max(needed, Math.ceil((this.buffer.byteLength * 1.5) / PAGE_SIZE) * PAGE_SIZE, 1 << 20);
      const bytes = Math.min(wanted, this.maxPages * PAGE_SIZE);
      if (this.buffer instanceof ArrayBuffer) this.buffer.resize(bytes);
      else this.buffer.grow(bytes);
    }
    this.topPage += count;
    return page;
  }

  private takeLarger(count: number): number | undefined {
    for (const [size, pages] of this.freed) {
      const page = size > count ? pages.pop() : undefined;
      if (page === undefined) continue;
      this.usedPages += size - count;
      this.releaseExtent({ page: page + count, count: size - count });
      return page;
    }
    return undefined;
  }

  /** The last resort: what is free is enough, but nowhere together. */
  private gather(count: number): Extent[] {
    const extents: Extent[] = [];
    let missing = count;
    const rest = this.grow(this.maxPages - this.topPage);
    if (rest !== undefined && this.topPage > rest) {
      this.usedPages += this.topPage - rest;
      this.releaseExtent({ page: rest, count: this.topPage - rest });
    }
    for (const [size, pages] of [...this.freed].sort(([a], [b]) => b - a)) {
      while (missing > 0 && pages.length > 0) {
        const page = pages.pop() as number;
        const taken = Math.min(size, missing);
        extents.push({ page, count: taken });
        missing -= taken;
        if (taken === size) continue;
        this.usedPages += size - taken;
        this.releaseExtent({ page: page + taken, count: size - taken });
      }
    }
    return extents;
  }

  private exhausted(count: number): IoError {
    return new IoError('ENOMEM', {
      message: `The pool has ${String(this.maxPages - this.usedPages)} pages left, ${String(count)} were asked for`,
    });
  }
}

interface Extent {
  readonly page: number;
  readonly count: number;
}

/** Bytes that lie next to each other. */
export interface Run {
  readonly buffer: ArrayBufferLike;
  /** Bytes from the start of the buffer. */
  readonly start: number;
  /** Bytes. */
  readonly length: number;
}

const NONE: readonly PageVector[] = [];

/** A vector of pages (the kernel's kiobuf map list). Requests name ranges of it; nobody copies it. */
export class PageVector {
  /** Bytes: a multiple of the page size, but for a vector that was joined (`joinPages`). */
  readonly length: number;
  private readonly runs: readonly Run[];
  /** Who gets the pages back; nobody, of a joined vector. */
  private readonly pool: PagePool | null;
  /** What it was joined of. */
  private readonly sources: readonly PageVector[];
  private pins = 0;
  private freedByOwner = false;

  /** @internal */
  constructor(runs: readonly Run[], pool: PagePool | null, sources: readonly PageVector[]) {
    this.runs = runs;
    this.pool = pool;
    this.sources = sources;
    this.length = runs.reduce((sum, run) => sum + run.length, 0);
  }

  /** Whether all pages lie next to each other, so that {@link views} answers one view. */
  get contiguous(): boolean {
    return this.runs.length === 1;
  }

  /** @internal All of a contiguous vector; null of any other. */
  get onlyRun(): Run | null {
    return this.runs.length === 1 ? (this.runs[0] as Run) : null;
  }

  /**
   * A part of the vector, by default all behind `offset`.
   * @throws ArgumentRangeError `ERR_RANGE` unless it lies within the vector
   */
  range(offset = 0, length: number = this.length - offset): PageRange {
    checkRange(this, offset, length);
    return { pages: this, offset, length };
  }

  /**
   * The bytes of a part, without a copy: one view for each contiguous run. Views stay valid while the pool lives, but
   * after {@link free} they show whoever has the pages then.
   * @throws ArgumentRangeError `ERR_RANGE`; StateError `ERR_FREED`
   */
  views(offset = 0, length: number = this.length - offset): Uint8Array[] {
    return this.slices(offset, length).map((run) => new Uint8Array(run.buffer, run.start, run.length));
  }

  /** The bytes of a part as one view: without a copy when they are contiguous, else undefined. */
  view(offset = 0, length: number = this.length - offset): Uint8Array | undefined {
    const [run] = this.runs;
    if (this.runs.length === 1 && run !== undefined) {
      this.check(offset, length);
      return new Uint8Array(run.buffer, run.start + offset, length);
    }
    const views = this.views(offset, length);
    return views.length === 1 ? views[0] : undefined;
  }

  /** Copies `source` into the vector. @throws ArgumentRangeError `ERR_RANGE` unless it fits behind `offset` */
  set(source: Uint8Array, offset = 0): void {
    let done = 0;
    for (const view of this.views(offset, source.length)) {
      view.set(source.subarray(done, done + view.length));
      done += view.length;
    }
  }

  /** A copy of a part. @throws ArgumentRangeError `ERR_RANGE` */
  bytes(offset = 0, length: number = this.length - offset): Uint8Array {
    const copy = new Uint8Array(length);
    let done = 0;
    for (const view of this.views(offset, length)) {
      copy.set(view, done);
      done += view.length;
    }
    return copy;
  }

  /**
   * Gives the pages back to the pool. While a request may still touch them they are kept back until it has ended, also
   * when the caller has been told of a timeout before (I9).
   * @throws StateError `ERR_FREED` when it was freed before
   */
  free(): void {
    if (this.freedByOwner) throw new StateError('ERR_FREED', 'The pages were freed before');
    this.freedByOwner = true;
    if (this.pins === 0) this.pool?.release(this.runs);
  }

  /** @internal A request begins to use the pages. */
  pin(): void {
    this.pins++;
    for (const source of this.sources) source.pin();
  }

  /** @internal The request has ended. */
  unpin(): void {
    if (--this.pins === 0 && this.freedByOwner) this.pool?.release(this.runs);
    for (const source of this.sources) source.unpin();
  }

  /** Whether they were given back; requests that were begun before may still use them. */
  get freed(): boolean {
    return this.freedByOwner || this.sources.some((source) => source.freed);
  }

  /** Whether requests are using the pages. */
  get pinned(): boolean {
    return this.pins > 0;
  }

  /** @internal The runs of a part, which is checked as for {@link views}. */
  slices(offset: number, length: number): Run[] {
    this.check(offset, length);
    const slices: Run[] = [];
    let start = 0;
    for (const run of this.runs) {
      const from = Math.max(offset, start);
      const to = Math.min(offset + length, start + run.length);
      if (from < to) slices.push({ buffer: run.buffer, start: run.start + from - start, length: to - from });
      start += run.length;
    }
    return slices;
  }

  private check(offset: number, length: number): void {
    checkRange(this, offset, length);
    for (const source of this.sources) source.check(0, 0);
    // While pinned, a request that was timed out still has to find its memory.
    if (this.freedByOwner && this.pins === 0) throw new StateError('ERR_FREED', 'The pages were freed');
  }
}

/** What came instead of something, for an error. */
export function kindOf(value: unknown): string {
  if (typeof value !== 'object' || value === null) return String(value);
  const { name } = (value as { constructor?: { name: string } }).constructor ?? {};
  return name === undefined ? 'an object' : `a ${name}`;
}

/** Refuses what is not a range of the vector. */
export function checkRange(pages: PageVector, offset: number, length: number): void {
  if (!(pages instanceof PageVector)) {
    throw new ArgumentError('ERR_RANGE', `A range must be of a PageVector, got one of ${kindOf(pages)}`);
  }
  const whole = Number.isSafeInteger(offset) && Number.isSafeInteger(length);
  if (!whole || offset < 0 || length < 0 || offset + length > pages.length) {
    throw new ArgumentRangeError(
      'ERR_RANGE',
      `A range must lie within the ${String(pages.length)} bytes of its vector, ` +
        `got offset ${String(offset)}, length ${String(length)}`,
    );
  }
}
