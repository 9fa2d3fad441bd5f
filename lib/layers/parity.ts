import { ArgumentError, ArgumentRangeError, StateError } from '../wait/errors.js';
import type { BlockDevice, DeviceOptions } from '../io/device.js';
import type { Io } from '../io/io.js';
import { Layer } from '../io/layer.js';
import type { PagePool } from '../io/pages.js';
import { joinGeometry, someMembers } from './members.js';
import type { ParityArray, StripeOperation } from './parity-array.js';
import { createArray, openArray, type ParityLayout } from './parity-assembly.js';
import type { ParityDoubt } from './parity-doubts.js';
import { flushAll, ParityFlush } from './parity-flush.js';
import { StripeRead } from './parity-read.js';
import { ParityRebuild } from './parity-rebuild.js';
import { repairParity } from './parity-repair.js';
import { scrubParity } from './parity-scrub.js';
import type { RebuildOptions } from './rebuild-options.js';
import { StripeWrite } from './parity-write.js';
import type { ScrubOptions, ScrubReport } from './scrub.js';
import type { MemberState } from './superblock.js';

/** The options of every {@link Parity}. */
export interface ParityOptions extends DeviceOptions {
  /** Where the pages come from in which data and parity are put together; a few are kept for superblocks. */
  pool: PagePool;
}

/** How a {@link Parity} is made on new members. */
export interface ParityCreateOptions extends ParityOptions, ParityLayout {}

/** How a {@link Parity} is opened. */
export interface ParityOpenOptions extends ParityOptions {
  /** Open it also when a member is missing and stripes may be torn, whose lost data is noise then. Default false. */
  force?: boolean;
}

/** A member's place, and what is in it. */
export interface ParityMember {
  readonly index: number;
  /** Null when it was absent, or out of date, when the array was opened. */
  readonly device: BlockDevice | null;
  readonly state: MemberState;
  /** While it is rebuilt: bytes of data, from the start, that it holds and that are stable. */
  readonly rebuilt: number;
}

/**
 * RAID-5: chunks go round at least three members, and one of each stripe is the parity of the others, on each member in
 * turn ({@link ParityMap}: Linux md's left-symmetric). One member may be missing: what it has is computed from the others.
 *
 * A write of a whole stripe reads nothing; a smaller one reads what is less, the old data and parity or the data that
 * stays. Stripes are locked while they change (I8). A member that a write or a flush fails on is given up; one that a read
 * fails on is not: the data is computed and, where it answered `EIO` (as also a `Checksum` below does), written back. When two are missing, reads of the others' data go on, and
 * all else fails with `EIO`. Which member is in sync is kept in a superblock on each of them (superblock.ts); regions
 * being written are marked there before the first write, so that after a crash between data and parity {@link open} makes
 * their parity anew.
 *
 * A request that crosses stripes is split into parts that are submitted to this layer again, one for each stripe. `discard`
 * is refused: parity is that of what can be read, and a discarded block may read as anything. Bytes that a cancelled write
 * has begun to change are finished: it settles as done, or in part, when the stripes that were begun are consistent (I5).
 */
export class Parity extends Layer<StripeOperation | null> {
  private readonly array: ParityArray;

  private constructor(array: ParityArray, options: DeviceOptions) {
    const { map } = array;
    const members = someMembers('Parity', array.present.map((member) => array.device(member))); // prettier-ignore
    const { blockSize } = joinGeometry(members);
    super('parity', members, { size: map.size, blockSize, preferredSize: map.stripeSize }, options, 'discard');
    this.array = array;
  }

  /**
   * Makes an array of the members, in this order: what is on them is lost. Unless they are clean, parity is computed first.
   * @throws ArgumentError `ERR_MEMBERS` for fewer than three or one twice, `ERR_MEMBER_IN_USE`; ArgumentRangeError
   *   `ERR_CHUNK`, `ERR_REGION_SIZE`, `ERR_GEOMETRY` for members that are too small; IoError of a member that failed
   */
  static async create(members: readonly BlockDevice[], options: ParityCreateOptions): Promise<Parity> {
    const parity = new Parity(await createArray(members, options, options.pool), options);
    return await Parity.ready(parity, true);
  }

  /**
   * Opens the array that is on the members, given in any order; at most one may be absent or out of date, and takes no
   * part then. A member whose rebuild did not finish has what it holds up to its last checkpoint, and can be rebuilt on.
   * Parity of the regions that were being written is repaired, but where data cannot be read: {@link doubts}.
   * @throws ArgumentError `ERR_NOT_A_MEMBER`, `ERR_FOREIGN_MEMBER`, `ERR_DUPLICATE_MEMBER`, `ERR_MEMBERS` when there is
   *   none, `ERR_REPLACED` for one whose place a spare has taken, `ERR_NOT_IN_SYNC` when more than one member is missing;
   *   StateError `ERR_DIRTY` when one is and stripes may be torn, unless `force` is given; ArgumentRangeError
   *   `ERR_GEOMETRY`; IoError of a member that failed
   */
  static async open(members: readonly BlockDevice[], options: ParityOpenOptions): Promise<Parity> {
    return await Parity.ready(new Parity(await openArray(members, options.force === true, options.pool), options));
  }

  /** Bytes on one member before the next is taken. */
  get chunk(): number {
    return this.array.map.chunk;
  }

  /** The members by index, as they are now. */
  get members(): readonly ParityMember[] {
    const { array } = this;
    return array.states.map((state, index) => ({
      index,
      device: array.deviceOrNull(index),
      state,
      rebuilt: array.safeBytes(index),
    }));
  }

  /** Of all arrays this one; equal on all members. */
  get uuid(): string {
    return this.array.uuid;
  }

  /** Whether a member is missing, or being rebuilt. */
  get degraded(): boolean {
    return this.array.states.some((state) => state !== 'in-sync');
  }

  /** Bytes that were computed and written back to members that could not read them. */
  get healedBytes(): number {
    return this.array.healedBytes;
  }

  /**
   * Bytes that could not be read after a crash where the parity may be torn, so that they are not computed either. Reading
   * them fails with `EIO`, and so do a rebuild, and what else would have to compute something of their blocks; all others
   * go on. Writing them anew ends it, as do a scrub and the next open which can read them again.
   */
  get doubts(): readonly ParityDoubt[] {
    return this.array.doubts.all;
  }

  /** How many bytes {@link doubts} has. */
  get doubtedBytes(): number {
    return this.doubts.reduce((sum, { length }) => sum + length, 0);
  }

  submit(io: Io): void {
    const { array } = this;
    if (io.operation === 'flush') {
      new ParityFlush(array, this).begin(io);
      return;
    }
    const { stripeSize } = array.map;
    const within = io.position % stripeSize;
    if (within + io.length <= stripeSize) {
      const Operation = io.operation === 'read' ? StripeRead : StripeWrite;
      new Operation(array, this, io).begin(io);
      return;
    }
    const split = io.split(this, null);
    for (let done = 0; done < io.length;) {
      const length = Math.min(stripeSize - ((io.position + done) % stripeSize), io.length - done);
      split.piece(this, io.position + done, done, length);
      done += length;
    }
    split.seal();
  }

  override child(_io: Io, operation: StripeOperation | null, part: Io, tag: unknown): void {
    operation?.child(part, tag);
  }

  done(io: Io, operation: StripeOperation | null): void {
    operation?.done(io);
  }

  /**
   * Gives a member up, as a failed write does: it is not used any more.
   * @throws ArgumentRangeError `ERR_MEMBER` for a number that no member has; ArgumentError `ERR_MEMBER_STATE` when
   *   another is missing already; StateError `ERR_CLOSED`
   */
  async fail(member: number): Promise<void> {
    const { array } = this;
    if (this.closed) throw new StateError('ERR_CLOSED', `${this.name} is closed`);
    this.checkMember(member);
    if (array.states.some((state, other) => other !== member && state !== 'in-sync')) {
      throw new ArgumentError('ERR_MEMBER_STATE', `Member ${String(member)} is needed: another is missing already`);
    }
    array.givesUp(member);
    await array.save();
  }

  /**
   * Rebuilds a missing member on a device, while requests go on; resolves when it is in sync. The device may be the one
   * that was given up. What is rebuilt is read from the new device at once; the one before is let go of, not closed.
   * A rebuild that was interrupted (the member's state is `rebuilding`: by an abort, a close, another member that could not
   * be read, or a crash) goes on from where it was, or from the last checkpoint, when it is given the same device.
   * @throws ArgumentRangeError `ERR_MEMBER`, `ERR_SPARE` for a device that is too small; ArgumentError
   *   `ERR_MEMBER_IN_USE` for a member of another array, or one of this that is up to date, `ERR_SPARE` for one twice,
   *   `ERR_MEMBER_STATE` when the member is not missing or two are; StateError `ERR_CLOSED`. Nothing was written then.
   *   What `signal` aborts with, IoError of a member that failed, and StateError `ERR_CLOSED` when the array is closed
   *   meanwhile: it is interrupted then; IoError when the device has failed: the member is missing again
   */
  async rebuild(member: number, spare: BlockDevice, options: RebuildOptions = {}): Promise<void> {
    this.checkMember(member);
    let ended: () => void = () => undefined;
    this.array.work.run((end) => (ended = end));
    try {
      await new ParityRebuild(this, this.array, member, options, () => this.refreshLowers()).run(spare);
    } finally {
      ended();
    }
  }

  /** @internal Whether a device would fit as a spare: throws as {@link rebuild} otherwise, and changes nothing. */
  checkSpare(member: number, spare: BlockDevice): void {
    this.checkMember(member);
    new ParityRebuild(this, this.array, member, {}, () => undefined).checkSpare(spare);
  }

  /** Sums every stripe up, while requests go on, and with `repair` makes the parity right. Throws as `Mirror.scrub`. */
  scrub(options: ScrubOptions = {}): Promise<ScrubReport> {
    return scrubParity(this, this.array, options);
  }

  /** Resolves when no request is in flight, and no work behind them. */
  override async drain(): Promise<void> {
    await super.drain();
    await this.array.work.idle();
  }

  protected override async release(): Promise<void> {
    const { array } = this;
    // Regions stay dirty where a flush fails: the next open repairs them.
    await flushAll(array).catch(() => undefined);
    await array.save();
    array.close();
  }

  private checkMember(member: number): void {
    if (Number.isInteger(member) && member >= 0 && member < this.array.map.members) return;
    throw new ArgumentRangeError(
      'ERR_MEMBER',
      `member must be a whole number below ${String(this.array.map.members)}, got ${String(member)}`,
    );
  }

  /** What it stands on: the devices that are in use, which are closed with it. */
  private refreshLowers(): void {
    const lowers = this.lowers as BlockDevice[];
    lowers.splice(0, lowers.length, ...this.array.present.map((member) => this.array.device(member)));
  }

  /** Repairs and stores what has to be before the first request. */
  private static async ready(parity: Parity, isNew = false): Promise<Parity> {
    const { array } = parity;
    try {
      await repairParity(array);
      const error = isNew ? array.doubts.firstError() : null;
      if (error !== null) throw error;
      await array.save();
    } catch (error) {
      array.close();
      throw error;
    }
    return parity;
  }
}
