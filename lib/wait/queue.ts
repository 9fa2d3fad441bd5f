import { EXCLUSIVE, type WaitEntry } from './entry.js';
import { ArgumentError, ArgumentRangeError } from './errors.js';
import { hold, type HeldWalk } from './held-walk.js';
import { sleep, type SleepOptions } from './sleep.js';
import { EVERY, ledgerOf, stampOf, walkQueue, type Ledger } from './walk.js';

/** How {@link WaitQueue.addUnless}, a link and a wait take their place. */
export interface Place {
  /** Stand among the exclusive entries. Default false. */
  exclusive?: boolean;
  /** Stand in front of one's part instead of at its end. Default false. */
  first?: boolean;
}

/**
 * A wait queue (the kernel's `wait_queue_head`): entries in order, each with a function that decides what being woken
 * means. Shared entries come first, exclusive ones after them, each part first come, first served (W1).
 *
 * All calls are synchronous and may be made from inside wake functions (W3). Adding costs O(1), removing
 * O(1 + walks open on this queue), waking O(entries called) and no allocation.
 *
 * ```ts
 * const queue = new WaitQueue();
 * queue.add(new WaitEntry((entry, key) => (console.log('woken with', key), WOKEN)));
 * queue.wake('a key'); // 1
 * ```
 */
export class WaitQueue implements Iterable<WaitEntry> {
  // Fields are assigned in constructors: V8 takes three times as long over initializers once a class is derived.
  /** @internal The first entry; its `prev` is the last. */
  declare head: WaitEntry | null;
  /** @internal Null until the queue is walked or has an exclusive entry: most completions never come to it. */
  declare ledger: Ledger | null;

  constructor() {
    this.head = this.ledger = null;
  }

  /** Whether `value` is a wait queue, also one made by another copy of this package. */
  static is(value: unknown): value is WaitQueue {
    return typeof value === 'object' && value !== null && 'wakechain.WaitQueue' in value;
  }

  /** @internal The mark that {@link is} looks for: a plain name, so that a bundler can leave the class out. */
  get ['wakechain.WaitQueue'](): true {
    return true;
  }

  /** Whether anything is queued. */
  get active(): boolean {
    return this.head !== null;
  }

  /** How many entries are queued; counted, so O(size). */
  get size(): number {
    let size = 0;
    for (let entry = this.head; entry !== null; entry = entry.next) size++;
    return size;
  }

  /** The entries in the order in which they would be called. For inspection: the queue must not change meanwhile. */
  *[Symbol.iterator](): Iterator<WaitEntry> {
    for (let entry = this.head; entry !== null; entry = entry.next) yield entry;
  }

  /**
   * Adds a shared entry behind the other shared ones.
   * @throws ArgumentError `ERR_QUEUED` when the entry is on a queue already
   */
  add(entry: WaitEntry): void {
    this.insert(entry, 0, false);
  }

  /** Adds a shared entry in front of all others. Throws as {@link add}. */
  addFirst(entry: WaitEntry): void {
    this.insert(entry, 0, true);
  }

  /** Adds an exclusive entry at the very end. Throws as {@link add}. */
  addExclusive(entry: WaitEntry): void {
    this.insert(entry, EXCLUSIVE, false);
  }

  /** Adds an exclusive entry in front of the other exclusive ones (LIFO). Throws as {@link add}. */
  addExclusiveFirst(entry: WaitEntry): void {
    this.insert(entry, EXCLUSIVE, true);
  }

  /**
   * Adds the entry unless `condition()` is truthy: test and add are one step, nothing can wake the queue in between.
   * Returns whether it was added. What `condition` throws is passed on and nothing is added. Throws as {@link add}.
   */
  addUnless(entry: WaitEntry, condition: () => unknown, place?: Place): boolean {
    if (entry.queue !== null) throw alreadyQueued();
    if (condition()) return false;
    this.insert(entry, place?.exclusive === true ? EXCLUSIVE : 0, place?.first === true);
    return true;
  }

  /** Takes the entry off this queue; it will not be called again, not even by a walk that is open. False: not on it. */
  remove(entry: WaitEntry): boolean {
    if (entry.queue !== this) return false;
    this.unlink(entry);
    return true;
  }

  /**
   * Calls every shared entry, then exclusive ones until `nr` of them were woken; 0 calls the shared ones only (W2).
   * Entries added meanwhile are not called (W3). Returns how many were woken, shared and exclusive.
   * @param key handed to every wake function
   * @throws ArgumentRangeError `ERR_NR` when `nr` is negative or not an integer (nothing was woken); after the walk,
   *   what a wake function threw, or a WakeError for several (W5)
   */
  wake(key?: unknown, nr = 1): number {
    if (nr !== 1 && (nr < 0 || !Number.isInteger(nr))) {
      throw new ArgumentRangeError('ERR_NR', `nr must be a whole number from 0 up, got ${String(nr)}`);
    }
    return walkQueue(this, key, nr);
  }

  /** Calls every entry. Returns how many were woken; throws as {@link wake} does after the walk. */
  wakeAll(key?: unknown): number {
    return walkQueue(this, key, EVERY);
  }

  /**
   * Called by a wake function that is going to answer HOLD: the handle that goes on with the walk (W4).
   * @throws StateError `ERR_HOLD` outside of a wake function of this queue
   */
  hold(): HeldWalk {
    return hold(this);
  }

  /**
   * Waits for the next wake and resolves with its key. The wait is registered before this returns, so no wake is lost
   * between two calls made in the same turn (W6). On a completion it waits for the end, however that comes, with SETTLE:
   * being asked to cancel wakes nobody who waits (C5). Rejects with the signal's reason or a TimeoutError.
   */
  next(options?: SleepOptions): Promise<unknown> {
    return sleep(this, null, options);
  }

  /** @internal Places an entry; what every add comes down to. */
  insert(entry: WaitEntry, flags: number, first: boolean): void {
    if (entry.queue !== null) throw alreadyQueued();
    const { head, ledger } = this;
    entry.flags = (entry.flags & ~EXCLUSIVE) | flags;
    entry.stamp = ledger === null ? 0 : stampOf(ledger);
    entry.queue = this;
    const border = ledger === null ? null : ledger.firstExclusive;
    const shared = (flags & EXCLUSIVE) === 0;
    // Whom it stands in front of: null at the end.
    const before = shared && first ? head : shared || first ? border : null;
    if (head === null) this.head = entry.prev = entry;
    else if (before === null) {
      const last = head.prev as WaitEntry;
      head.prev = last.next = entry;
      entry.prev = last;
    } else {
      const behind = before.prev as WaitEntry;
      before.prev = entry;
      entry.prev = behind;
      entry.next = before;
      if (before === head) this.head = entry;
      else behind.next = entry;
    }
    if (!shared && before === border) ledgerOf(this).firstExclusive = entry;
  }

  /** @internal Unlinks an entry that is on this queue. */
  unlink(entry: WaitEntry): void {
    const { head, ledger } = this;
    const { next, prev } = entry;
    if (ledger !== null) {
      for (let walk = ledger.walks; walk !== null; walk = walk.outer) if (walk.cursor === entry) walk.cursor = next;
      if (ledger.firstExclusive === entry) ledger.firstExclusive = next;
    }
    if (head === entry) this.head = next;
    else (prev as WaitEntry).next = next;
    if (next !== null) next.prev = prev;
    else (head as WaitEntry).prev = prev;
    entry.queue = entry.next = entry.prev = null;
  }
}

/** @internal */
export function alreadyQueued(): ArgumentError {
  return new ArgumentError('ERR_QUEUED', 'The entry is on a queue already; remove it there first');
}
