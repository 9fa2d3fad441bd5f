import { StateError } from '../wait/errors.js';
import type { BlockDevice, DeviceOptions } from './device.js';
import type { ExtentState } from './extents.js';
import type { Io } from './io.js';
import { Layer } from './layer.js';
import { Merged, Neighbours } from './merging.js';
import { Plug } from './plug.js';
import { inBlocks, sumOf } from './ranges.js';
import { ServiceOrder } from './service-order.js';
import { WaitingList, type Slot } from './waiting-list.js';
import { checkCountOption } from './option-error.js';

/** How many operations a {@link RequestQueue} lets below, and in which order. */
export interface RequestQueueOptions extends DeviceOptions {
  /** How many operations run below, at most: a whole number from 1 up. */
  depth: number;
  /**
   * Reads, or writes, that wait and adjoin each other become one operation of so many bytes at most. Default 0: none do,
   * for members of an operation share its first error, and bookkeeping is worth it only where an operation is dear.
   */
  mergeBytes?: number;
  /** By how many that came later a request of a lower priority or weight is overtaken at most. Default 64. */
  patience?: number;
  /** Keeps everything back until the end of the current turn, so that neighbours meet. Default false. */
  autoPlug?: boolean;
}

/**
 * A request queue in front of a device: at most `depth` operations run below, the other requests wait. They are served
 * by priority and weight of their {@link IoClass}, without classes first come, first served; neighbours can be merged
 * into one operation. A header that waits is withdrawn in O(1); one that runs is left to finish (N14).
 */
export class RequestQueue extends Layer<Merged | null> {
  readonly depth: number;
  readonly mergeBytes: number;
  readonly patience: number;
  readonly autoPlug: boolean;
  private readonly lower: BlockDevice;
  private running = 0;
  private readonly waiting: WaitingList;
  private readonly neighbours: Neighbours | null;
  /** From the first header with a class on. */
  private order: ServiceOrder | null = null;
  private readonly plugs = new Set<Plug>();
  private turnPlug: Plug | null = null;
  private servedCount = 0;
  private mergedCount = 0;

  /** @throws ArgumentRangeError `ERR_DEPTH`, `ERR_MERGE_BYTES`, `ERR_PATIENCE` for an option out of range */
  constructor(lower: BlockDevice, options: RequestQueueOptions) {
    super('queue', [lower], lower.geometry, options);
    const { depth, mergeBytes = 0, patience = 64, autoPlug = false } = options;
    checkCountOption('ERR_DEPTH', 'depth', depth);
    checkCountOption('ERR_MERGE_BYTES', 'mergeBytes', mergeBytes, 0);
    checkCountOption('ERR_PATIENCE', 'patience', patience, 0);
    this.lower = lower;
    this.depth = depth;
    this.mergeBytes = mergeBytes;
    this.patience = patience;
    this.autoPlug = autoPlug;
    this.neighbours = mergeBytes === 0 ? null : new Neighbours(mergeBytes);
    this.waiting = new WaitingList((slot) => {
      this.left(slot);
    });
  }

  /** How many requests wait. */
  get queued(): number {
    return this.waiting.length;
  }

  /** How many operations run below. */
  get inFlight(): number {
    return this.running;
  }

  /** How many operations were sent below. */
  get dispatched(): number {
    return this.servedCount;
  }

  /** How many requests rode along with another's operation: what merging has spared the device. */
  get merged(): number {
    return this.mergedCount;
  }

  /** Whether requests are kept back, so that neighbours meet. */
  get plugged(): boolean {
    return this.plugs.size > 0;
  }

  /**
   * Keeps requests back until `unplug`, or the end of the block with `using`, so that neighbours meet and are merged.
   * Plugs nest: the last one to go lets everything on. A flush, `drain` and `close` remove them all (nobody is stranded).
   * @throws StateError `ERR_CLOSED`
   */
  plug(): Plug {
    if (this.closed) throw new StateError('ERR_CLOSED', `${this.name} is closed and takes no plug`);
    return this.newPlug();
  }

  submit(io: Io): void {
    if (io.operation === 'flush') this.expedite();
    else if (this.autoPlug && this.turnPlug === null) this.plugTurn();
    if (this.running < this.depth && this.plugs.size === 0 && this.waiting.first === null) this.run(io);
    else this.wait(io);
  }

  protected override knownExtents(position: number, length: number): Promise<ExtentState[]> {
    return this.lower.extents(position, length);
  }

  override child(_io: Io, merged: Merged | null, part: Io): void {
    merged?.ended(part);
  }

  done(io: Io, merged: Merged | null): void {
    this.running--;
    merged?.distribute(io, (rider) => {
      this.wait(rider);
    });
    if (this.waiting.first !== null) this.serve();
  }

  /** @internal Somebody waits for all that is in flight. */
  override expedite(): void {
    if (this.plugs.size === 0) return;
    this.plugs.clear();
    this.turnPlug = null;
    this.serve();
  }

  private newPlug(): Plug {
    return new Plug(this.plugs, () => {
      this.serve();
    });
  }

  private plugTurn(): void {
    const plug = (this.turnPlug = this.newPlug());
    queueMicrotask(() => {
      if (this.turnPlug === plug) this.turnPlug = null;
      plug.unplug();
    });
  }

  private wait(io: Io): void {
    const slot = this.waiting.park(io);
    if (this.order !== null) this.order.add(slot);
    else if (io.ioClass !== null) this.order = new ServiceOrder(this.waiting, this.patience);
    this.neighbours?.add(slot);
  }

  /** Sends on what may run. */
  private serve(): void {
    while (this.running < this.depth && this.plugs.size === 0) {
      const slot = this.order === null ? this.waiting.first : this.order.next;
      if (slot === null) return;
      if (this.neighbours === null) this.run(this.take(slot));
      else this.runWith(slot, this.neighbours.of(slot));
    }
  }

  private take(slot: Slot): Io {
    this.order?.charge(slot);
    this.waiting.take(slot);
    this.left(slot);
    return slot.io;
  }

  /** It does not wait any more: served, or withdrawn. */
  private left(slot: Slot): void {
    this.order?.remove(slot);
    if (this.neighbours === null) return;
    this.neighbours.remove(slot);
    if (this.waiting.first === null) this.neighbours.clear();
  }

  private run(io: Io): void {
    this.running++;
    this.servedCount++;
    if (io.bytes > 0) this.runRest(io);
    else io.pass(this, this.lower, io.position, null);
  }

  /** What has come of it in an operation that was pulled is not sent again. Its parts run as one operation does. */
  private runRest(io: Io): void {
    const { length, fua } = io;
    // What was to be stable is not, and an error that told of no part was of all.
    const rest =
      io.failedRanges === null || fua ? [{ offset: 0, length }] : inBlocks(io.failedRanges, this.blockSize, length);
    io.bytes = length - sumOf(rest);
    io.failedRanges = null;
    const split = io.split(this, null);
    for (const part of rest) split.piece(this.lower, io.position + part.offset, part.offset, part.length);
    split.seal();
  }

  private runWith(slot: Slot, slots: readonly Slot[]): void {
    const members = slots.map((each) => this.take(each));
    const leader = slot.io;
    if (members.length === 1) {
      this.run(leader);
      return;
    }
    this.running++;
    this.servedCount++;
    this.mergedCount += members.length - 1;
    const merged = new Merged(members);
    const { operation, fua } = leader;
    const { position, length } = merged;
    const pages = merged.joined();
    const split = leader.split(this, merged);
    split.spawn(this.lower, { operation, position, pages, offset: 0, length, fua }, null);
    split.seal();
  }
}
