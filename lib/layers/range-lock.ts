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
  /** How many it overlaps that are locked, or came before it and wait. */
  before: number;
  /** Not called `then`: a hold that is given to a promise must not be taken for another. */
  readonly granted: (hold: Hold) => void;
}

/**
 * Locks ranges of bytes, each for one holder (I8). Who comes first is served first: a waiter also waits for those before
 * it that it overlaps, so that nobody starves. Nobody may ask for a range while holding another, so that nobody waits in
 * a circle. A header that waits is found and withdrawn by a cancel (N14).
 *
 * Asking looks once at each that is locked or waits, unlocking at each that waits: a comparison each.
 */
export class RangeLock {
  private readonly held = new Set<Hold>();
  /** In the order in which they came. */
  private readonly waiting = new Set<Waiter>();
  /** Those that wait for nobody any more, until each is told. */
  private readonly free: Waiter[] = [];
  private readonly headers: WaitingList;
  private granting = false;

  constructor() {
    this.headers = new WaitingList((slot) => {
      const [withdrawn] = [...this.waiting].filter((waiter) => waiter.slot === slot);
      if (withdrawn !== undefined) this.withdraw(withdrawn);
    });
  }

  /** How many wait. */
  get queued(): number {
    return this.waiting.size;
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
    const waiter: Waiter = { start, end, slot: null, before: 0, granted: then };
    for (const hold of this.held) if (overlap(hold, waiter)) waiter.before++;
    for (const other of this.waiting) if (overlap(other, waiter)) waiter.before++;
    if (waiter.before === 0) {
      this.held.add(waiter);
      then(waiter);
      return;
    }
    this.waiting.add(waiter);
    if (io !== null) waiter.slot = this.headers.park(io);
  }

  /** Unlocks a range, and serves who can be served now. */
  release(hold: Hold): void {
    this.held.delete(hold);
    // All that wait and overlap it came later: it waited for those before it.
    for (const waiter of this.waiting) this.unblock(waiter, hold);
    this.grant();
  }

  /** Those behind it wait for one less; those before it never did for it. */
  private withdraw(withdrawn: Waiter): void {
    let isBehind = false;
    for (const waiter of this.waiting) {
      if (waiter === withdrawn) isBehind = true;
      else if (isBehind) this.unblock(waiter, withdrawn);
    }
    this.waiting.delete(withdrawn);
    this.grant();
  }

  private unblock(waiter: Waiter, gone: Hold): void {
    if (overlap(gone, waiter) && --waiter.before === 0) this.free.push(waiter);
  }

  /** Flat, however many wait and release within their turn. */
  private grant(): void {
    if (this.granting) return;
    this.granting = true;
    try {
      for (let next = this.free.shift(); next !== undefined; next = this.free.shift()) {
        // One that was withdrawn in a callback waits no more.
        if (!this.waiting.delete(next)) continue;
        this.held.add(next);
        if (next.slot !== null) this.headers.take(next.slot);
        next.granted(next);
      }
    } finally {
      this.granting = false;
    }
  }
}

function overlap(a: Hold, b: Hold): boolean {
  return a.start < b.end && b.start < a.end;
}
