import type { Io } from '../io/io.js';
import { WaitingList, type Slot } from '../io/waiting-list.js';

/** A range of bytes that is locked: from `start` up to, but not including, `end`. */
export interface Hold {
  readonly start: number;
  readonly end: number;
}

/** Who waits for a range; `slot` is null for work of the layer's own. */
interface Waiter extends Hold {
  slot: Slot | null;
  /** Not called `then`: a hold that is given to a promise must not be taken for another. */
  readonly granted: (hold: Hold) => void;
}

/**
 * Locks ranges of bytes, each for one holder (I8). Who comes first is served first: a waiter also waits for those before
 * it that it overlaps, so that nobody starves. Nobody may ask for a range while holding another, so that nobody waits in
 * a circle. A header that waits is found and withdrawn by a cancel (N14).
 */
export class RangeLock {
  private readonly held = new Set<Hold>();
  private waiting: Waiter[] = [];
  private readonly headers: WaitingList;
  private granting = false;

  constructor() {
    this.headers = new WaitingList((slot) => {
      this.waiting = this.waiting.filter((waiter) => waiter.slot !== slot);
      this.grant();
    });
  }

  /** How many wait. */
  get queued(): number {
    return this.waiting.length;
  }

  /** How many ranges are locked. */
  get size(): number {
    return this.held.size;
  }

  /**
   * Locks a range, for a header that has called no verb or, with null, for the layer itself. `then` is called at once or
   * when its turn has come, and never for a header that was withdrawn.
   */
  acquire(start: number, end: number, io: Io | null, then: (hold: Hold) => void): void {
    const waiter: Waiter = { start, end, slot: null, granted: then };
    if (this.isFree(waiter, this.waiting.length)) {
      this.held.add(waiter);
      then(waiter);
      return;
    }
    this.waiting.push(waiter);
    if (io !== null) waiter.slot = this.headers.park(io);
  }

  /** Unlocks a range, and serves who can be served now. */
  release(hold: Hold): void {
    this.held.delete(hold);
    this.grant();
  }

  /** Flat, however many wait and release within their turn. */
  private grant(): void {
    if (this.granting) return;
    this.granting = true;
    try {
      for (let next = this.nextFree(); next !== null; next = this.nextFree()) {
        this.waiting.splice(this.waiting.indexOf(next), 1);
        this.held.add(next);
        if (next.slot !== null) this.headers.take(next.slot);
        next.granted(next);
      }
    } finally {
      this.granting = false;
    }
  }

  private nextFree(): Waiter | null {
    return this.waiting.find((waiter, i) => this.isFree(waiter, i)) ?? null;
  }

  /** Whether it overlaps nothing that is locked, and none of the first `before` that wait. */
  private isFree(range: Hold, before: number): boolean {
    for (const hold of this.held) if (overlap(hold, range)) return false;
    for (let i = 0; i < before; i++) if (overlap(this.waiting[i] as Waiter, range)) return false;
    return true;
  }
}

function overlap(a: Hold, b: Hold): boolean {
  return a.start < b.end && b.start < a.end;
}
