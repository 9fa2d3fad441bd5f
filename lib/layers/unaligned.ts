import type { BlockDevice, DeviceOptions } from '../io/device.js';
import type { ExtentState } from '../io/extents.js';
import type { Io } from '../io/io.js';
import { IoError, PULLED, type ByteRange } from '../io/io-error.js';
import { Layer } from '../io/layer.js';
import type { PagePool, PageVector } from '../io/pages.js';
import { complementOf, sumOf } from '../io/ranges.js';
import { RangeLock, type Hold } from './range-lock.js';
import { copyInto } from './xor.js';

/** Where an {@link Unaligned} takes memory for whole blocks from. */
export interface UnalignedOptions extends DeviceOptions {
  /** Where the pages come from that blocks are read into which a request has only a part of. */
  pool: PagePool;
}

/** What is remembered of a request that does not go on as it is. */
class Task {
  /** `whole` is one of whole blocks that had to wait. */
  phase: 'read' | 'load' | 'change' | 'whole';
  readonly hold: Hold | null;
  /** The blocks that it touches; of zeroes only the first and the last. */
  own: PageVector | null = null;
  failure: IoError | null = null;
  /** The parts of the request that the phase under way has done. */
  good: ByteRange[] = [];

  constructor(phase: Task['phase'], hold: Hold | null) {
    this.phase = phase;
    this.hold = hold;
  }
}

/** The frame of a change of whole blocks that goes on as it is, without a lock. */
const PASSING: unique symbol = Symbol('passing');
const SHORT = 'a block of which a part was to be changed was read short';

/**
 * Bytes over blocks: positions, lengths and memory may be any, whatever the device below asks for. Whole blocks in
 * aligned memory go on as they are. Of the others the blocks are read, changed and written back under a lock (I8): a
 * request for whole blocks waits for those that change a part of them, and they for it. What `discard` has of a block in
 * part stays as it is.
 */
export class Unaligned extends Layer<Task | typeof PASSING | null> {
  private readonly lower: BlockDevice;
  private readonly unit: number;
  private readonly memory: number;
  private readonly pool: PagePool;
  private readonly lock = new RangeLock();
  /** Changes under way that hold no lock, and who waits until there are none. */
  private passing = 0;
  private readonly quiet: (() => void)[] = [];

  constructor(lower: BlockDevice, options: UnalignedOptions) {
    const { size, preferredSize } = lower.geometry;
    super('unaligned', [lower], { size, blockSize: 1, preferredSize }, options, undefined, 1);
    this.lower = lower;
    this.unit = lower.blockSize;
    this.memory = lower.memoryAlignment;
    this.pool = options.pool;
  }

  override directAccess(position: number, length: number): Uint8Array | null {
    return this.lower.directAccess(position, length);
  }

  submit(io: Io): void {
    const { operation, position } = io;
    const whole = operation === 'flush' || this.fits(io);
    if (operation === 'flush' || operation === 'read') {
      if (whole) io.pass(this, this.lower, position, null);
      else this.begin(io, new Task('read', null));
    } else if (whole && this.lock.size === 0 && this.lock.queued === 0) {
      this.passing++;
      io.pass(this, this.lower, position, PASSING);
    } else this.acquire(io, whole);
  }

  protected override knownExtents(position: number, length: number): Promise<ExtentState[]> {
    return this.lower.extents(position, length);
  }

  override child({ length: whole }: Io, task: Task, part: Io, shift: unknown): void {
    task.failure ??= part.failure;
    if (task.phase === 'load' && part.bytes < part.length) task.failure ??= new IoError('EIO', { message: SHORT });
    for (const { offset, length } of part.succeededRanges()) {
      const start = Math.max(0, offset + (shift as number));
      const end = Math.min(whole, offset + length + (shift as number));
      if (end > start) task.good.push({ offset: start, length: end - start });
    }
  }

  done(io: Io, task: Task | typeof PASSING | null): void {
    if (task === null) return;
    if (task === PASSING) {
      if (--this.passing > 0) return;
      for (const next of this.quiet.splice(0)) next();
    } else if (task.phase === 'whole') this.letGo(task);
    else if (task.phase === 'load') this.loaded(io, task);
    else {
      if (task.phase === 'read') this.deliver(io, task);
      this.conclude(io, task);
    }
  }

  private acquire(io: Io, whole: boolean): void {
    const { start, end } = this.blocksOf(io);
    this.lock.acquire(start, end, io, (hold) => {
      if (whole) io.pass(this, this.lower, io.position, new Task('whole', hold));
      else {
        const begin = (): void => {
          this.begin(io, new Task('load', hold));
        };
        if (this.passing === 0) begin();
        else this.quiet.push(begin);
      }
    });
  }

  /** The first step of a request that does not fit: reads what it has only a part of. */
  private begin(io: Io, task: Task): void {
    const { unit, lower } = this;
    const { start, end } = this.blocksOf(io);
    const { operation, position, length } = io;
    if (operation === 'discard') {
      this.change(io, task);
      return;
    }
    const zeroes = operation === 'writeZeroes';
    try {
      task.own = this.pool.allocate(zeroes ? 2 * unit : end - start);
    } catch (error) {
      this.letGo(task);
      io.finish(0, error as IoError);
      return;
    }
    const own = { operation: 'read', pages: task.own, fua: false } as const;
    if (task.phase === 'read') {
      const split = io.split(this, task);
      split.spawn(lower, { ...own, position: start, offset: 0, length: end - start }, start - position);
      split.seal();
      return;
    }
    const head = position > start;
    const tail = position + length < end && !(head && end - start === unit);
    if (!head && !tail) {
      this.change(io, task);
      return;
    }
    const split = io.split(this, task);
    const lastAt = zeroes ? unit : end - unit - start;
    if (head) split.spawn(lower, { ...own, position: start, offset: 0, length: unit }, 0);
    if (tail) split.spawn(lower, { ...own, position: end - unit, offset: lastAt, length: unit }, 0);
    split.seal();
  }

  /** The edges are here, or were not to be had. */
  private loaded(io: Io, task: Task): void {
    task.good = [];
    if (task.failure !== null) this.conclude(io, task);
    else if (!io.retry()) {
      task.failure = PULLED;
      this.conclude(io, task);
    } else this.change(io, task);
  }

  /** The second step: writes whole blocks. */
  private change(io: Io, task: Task): void {
    task.phase = 'change';
    const { operation, position, length, fua, pages, offset } = io;
    const { start, end } = this.blocksOf(io);
    if (operation !== 'write') {
      this.erase(io, task);
      return;
    }
    const { own } = task;
    if (own === null || pages === null) return;
    copyInto(own, position - start, pages, offset, length);
    const split = io.split(this, task);
    const write = { operation, position: start, pages: own, offset: 0, length: end - start, fua };
    split.spawn(this.lower, write, start - position);
    split.seal();
  }

  private erase(io: Io, task: Task): void {
    const { lower, unit } = this;
    const { operation, position, length, fua } = io;
    const { start, end } = this.blocksOf(io);
    const innerStart = position > start ? start + unit : start;
    const innerEnd = position + length < end ? end - unit : end;
    const split = io.split(this, task);
    if (innerEnd > innerStart) {
      const inner = { operation, pages: null, offset: 0, length: innerEnd - innerStart, fua };
      split.spawn(lower, { ...inner, position: innerStart }, innerStart - position);
    }
    if (operation === 'discard') {
      const kept = complementOf([{ offset: innerStart - position, length: innerEnd - innerStart }], length);
      task.good.push(...kept);
    } else
      this.zeroEdges(io, task, (at, from) => {
        const edge = { operation: 'write', position: at, pages: task.own, offset: from, length: unit, fua } as const;
        split.spawn(lower, edge, at - position);
      });
    split.seal();
  }

  /** Clears the parts of the first and the last block that are to be zero, and writes each of them back. */
  private zeroEdges({ position, length }: Io, { own }: Task, write: (at: number, from: number) => void): void {
    const { unit } = this;
    const last = position + length;
    const [head, tail] = [position % unit, last % unit];
    const start = position - head;
    if (own === null) return;
    if (head > 0) {
      own.set(new Uint8Array(Math.min(unit - head, length)), head);
      write(start, 0);
    }
    if (tail > 0 && (head === 0 || last - tail > start)) {
      own.set(new Uint8Array(tail), unit);
      write(last - tail, unit);
    }
  }

  private deliver({ pages, offset, position }: Io, { own, good }: Task): void {
    const shift = position % this.unit;
    if (pages === null || own === null) return;
    for (const range of good) copyInto(pages, offset + range.offset, own, range.offset + shift, range.length);
  }

  private conclude(io: Io, task: Task): void {
    const bad = complementOf(task.good, io.length);
    io.failure = task.failure;
    io.bytes = io.length - sumOf(bad);
    io.failedRanges = bad.length === 0 ? null : bad;
    this.letGo(task);
  }

  private letGo(task: Task): void {
    task.own?.free();
    task.own = null;
    if (task.hold !== null) this.lock.release(task.hold);
  }

  /** Whether it is of whole blocks, and of memory that the device below takes. */
  private fits({ position, length, pages, offset }: Io): boolean {
    const { unit, memory } = this;
    if (position % unit !== 0 || length % unit !== 0) return false;
    if (memory === 1 || pages === null) return true;
    return pages.slices(offset, length).every((run) => run.start % memory === 0 && run.length % memory === 0);
  }

  private blocksOf({ position, length }: Io): { start: number; end: number } {
    const { unit } = this;
    return { start: position - (position % unit), end: Math.ceil((position + length) / unit) * unit };
  }
}
