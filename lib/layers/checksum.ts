import type { BlockDevice, DeviceOptions } from '../io/device.js';
import type { Io } from '../io/io.js';
import { IoError, type ByteRange } from '../io/io-error.js';
import { Layer } from '../io/layer.js';
import type { PagePool, PageVector } from '../io/pages.js';
import { complementOf, sumOf } from '../io/ranges.js';
import { bytesOf, ChecksumLayout, covers, Entries, NEVER } from './checksum-table.js';
import { emptyTable } from './checksum-format.js';
import { scrubChecksum } from './checksum-scrub.js';
import { dataOf, Task, type Phase } from './checksum-task.js';
import { writeMember } from './member-io.js';
import { RangeLock, type Hold } from './range-lock.js';
import type { ScrubOptions, ScrubReport } from './scrub.js';
import { copyOf } from './xor.js';

/** How a {@link Checksum} keeps its table. */
export interface ChecksumOptions extends DeviceOptions {
  /** Where the pages come from that the table is read into. */
  pool: PagePool;
  /**
   * Whether each step of a write waits until the one before it is stable, so that a loss of power makes no block
   * unreadable. Default true. Without it writes are cheaper, and blocks that were written but not flushed when power is
   * lost may fail with `EIO` until they are written again.
   */
  ordered?: boolean;
  /** Copies what is written before it is summed: pages may change while a write is under way (I8). Default false. */
  copyWrites?: boolean;
}

/**
 * A checksum for each block, XXH32, in a table on the same device (`ChecksumLayout` says where). A block that does not match
 * fails with `EIO`, which names its position, and only that block (I4). Blocks that were never written read as zeroes.
 *
 * A write goes through steps that leave each block readable, whenever power fails: its entry in the table is given the new
 * sum beside the old one, then the data are written, then the entry is given the new sum twice. Each of the first two is
 * stable before the next begins (`fua`). While an entry holds two sums, either matches. That relies on the device to
 * write a block wholly or not at all; one that is torn all the same fails with `EIO` until it is written again.
 *
 * `writeZeroes` and `discard` change the table alone. Requests that change the same blocks of it wait for each other
 * (I8). A read locks nothing, and reads once more under the lock when something does not match: it may have met a write.
 */
export class Checksum extends Layer<Task | null> {
  private readonly lower: BlockDevice;
  private readonly pool: PagePool;
  private readonly ordered: boolean;
  private readonly copyWrites: boolean;
  private readonly layout: ChecksumLayout;
  /** By numbers of blocks of the table. */
  private readonly lock = new RangeLock(1);

  /**
   * @param lower a device that was formatted, or holds only zeroes
   * @throws ArgumentRangeError `ERR_GEOMETRY` for fewer than two blocks, or blocks under 16 bytes
   */
  constructor(lower: BlockDevice, options: ChecksumOptions) {
    const layout = new ChecksumLayout(lower);
    const { blockSize, preferredSize } = lower.geometry;
    super('checksum', [lower], { size: layout.tableStart, blockSize, preferredSize }, options);
    this.lower = lower;
    this.pool = options.pool;
    this.ordered = options.ordered ?? true;
    this.copyWrites = options.copyWrites ?? false;
    this.layout = layout;
  }

  /**
   * Makes a device one that was never written: empties the table. The data stay where they are, and read as zeroes.
   * @throws as the constructor; rejects with an IoError when the table cannot be written
   */
  static async format(lower: BlockDevice, options: ChecksumOptions): Promise<Checksum> {
    const device = new Checksum(lower, options);
    await emptyTable(lower, device.layout, options.pool);
    return device;
  }

  /**
   * Verifies every block, while requests go on; `repair` changes nothing here. Throws as `Mirror.scrub`.
   */
  scrub(options: ScrubOptions = {}): Promise<ScrubReport> {
    return scrubChecksum(this, this.lower, this.pool, options);
  }

  /** The table tells what is zero. */
  override get zeroesFrom(): readonly BlockDevice[] {
    return [];
  }

  submit(io: Io): void {
    if (io.operation === 'flush') io.pass(this, this.lower, 0, null);
    else if (io.operation === 'read') this.begin(io, 'read', null);
    else this.beginLocked(io, 'load');
  }

  override child(_io: Io, task: Task, part: Io): void {
    task.good = part.succeededRanges();
    task.failure =
      part.failure ?? (part.bytes < part.length ? new IoError('EIO', { message: 'it ended short' }) : null);
  }

  done(io: Io, task: Task | null): void {
    if (task === null) return;
    const { phase, failure, written } = task;
    if (phase === 'read') this.verify(io, task);
    else if (phase === 'resolve') this.resolve(io, task, task.entries ?? this.entriesOf(io, task));
    else if (phase === 'data') this.wrote(io, task);
    else if (phase === 'settle')
      this.conclude(io, task, written.failure ?? failure, failure === null ? written.blocks : []);
    else if (failure !== null) this.conclude(io, task, failure, []);
    else if (phase === 'load') this.loaded(io, task);
    else if (phase === 'announce') this.next(io, task, 'data');
    else this.conclude(io, task, null, [{ offset: 0, length: io.length }]);
  }

  private beginLocked(io: Io, phase: Phase): void {
    const { first, end } = this.layout.tableBlocks(io.position, io.length);
    this.lock.acquire(first, end, io, (hold) => {
      this.begin(io, phase, hold);
    });
  }

  private begin(io: Io, phase: Phase, hold: Hold | null): void {
    let table: PageVector;
    try {
      table = this.pool.allocate(this.tableOf(io).length);
    } catch (error) {
      if (hold !== null) this.lock.release(hold);
      io.finish(0, error as IoError);
      return;
    }
    const task = Object.assign(new Task(phase, table), { hold });
    this.send(io, task);
  }

  /** The next step; after a cancel there is none, and what was done so far can be read as it was. */
  private next(io: Io, task: Task, phase: Phase): void {
    if (!io.retry()) {
      this.conclude(io, task, new IoError('ECANCELED'), []);
      return;
    }
    task.phase = phase;
    this.send(io, task);
  }

  private send(io: Io, task: Task): void {
    const { lower, ordered } = this;
    const { position, length } = io;
    const table = { ...this.tableOf(io), pages: task.table, offset: 0 };
    const split = io.split(this, task);
    switch (task.phase) {
      case 'read':
        split.spawn(lower, { ...table, operation: 'read', fua: false }, null);
        split.piece(lower, position, 0, length);
        break;
      case 'load':
        split.spawn(lower, { ...table, operation: 'read', fua: false }, null);
        break;
      case 'resolve':
        split.spawn(lower, { operation: 'read', position, pages: task.scratch, offset: 0, length, fua: false }, null);
        break;
      case 'data':
        split.spawn(lower, { operation: 'write', position, ...dataOf(io, task), length, fua: ordered || io.fua }, null);
        break;
      default: {
        const fua = (task.phase === 'announce' && ordered) || (task.phase !== 'settle' && io.fua);
        task.table.set(task.entries?.bytes ?? new Uint8Array());
        split.spawn(lower, { ...table, operation: 'write', fua }, null);
      }
    }
    split.seal();
  }

  private verify(io: Io, task: Task): void {
    const entries = this.entriesOf(io, task);
    const read = io.succeededRanges();
    const good: ByteRange[] = [];
    let wrong = -1;
    for (const block of this.layout.blocksOf(io)) {
      if (!covers(read, block) || !covers(task.good, entries.rangeOf(block.offset))) continue;
      const match = entries.match(block.offset, bytesOf(io.pages, io.offset + block.offset, block.length));
      if (match === null) {
        if (wrong < 0) wrong = io.position + block.offset;
        continue;
      }
      if (match === NEVER) io.pages?.set(new Uint8Array(block.length), io.offset + block.offset);
      good.push(block);
    }
    if (wrong >= 0 && task.hold === null) {
      if (io.retry()) {
        task.table.free();
        this.beginLocked(io, 'read');
      } else this.conclude(io, task, io.failure ?? new IoError('ECANCELED'), good);
      return;
    }
    const message = `the block at ${String(wrong)} of ${this.name} does not match its checksum`;
    this.conclude(io, task, io.failure ?? task.failure ?? (wrong < 0 ? null : new IoError('EIO', { message })), good);
  }

  private loaded(io: Io, task: Task): void {
    const entries = (task.entries = this.entriesOf(io, task));
    if (io.operation !== 'write') {
      for (const { offset } of this.layout.blocksOf(io)) entries.set(offset, NEVER, NEVER);
      this.next(io, task, 'erase');
      return;
    }
    try {
      if (this.copyWrites) task.copy = copyOf(io, this.pool);
    } catch (error) {
      this.conclude(io, task, error as IoError, []);
      return;
    }
    const data = dataOf(io, task);
    for (const { offset, length } of this.layout.blocksOf(io)) {
      task.sums.push(this.layout.sum(bytesOf(data.pages, data.offset + offset, length), io.position + offset));
    }
    if (this.layout.blocksOf(io).every(({ offset }) => entries.get(offset)[0] === entries.get(offset)[1])) {
      this.announce(io, task, entries);
      return;
    }
    try {
      task.scratch = this.pool.allocate(io.length);
    } catch (error) {
      this.conclude(io, task, error as IoError, []);
      return;
    }
    this.next(io, task, 'resolve');
  }

  /**
   * An entry holds two sums after a crash, a failure or a cancel: what the device holds tells which is to be kept, for there
   * is no room for a third. A block that answers `EIO` holds nothing that could be kept, and is written over; where it is
   * not known what it holds, nothing is written.
   */
  private resolve(io: Io, task: Task, entries: Entries): void {
    for (const block of this.layout.blocksOf(io)) {
      const [before, after] = entries.get(block.offset);
      if (before === after) continue;
      const known = covers(task.good, block);
      if (!known && task.failure?.code !== 'EIO') {
        this.conclude(io, task, task.failure, []);
        return;
      }
      const kept = !known
        ? before
        : (entries.match(block.offset, bytesOf(task.scratch, block.offset, block.length)) ?? before);
      entries.set(block.offset, kept, kept);
    }
    this.announce(io, task, entries);
  }

  private announce(io: Io, task: Task, entries: Entries): void {
    for (const [i, { offset }] of this.layout.blocksOf(io).entries()) {
      entries.set(offset, entries.get(offset)[0], task.sums[i] ?? NEVER);
    }
    this.next(io, task, 'announce');
  }

  private wrote(io: Io, task: Task): void {
    const blocks = this.layout.blocksOf(io).filter((block) => covers(task.good, block));
    task.written = { failure: task.failure, blocks };
    for (const { offset } of blocks) {
      const [, after] = task.entries?.get(offset) ?? [NEVER, NEVER];
      task.entries?.set(offset, after, after);
    }
    if (blocks.length === 0) this.conclude(io, task, task.failure, blocks);
    else if (io.retry()) {
      task.phase = 'settle';
      this.send(io, task);
    } else this.settle(io, task, blocks);
  }

  /**
   * After a cancel, by I/O that none reaches: what is told as written must not go on matching either of two sums, for of one
   * that was never written before anything matches.
   */
  private settle(io: Io, task: Task, blocks: readonly ByteRange[]): void {
    const { position, length } = this.tableOf(io);
    const resume = io.suspend();
    task.table.set(task.entries?.bytes ?? new Uint8Array());
    writeMember(this.lower, task.table.range(0, length), { position, fua: false }, (error) => {
      this.conclude(io, task, task.written.failure ?? error, error === null ? blocks : []);
      resume();
    });
  }

  /** Tells the outcome, and gives back what the request had. */
  private conclude(io: Io, task: Task, failure: IoError | null, good: readonly ByteRange[]): void {
    io.failure = failure;
    io.bytes = sumOf(good);
    io.failedRanges = io.bytes === io.length ? null : complementOf(good, io.length);
    task.table.free();
    task.scratch?.free();
    task.copy?.free();
    if (task.hold !== null) this.lock.release(task.hold);
  }

  /** Where the blocks of the table are that a request needs. */
  private tableOf({ position, length }: Io): { position: number; length: number } {
    const { first, end } = this.layout.tableBlocks(position, length);
    return { position: this.layout.tableStart + first * this.blockSize, length: (end - first) * this.blockSize };
  }

  private entriesOf({ position }: Io, { table }: Task): Entries {
    return new Entries(this.layout, position, table.bytes());
  }
}
