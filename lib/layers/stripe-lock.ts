import type { Io } from '../io/io.js';
import { WaitingList, type Slot } from '../io/waiting-list.js';

/** What waits for a stripe on behalf of a header. */
export interface Waiter {
  /** The stripe is locked for it. Called at once or later, never after the header was withdrawn. */
  locked(io: Io): void;
}

/** Who waits for a stripe: headers, where a cancel finds them, and work of the layer's own. */
class Queue {
  readonly waiters: Map<Slot, Waiter> = new Map<Slot, Waiter>();
  readonly headers: WaitingList = new WaitingList((slot) => this.waiters.delete(slot));
  readonly own: (() => void)[] = [];
}

/**
 * A lock for each stripe (I8), taken by one at a time. Headers are served in the order in which they came, and can be
 * cancelled while they wait (N14); work of the layer's own (a rebuild takes stripe after stripe) goes first, since there
 * is little of it. Nobody ever holds two stripes, so that nobody waits in a circle.
 */
export class StripeLock {
  /** Stripes that are locked; null while nobody waits. */
  private readonly held = new Map<number, Queue | null>();
  /** Stripes that were released while another was being handed on: handing on is flat, however many wait. */
  private readonly released: number[] = [];
  private handing = false;

  /** How many stripes are locked. */
  get size(): number {
    return this.held.size;
  }

  /** Locks a stripe for a header which has called no verb: now, or when its turn comes. */
  acquire(stripe: number, io: Io, waiter: Waiter): void {
    if (!this.held.has(stripe)) {
      this.held.set(stripe, null);
      waiter.locked(io);
      return;
    }
    const queue = this.queueOf(stripe);
    queue.waiters.set(queue.headers.park(io), waiter);
  }

  /** Locks a stripe for what no cancel is to take out; `locked` is called once it is, now or later. */
  acquireOwn(stripe: number, locked: () => void): void {
    if (this.held.has(stripe)) this.queueOf(stripe).own.push(locked);
    else {
      this.held.set(stripe, null);
      locked();
    }
  }

  /** Unlocks a stripe, which is handed on to who waits. */
  release(stripe: number): void {
    this.released.push(stripe);
    if (this.handing) return;
    this.handing = true;
    try {
      for (let next = this.released.shift(); next !== undefined; next = this.released.shift()) this.handOn(next);
    } finally {
      this.handing = false;
    }
  }

  private handOn(stripe: number): void {
    const queue = this.held.get(stripe) ?? null;
    const own = queue?.own.shift();
    if (own !== undefined) {
      own();
      return;
    }
    const slot = queue?.headers.first ?? null;
    if (queue === null || slot === null) {
      this.held.delete(stripe);
      return;
    }
    const waiter = queue.waiters.get(slot);
    queue.waiters.delete(slot);
    queue.headers.take(slot);
    waiter?.locked(slot.io);
  }

  private queueOf(stripe: number): Queue {
    const queue = this.held.get(stripe) ?? new Queue();
    this.held.set(stripe, queue);
    return queue;
  }
}
