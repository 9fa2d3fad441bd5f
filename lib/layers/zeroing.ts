import type { BlockDevice, DeviceOptions } from '../io/device.js';
import type { ExtentState } from '../io/extents.js';
import type { Io, Operation } from '../io/io.js';
import { PULLED, type ByteRange, type IoError } from '../io/io-error.js';
import { Layer } from '../io/layer.js';
import type { PagePool, PageVector } from '../io/pages.js';
import { complementOf, sumOf } from '../io/ranges.js';
import { OptionError } from '../io/option-error.js';

/** How a {@link Zeroing} writes zeroes. */
export interface ZeroingOptions extends DeviceOptions {
  /** Where the zeroes come from, `pieceBytes` while any are written. */
  pool: PagePool;
  /** How much one write below zeroes at most, a multiple of the block size. Default 256 KiB, or a block if that is more. */
  pieceBytes?: number;
}

/** What is remembered of a request for zeroes. */
class Task {
  /** The first byte that no write was made for. */
  next = 0;
  failure: IoError | null = null;
  /** The parts that are zero. */
  good: ByteRange[] = [];
  /** Whether all are, and are being made stable. */
  flushing = false;
}

/** Bytes of one write, unless options say otherwise, and writes at a time for one request. */
const PIECE_BYTES = 256 * 1024;
const AT_ONCE = 4;

/**
 * `writeZeroes` for a device that has none: zeroes are written, a few pieces at a time, all from the same memory. With
 * `fua` one piece has it, and several are followed by one flush, where there is one (I7). After a failure or a cancel no
 * further piece is begun; which bytes are zero is told as of any write (I4). Everything else goes on as it is.
 */
export class Zeroing extends Layer<Task | null> {
  override readonly operations: readonly Operation[];
  private readonly lower: BlockDevice;
  private readonly pool: PagePool;
  private readonly pieceBytes: number;
  private zeroes: PageVector | null = null;
  private users = 0;

  /** @throws ArgumentRangeError `ERR_PIECE_BYTES` for a piece that is no positive multiple of the block size */
  constructor(lower: BlockDevice, options: ZeroingOptions) {
    super('zeroing', [lower], lower.geometry, options);
    const { pieceBytes = Math.max(PIECE_BYTES, lower.blockSize), pool } = options;
    if (!Number.isSafeInteger(pieceBytes) || pieceBytes <= 0 || pieceBytes % lower.blockSize !== 0) {
      throw new OptionError(
        'ERR_PIECE_BYTES',
        'pieceBytes',
        `must be a positive multiple of the block size, ${String(lower.blockSize)}, got ${String(pieceBytes)}`,
      );
    }
    this.lower = lower;
    this.pool = pool;
    this.pieceBytes = pieceBytes;
    const has = lower.operations.includes('writeZeroes') || !lower.operations.includes('write');
    this.operations = has ? lower.operations : [...lower.operations, 'writeZeroes'];
  }

  submit(io: Io): void {
    if (io.operation !== 'writeZeroes' || this.lower.operations.includes('writeZeroes')) {
      io.pass(this, this.lower, io.position, null);
      return;
    }
    try {
      this.zeroes ??= newZeroes(this.pool, this.pieceBytes);
    } catch (error) {
      io.finish(0, error as IoError);
      return;
    }
    this.users++;
    this.round(io, new Task());
  }

  protected override knownExtents(position: number, length: number): Promise<ExtentState[]> {
    return this.lower.extents(position, length);
  }

  override child(_io: Io, task: Task, part: Io, at: unknown): void {
    task.failure ??= part.failure;
    if (task.flushing) return;
    for (const { offset, length } of part.succeededRanges())
      task.good.push({ offset: (at as number) + offset, length });
  }

  done(io: Io, task: Task | null): void {
    if (task === null) return;
    const bad = complementOf(task.good, Math.min(task.next, io.length));
    const ended = task.next >= io.length && (!this.flushesAfter(io) || task.flushing);
    if (task.failure === null && !ended) {
      if (bad.length === 0 && io.retry()) {
        task.good = [{ offset: 0, length: task.next }];
        this.round(io, task);
        return;
      }
      // Where a write has come back short the rest is not begun either, and a cancel that asked for that is told.
      if (bad.length === 0 || io.cancelled) task.failure = PULLED;
    }
    // What is not known to be stable is not done.
    if (task.flushing && task.failure !== null) task.good = [];
    this.conclude(io, task);
  }

  private round(io: Io, task: Task): void {
    const { lower, pieceBytes, zeroes } = this;
    const { position, length } = io;
    const split = io.split(this, task);
    const fua = io.fua && !this.flushesAfter(io);
    const own = { operation: 'write', pages: zeroes, offset: 0, fua } as const;
    const end = Math.min(length, task.next + AT_ONCE * pieceBytes);
    task.flushing = task.next === length;
    if (task.flushing) split.spawn(lower, { ...own, operation: 'flush', pages: null, position: 0, length: 0 }, 0);
    while (task.next < end) {
      const at = task.next;
      const bytes = Math.min(pieceBytes, end - at);
      task.next += bytes;
      split.spawn(lower, { ...own, position: position + at, length: bytes }, at);
    }
    split.seal();
  }

  /** A sync for each piece would be the dearer the longer it is. */
  private flushesAfter({ fua, length }: Io): boolean {
    return fua && length > this.pieceBytes && this.lower.operations.includes('flush');
  }

  private conclude(io: Io, { good, failure }: Task): void {
    const bad = complementOf(good, io.length);
    io.failure = failure;
    io.bytes = io.length - sumOf(bad);
    io.failedRanges = bad.length === 0 ? null : bad;
    if (--this.users > 0) return;
    this.zeroes?.free();
    this.zeroes = null;
  }
}

function newZeroes(pool: PagePool, bytes: number): PageVector {
  const pages = pool.allocate(bytes);
  for (const view of pages.views()) view.fill(0);
  return pages;
}
