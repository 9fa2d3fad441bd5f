import { ArgumentError, ArgumentRangeError, StateError } from '../wait/errors.js';
import type { BlockDevice, DeviceOptions } from '../io/device.js';
import { jointExtents, type ExtentState } from '../io/extents.js';
import type { Io } from '../io/io.js';
import { Layer } from '../io/layer.js';
import type { PagePool, PageVector } from '../io/pages.js';
import { sumOf } from '../io/ranges.js';
import { OptionError } from '../io/option-error.js';
import { joinGeometry, someMembers } from './members.js';
import type { Member, PresentMember } from './member-records.js';
import type { MirrorArray } from './mirror-array.js';
import { MirrorFlush } from './mirror-flush.js';
import type { MirrorFrame } from './mirror-frame.js';
import { createArray, openArray, resync, type CreateOptions } from './mirror-open.js';
import { FastestRead, MirrorRead } from './mirror-read.js';
import { MirrorWrite } from './mirror-write.js';
import { scrubMirror } from './mirror-scrub.js';
import { checkSpare, rebuild } from './rebuild.js';
import type { RebuildOptions } from './rebuild-options.js';
import type { ScrubOptions, ScrubReport } from './scrub.js';

/** Which member a read goes to: the first in sync, each in turn, or two of them at once and the faster one wins. */
export type ReadPolicy = 'first' | 'round-robin' | 'fastest';

/** How a {@link Mirror} reads, and where its memory comes from. */
export interface MirrorOptions extends DeviceOptions {
  /** Memory for superblocks, for copying from member to member, and for reads by policy `fastest`. */
  pool: PagePool;
  /** Default `first`. */
  reads?: ReadPolicy;
  /**
   * Copies the data of each write, once, before it goes to the members: pages that are changed while it is under way make
   * no members differ then (I8). Default false: a caller that keeps the rule pays nothing.
   */
  copyWrites?: boolean;
}

const POLICIES: readonly ReadPolicy[] = ['first', 'round-robin', 'fastest'];

/**
 * RAID-1: every member holds all of the data. Reads go to one member, by policy, and where it fails to the next; what a
 * member could not read (`EIO`, as also a `Checksum` below answers) is written back to it. Writes go to all. A member
 * that fails a write is dropped and, before the write is acknowledged, that is written down on the others; the last one
 * is never dropped, and its errors are the caller's. {@link Mirror.rebuild} puts a spare in a dropped one's place.
 *
 * Overlapping writes are done one after the other, and members that a cancel has reached differently are made to agree
 * before the request settles (I5, I8). Regions being written are marked on the members before (write-intent), so that
 * after a crash `open` makes just these agree. What `discard` leaves is up to each member, and may differ.
 *
 * Members carry a superblock at their start, data begins behind it. What writes to a member past the mirror breaks it.
 * `close` also waits for work behind the requests, and leaves nothing to be made to agree at the next `open`.
 */
export class Mirror extends Layer<MirrorFrame> {
  readonly reads: ReadPolicy;
  readonly copyWrites: boolean;
  private readonly array: MirrorArray;
  private readonly devices: BlockDevice[];
  private turn = 0;

  private constructor(array: MirrorArray, options: MirrorOptions) {
    const devices = someMembers(
      'Mirror',
      array.records.places.flatMap(({ device }) => (device === null ? [] : [device])),
    );
    const { size, blockSize } = array.shape;
    super('mirror', devices, { ...joinGeometry(devices), blockSize, size }, options);
    this.array = array;
    this.devices = devices;
    this.reads = options.reads ?? 'first';
    this.copyWrites = options.copyWrites ?? false;
  }

  /**
   * Makes a mirror of members: writes superblocks, and copies the first member's data to the others unless they are known
   * to hold the same.
   * @throws ArgumentError `ERR_MEMBERS`, `ERR_MEMBER_IN_USE`; ArgumentRangeError `ERR_READS`, `ERR_REGION_SIZE`,
   *   `ERR_GEOMETRY`; IoError when the superblocks cannot be written to any, `ENOMEM`
   */
  static async create(members: readonly BlockDevice[], options: MirrorOptions & CreateOptions): Promise<Mirror> {
    checkReads(options.reads);
    return Mirror.start(await createArray(members, options), options);
  }

  /**
   * Opens a mirror that was made before, from members in any order, as it was. A member that is left out, cannot be read,
   * or has missed something counts as dropped from now on. Where a crash may have left members different they are made to
   * agree.
   * @throws ArgumentError `ERR_MEMBERS`, `ERR_NOT_A_MEMBER`, `ERR_FOREIGN_MEMBER`, `ERR_DUPLICATE_MEMBER`,
   *   `ERR_REPLACED` (a member whose place a spare has taken), `ERR_SPLIT_BRAIN` (members that have gone on without each
   *   other), `ERR_NOT_IN_SYNC` (no member holds everything); OptionError `ERR_READS`; IoError as {@link create}. Nothing
   *   was written then but, of an IoError, superblocks
   */
  static async open(members: readonly BlockDevice[], options: MirrorOptions): Promise<Mirror> {
    checkReads(options.reads);
    return Mirror.start(await openArray(members, options), options);
  }

  private static async start(array: MirrorArray, options: MirrorOptions): Promise<Mirror> {
    try {
      const mirror = new Mirror(array, options);
      await resync(array);
      return mirror;
    } catch (error) {
      array.records.free();
      throw error;
    }
  }

  /** The members by index, as they are now. */
  get members(): readonly Member[] {
    return this.array.records.places.map((place) => ({ ...place }));
  }

  /** Of all mirrors this one; equal on all members. */
  get uuid(): string {
    return this.array.records.uuid;
  }

  /** Whether a member is missing, dropped, or being rebuilt. */
  get degraded(): boolean {
    return this.array.records.places.some(({ state }) => state !== 'in-sync');
  }

  /** Bytes that were written back to members that could not read them. */
  get healedBytes(): number {
    return this.array.healedBytes;
  }

  /** Bytes in regions that would be made to agree if there were a crash now. */
  get dirtyBytes(): number {
    const { regionSize, size } = this.array.shape;
    return sumOf(
      this.array.records.intent.regions.map((region) => ({
        offset: 0,
        length: Math.min(regionSize, size - region * regionSize),
      })),
    );
  }

  /**
   * Gives a member up, as a failed write does: it is not used any more, nor is a spare whose rebuild was interrupted.
   * @throws ArgumentRangeError `ERR_MEMBER` for a number that no member has; ArgumentError `ERR_MEMBER_STATE` when it is
   *   the last in sync; StateError `ERR_CLOSED`; IoError when that cannot be stored
   */
  async fail(index: number): Promise<void> {
    if (this.closed) throw new StateError('ERR_CLOSED', `${this.name} is closed`);
    const { records } = this.array;
    const place = records.places[index];
    if (place === undefined) {
      const count = String(records.places.length);
      throw new ArgumentRangeError('ERR_MEMBER', `index must be a whole number below ${count}, got ${String(index)}`);
    }
    if (!records.drop(place)) {
      throw new ArgumentError('ERR_MEMBER_STATE', `Member ${String(index)} of ${this.name} is the last in sync`);
    }
    const failure = await new Promise<Error | null>((resolve) => records.settled(resolve));
    if (failure !== null) throw failure;
  }

  /**
   * Puts a spare in the place of a member that was dropped and copies everything to it, while requests go on. The device
   * that was there before is given back to the caller, who may close it. A rebuild that was interrupted (its member's
   * state is `rebuilding`) goes on where it was when it is given the same device, and begins anew with another.
   * @returns when the spare is in sync and that is stored
   * @throws ArgumentError `ERR_MEMBER_STATE`, `ERR_SPARE`, `ERR_MEMBER_IN_USE` for a member of another array, or one of
   *   this that is up to date; ArgumentRangeError `ERR_SPARE`, `ERR_CHECKPOINT_SIZE`; StateError `ERR_CLOSED`; IoError when
   *   the spare cannot be read. Nothing was written then. What `signal` aborts with, and IoError when no member in sync can
   *   read a block, or there is no memory, and StateError `ERR_CLOSED` when the mirror is closed meanwhile: it is interrupted
   *   then; IoError when the spare has failed: it is dropped, and may be tried anew
   */
  async rebuild(index: number, spare: BlockDevice, options: RebuildOptions = {}): Promise<void> {
    await rebuild(this, this.array, this.devices, index, spare, options);
  }

  /** @internal Whether a device would fit as a spare: throws as {@link rebuild} otherwise, and changes nothing. */
  checkSpare(index: number, spare: BlockDevice): void {
    checkSpare(this, this.array, this.devices, index, spare);
  }

  /**
   * Compares what the members in sync hold, while requests go on, and with `repair` makes them agree. Blocks that were
   * discarded may differ without being wrong.
   * @throws what `signal` aborts with; StateError `ERR_CLOSED` when it is closed meanwhile; IoError `ENOMEM`
   */
  scrub(options: ScrubOptions = {}): Promise<ScrubReport> {
    return scrubMirror(this, this.array, options);
  }

  submit(io: Io): void {
    if (io.operation === 'read') this.readOne(io);
    else if (io.operation === 'flush') new MirrorFlush(this.array).start(io, this);
    else new MirrorWrite(this, this.array, io, this.copyWrites).start(io);
  }

  override child(io: Io, frame: MirrorFrame, part: Io, tag: unknown): void {
    frame.child(io, part, tag);
  }

  done(io: Io, frame: MirrorFrame): void {
    frame.done(io);
  }

  /** Whichever member is read: what is zero is zero on all in sync, which may differ where bytes were discarded. */
  protected override async knownExtents(position: number, length: number): Promise<ExtentState[]> {
    const { records, shape } = this.array;
    const members = records.inSync.map(({ device }) => device.extents(shape.dataStart + position, length));
    return jointExtents(await Promise.all(members));
  }

  /** Resolves when no request is in flight, and no work behind them. */
  override async drain(): Promise<void> {
    await super.drain();
    await this.array.work.idle();
  }

  /** Leaves the members without a mark, if they can be flushed. */
  protected override async release(): Promise<void> {
    await resync(this.array, true);
    this.array.records.free();
  }

  private readOne(io: Io): void {
    const { inSync } = this.array.records;
    const turn = this.reads === 'round-robin' ? this.turn++ % inSync.length : 0;
    const member = inSync[turn] as PresentMember;
    const contenders = this.reads === 'fastest' && inSync.length > 1 ? this.contenders(inSync, io.length) : null;
    if (contenders === null) new MirrorRead(this, this.array).start(io, member);
    else new FastestRead(this, this.array, contenders).race(io);
  }

  /** The next two in turn, each with pages of its own; null when there are none left: one will do. */
  private contenders(inSync: readonly PresentMember[], length: number): Contender[] | null {
    const { pool } = this.array;
    const taken: Contender[] = [];
    const turn = this.turn++;
    try {
      for (const step of [0, 1]) {
        taken.push({ member: inSync[(turn + step) % inSync.length] as PresentMember, pages: pool.allocate(length) });
      }
      return taken;
    } catch {
      for (const { pages } of taken) pages.free();
      return null;
    }
  }
}

interface Contender {
  readonly member: PresentMember;
  readonly pages: PageVector;
}

function checkReads(reads: ReadPolicy = 'first'): void {
  if (POLICIES.includes(reads)) return;
  throw new OptionError('ERR_READS', 'reads', `must be one of ${POLICIES.join(', ')}, got ${reads}`);
}
