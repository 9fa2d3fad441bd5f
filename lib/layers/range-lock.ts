import type { Io } from '../io/io.js';
import { WaitingList, type Slot } from '../io/waiting-list.js';

/** A range of bytes that is locked: from `start` up to, but not including, `end`. */
export interface Hold {
  readonly start: number;
  readonly end: number;
}

/** Who has a range or waits for it; `slot` is null for work of the layer's own. */
interface Waiter extends Hold {
  /** How many came before it. */
  readonly number: number;
  slot: Slot | null;
  /** How many it overlaps that are locked, or came before it and wait. */
  before: number;
  /** Not called `then`: a hold that is given to a promise must not be taken for another. */
  readonly granted: (hold: Hold) => void;
}

/** A range of more cells is compared with all others: that costs less than to write it down in each. */
const MOST_CELLS = 32;

/**
 * Locks ranges of bytes, each for one holder (I8). Who comes first is served first: a waiter also waits for those before
 * it that it overlaps, so that nobody starves. Nobody may ask for a range while holding another, so that nobody waits in
 * a circle. A header that waits is found and withdrawn by a cancel (N14).
 *
 * Ranges are written down by the cells that they touch, so that asking and unlocking look at their neighbours only, a
 * comparison each, however many there are elsewhere.
 */
export class RangeLock {
  private readonly cellSize: number;
  private readonly held = new Set<Waiter>();
  private readonly waiting = new Set<Waiter>();
  /** Who has, or waits for, something in a cell … */
  private readonly cells = new Map<number, Set<Waiter>>();
  /** … and who in too many. */
  private readonly wide = new Set<Waiter>();
  /** Those that wait for nobody any more, until each is told. */
  private readonly free: Waiter[] = [];
  private readonly parked = new Map<Slot, Waiter>();
  private readonly headers: WaitingList;
  private asked = 0;
  private granting = false;

  /** @param cellSize about how much is locked at a time; default 64 KiB, where bytes of a device are locked */
  constructor(cellSize: number = 64 * 1024) {
    this.cellSize = cellSize;
    this.headers = new WaitingList((slot) => {
      const withdrawn = this.parked.get(slot);
      if (withdrawn !== undefined) this.leave(withdrawn);
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
    const waiter: Waiter = { start, end, number: this.asked++, slot: null, before: 0, granted: then };
    waiter.before = this.overlapping(waiter, null);
    this.enter(waiter);
    if (waiter.before === 0) {
      this.held.add(waiter);
      then(waiter);
      return;
    }
    this.waiting.add(waiter);
    if (io === null) return;
    waiter.slot = this.headers.park(io);
    this.parked.set(waiter.slot, waiter);
  }

  /** Unlocks a range, and serves who can be served now. */
  release(hold: Hold): void {
    this.leave(hold as Waiter);
  }

  /** Unlocked, or withdrawn: those behind it wait for one less, and those before it never did for it. */
  private leave(gone: Waiter): void {
    this.held.delete(gone);
    this.waiting.delete(gone);
    if (gone.slot !== null) this.parked.delete(gone.slot);
    this.exit(gone);
    const freed: Waiter[] = [];
    this.overlapping(gone, freed);
    for (const waiter of freed.sort((a, b) => a.number - b.number)) this.free.push(waiter);
    this.grant();
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
        if (next.slot !== null) {
          this.parked.delete(next.slot);
          this.headers.take(next.slot);
        }
        next.granted(next);
      }
    } finally {
      this.granting = false;
    }
  }

  /**
   * How many others share a byte with a range. With `freed` it is one that is gone, for which those behind it wait no more:
   * who waits for nobody then is put there.
   */
  private overlapping(range: Waiter, freed: Waiter[] | null): number {
    const first = this.cellOf(range.start);
    const last = this.cellOf(range.end - 1);
    if (last - first >= MOST_CELLS) {
      return this.among(this.held, range, -1, freed) + this.among(this.waiting, range, -1, freed);
    }
    let count = this.wide.size === 0 ? 0 : this.among(this.wide, range, -1, freed);
    for (let cell = first; cell <= last; cell++) {
      const there = this.cells.get(cell);
      // Of several cells that both are in the first counts.
      if (there !== undefined) count += this.among(there, range, cell === first ? -1 : cell, freed);
    }
    return count;
  }

  /** The same of some; of those that begin in the cell, unless that is below 0. */
  private among(others: ReadonlySet<Waiter>, range: Waiter, cell: number, freed: Waiter[] | null): number {
    let count = 0;
    for (const other of others) {
      if (!overlap(other, range) || (cell >= 0 && this.cellOf(other.start) !== cell)) continue;
      count++;
      if (freed !== null && other.number > range.number && --other.before === 0) freed.push(other);
    }
    return count;
  }

  private enter(waiter: Waiter): void {
    const first = this.cellOf(waiter.start);
    const last = this.cellOf(waiter.end - 1);
    if (last - first >= MOST_CELLS) {
      this.wide.add(waiter);
      return;
    }
    for (let cell = first; cell <= last; cell++) {
      const there = this.cells.get(cell);
      if (there === undefined) this.cells.set(cell, new Set([waiter]));
      else there.add(waiter);
    }
  }

  private exit(waiter: Waiter): void {
    if (this.wide.delete(waiter)) return;
    const first = this.cellOf(waiter.start);
    const last = this.cellOf(waiter.end - 1);
    for (let cell = first; cell <= last; cell++) {
      const there = this.cells.get(cell);
      if (there?.delete(waiter) === true && there.size === 0) this.cells.delete(cell);
    }
  }

  private cellOf(position: number): number {
    return Math.floor(position / this.cellSize);
  }
}

function overlap(a: Hold, b: Hold): boolean {
  return a.start < b.end && b.start < a.end;
}
