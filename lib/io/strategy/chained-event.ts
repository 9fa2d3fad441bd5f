import { counters } from '../counters.js';
import { ended, type Ending } from '../endings.js';
import type { ByteRange, IoError } from '../io-error.js';
import { Callback, runAsync, runDone, wakeUp } from './callback.js';

/**
 * The smallest size of the compound event (S. Bhattacharya, 30 Jan 2001): `done`, its status, private data for it, and a
 * queue of callbacks. Interceptors go to the head, notifiers to the tail; a callback may end the chain for the time
 * being, and {@link ended} takes it up again. With nobody to notify, `done` is called and that is all; the first notifier
 * moves `done` into the queue, between the interceptors and itself: what is not used costs nothing.
 */
export class ChainedEvent implements Ending {
  // Assigned in the constructor: a field of each size with an initializer would be one call for each size.
  /** Called once, behind the interceptors and in front of the notifiers. */
  declare readonly done: (event: ChainedEvent) => void;
  declare readonly private: unknown;
  // The status.
  declare bytes: number;
  declare failure: IoError | null;
  declare failedRanges: ByteRange[] | null;

  declare private firstCallback: Callback | null;
  declare private lastCallback: Callback | null;
  declare private doneQueued: boolean;

  declare nextEnding: Ending | null;

  constructor(done: (event: ChainedEvent) => void, data: unknown) {
    counters.headers++;
    this.done = done;
    this.private = data;
    this.bytes = 0;
    this.failure = this.failedRanges = null;
    this.firstCallback = this.lastCallback = null;
    this.doneQueued = false;
    this.nextEnding = null;
  }

  /** Sets the status, and calls the callbacks. */
  finish(bytes: number, failure: IoError | null): void {
    this.bytes = bytes;
    this.failure = failure;
    ended(this);
  }

  /** Calls the callbacks in order, until one ends the chain for the time being. */
  passUp(): void {
    for (let callback = this.firstCallback; callback !== null; callback = this.firstCallback) {
      this.removeFirst(callback);
      if (!callback.run(this, callback)) return;
    }
    if (!this.doneQueued) this.done(this);
  }

  /** At the head: the last to stack is the first to be told. */
  addInterceptor(callback: Callback): void {
    const first = this.firstCallback;
    callback.next = first;
    if (first === null) this.lastCallback = callback;
    else first.prev = callback;
    this.firstCallback = callback;
  }

  /** At the tail, first come, first served. The first one moves `done` into the queue, in front of itself. */
  addNotifier(callback: Callback): void {
    if (!this.doneQueued) this.addCallback(new Callback(runDone, null, null));
    this.doneQueued = true;
    this.addCallback(callback);
  }

  /** At the tail, whatever that is of. */
  addCallback(callback: Callback): void {
    const last = this.lastCallback;
    callback.prev = last;
    if (last === null) this.firstCallback = callback;
    else last.next = callback;
    this.lastCallback = callback;
  }

  /** Takes one out, wherever it stands; false when it is not, or no longer, on this queue. O(1). */
  removeCallback(callback: Callback): boolean {
    const { next, prev } = callback;
    if (prev !== null) prev.next = next;
    else if (this.firstCallback === callback) this.firstCallback = next;
    else return false;
    if (next !== null) next.prev = prev;
    else this.lastCallback = prev;
    callback.next = callback.prev = null;
    return true;
  }

  private removeFirst(callback: Callback): void {
    const { next } = callback;
    this.firstCallback = next;
    if (next === null) this.lastCallback = null;
    else next.prev = null;
    callback.next = null;
  }

  /** A waiter: a notifier that wakes a task. What it returns goes to {@link removeWait}. */
  addWait(wake: () => void): Callback {
    const callback = new Callback(wakeUp, wake, null);
    this.addNotifier(callback);
    return callback;
  }

  removeWait(callback: Callback): boolean {
    return this.removeCallback(callback);
  }

  /** A notifier that runs later, in a task of its own (N6). */
  addAsync(run: (event: ChainedEvent) => void): Callback {
    const callback = new Callback(runAsync, run, null);
    this.addNotifier(callback);
    return callback;
  }
}
