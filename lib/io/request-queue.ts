import { ArgumentRangeError } from '../wait/errors.js';
import type { BlockDevice, DeviceOptions } from './device.js';
import type { Io } from './io.js';
import { IoError } from './io-error.js';
import { Layer } from './layer.js';

/** A header's place in a request queue. */
export class Slot {
  readonly queue: RequestQueue;
  readonly io: Io;
  /** @internal */ next: Slot | null = null;
  /** @internal */ prev: Slot | null = null;
  /** @internal The strategy's own. */ link: unknown = null;

  constructor(queue: RequestQueue, io: Io) {
    this.queue = queue;
    this.io = io;
  }
}

/** The queues in which something waits: what a design without links has to search. */
const waitingQueues = new Set<RequestQueue>();

/**
 * A request queue in front of a device: at most `depth` headers run below, the others wait, first come, first served.
 * A header that waits is withdrawn in O(1); one that runs is left to finish (N14).
 */
export class RequestQueue extends Layer {
  readonly depth: number;
  private readonly lower: BlockDevice;
  private running = 0;
  private head: Slot | null = null;
  private tail: Slot | null = null;
  private waiting = 0;

  /** @throws ArgumentRangeError `ERR_DEPTH` unless `depth` is a whole number from 1 up */
  constructor(lower: BlockDevice, options: DeviceOptions & { depth: number }) {
    super('queue', [lower], lower.geometry, options);
    if (!Number.isInteger(options.depth) || options.depth < 1) {
      throw new ArgumentRangeError('ERR_DEPTH', `depth must be a whole number from 1 up, got ${String(options.depth)}`);
    }
    this.lower = lower;
    this.depth = options.depth;
  }

  /** Every queue in which something waits at present. */
  static get all(): Iterable<RequestQueue> {
    return waitingQueues;
  }

  /** How many headers wait. */
  get queued(): number {
    return this.waiting;
  }

  /** How many headers run below. */
  get inFlight(): number {
    return this.running;
  }

  /** What waits, first to last. Must not change meanwhile. */
  *slots(): Iterable<Slot> {
    for (let slot = this.head; slot !== null; slot = slot.next) yield slot;
  }

  submit(io: Io): void {
    if (this.running < this.depth) this.run(io);
    else this.park(io);
  }

  done(): void {
    this.running--;
    const slot = this.head;
    if (slot === null || this.running >= this.depth) return;
    this.take(slot);
    this.run(slot.io);
  }

  /** Takes a waiting header out and ends it with `ECANCELED`; false when it does not wait here any more. */
  withdraw(slot: Slot): boolean {
    if (slot.queue !== this || (slot.prev === null && this.head !== slot)) return false;
    this.take(slot);
    slot.io.finish(0, new IoError('ECANCELED'));
    return true;
  }

  private run(io: Io): void {
    this.running++;
    io.pass(this, this.lower, io.position, null);
  }

  private park(io: Io): void {
    const slot = new Slot(this, io);
    slot.prev = this.tail;
    if (this.tail === null) this.head = slot;
    else this.tail.next = slot;
    this.tail = slot;
    if (this.waiting++ === 0) waitingQueues.add(this);
    io.parked(slot);
  }

  private take(slot: Slot): void {
    const { next, prev } = slot;
    if (prev === null) this.head = next;
    else prev.next = next;
    if (next === null) this.tail = prev;
    else next.prev = prev;
    slot.next = slot.prev = null;
    if (--this.waiting === 0) waitingQueues.delete(this);
    slot.io.unparked(slot);
  }
}
