import type { WaitQueue } from './queue.js';

/** Not for me: nothing is counted and the next exclusive entry gets its chance. */
export const PASS = 0;
/** I was woken. */
export const WOKEN = 1;
/** The walk ends here; entries behind this one are not called. Combines with WOKEN: `WOKEN | STOP`. */
export const STOP = 2;
/** The walk is suspended until the handle from `queue.hold()` is resumed. Combines with WOKEN. */
export const HOLD = 4;

/** @internal The entry stands among the exclusive ones (W1). */
export const EXCLUSIVE = 1;
/** @internal The entry leaves its queue when it answers WOKEN (W2). */
export const ONCE = 2;
/** @internal `data` is a queue that is woken in the entry's place (W7). */
export const LINK = 4;
/** @internal The entry is a layer or a cancel action of a completion: it comes before the settlement (C2). */
export const LAYER = 8;
/** @internal The entry tidies up and does not count as somebody who learnt the outcome (C8). */
export const UNSEEING = 16;
/** @internal `data` cancels the completion that the entry is on when it is cancelled itself (E3). */
export const OWNING = 32;

/** @internal How a walk of one queue came to an end: kept here, in a file that imports nothing, to be inlined. */
export const ENDED = 0;
/** @internal */
export const HELD = 1;
/** @internal */
export const LINKED = 2;

/**
 * What an entry does when its queue is woken; the answer is PASS or WOKEN, alone or with STOP or HOLD.
 * It runs synchronously inside `wake` and may add, remove and wake as it likes (W3). A function that throws does not
 * keep others from being called (W5).
 */
export type WakeFunction<D> = {
  // A method, so that entries with different data can stand on one queue.
  call(entry: WaitEntry<D>, key: unknown, queue: WaitQueue): number;
}['call'];

/**
 * One place on a wait queue (the kernel's `wait_queue_entry`), made to be embedded or extended: linkage lives here and
 * never in what is waited for. An entry is on at most one queue at a time and can be added again after it was removed.
 *
 * The fields are written by the queue the entry is on; `next`, `prev` and `queue` are null while it is on none.
 */
export class WaitEntry<D = unknown> {
  // Assigned in the constructor, as the fields of WaitQueue.
  /** @internal */ declare next: WaitEntry | null;
  /** @internal */ declare prev: WaitEntry | null;
  /** The queue this entry is on, or null. */
  declare queue: WaitQueue | null;
  /** Called when the queue is woken. */
  declare wake: WakeFunction<D>;
  /** The caller's own; the library never looks at it. */
  declare data: D;
  /** @internal */ declare flags: number;
  /** @internal When it was added, on the queue's own count: a walk skips what came after it began (W3). */
  declare stamp: number;

  /**
   * @param wake called on every wake of the queue the entry is on
   * @param options `data` is kept for the wake function; `once` takes the entry off its queue after it answered WOKEN
   *   (after, so a wake function that wakes its own queue again removes itself first)
   */
  constructor(wake: WakeFunction<D>, options?: { data?: D; once?: boolean }) {
    // What a walk reads comes first, in one cache line where it can.
    this.next = null;
    this.wake = wake;
    this.flags = options?.once === true ? ONCE : 0;
    this.stamp = 0;
    this.queue = this.prev = null;
    this.data = options?.data as D;
  }

  /** Takes the entry off its queue, if it is on one. */
  [Symbol.dispose](): void {
    this.queue?.remove(this);
  }
}
