import { onAbort } from './abort.js';
import { CANCEL } from './keys.js';
import { EXCLUSIVE, ONCE, PASS, STOP, WaitEntry, WOKEN } from './entry.js';
import { checkDelay, TimeoutError } from './errors.js';
import type { WaitQueue } from './queue.js';

/** How a wait takes its place on a queue, and what ends it early. */
export interface SleepOptions {
  /** Ends the wait: it rejects with the signal's reason and leaves nothing behind. */
  signal?: AbortSignal;
  /** Ends the wait with a TimeoutError after so many milliseconds, 0 to 2,147,483,647. */
  timeoutMs?: number;
  /** With `timeoutMs`: the timer does not keep the process alive. Default false. */
  unref?: boolean;
  /** Take one of the `nr` exclusive wake-ups instead of being woken by all. Default false. */
  exclusive?: boolean;
  /** Stand in front of one's part instead of at its end. Default false. */
  first?: boolean;
}

type Resolve = (value: unknown) => void;

/**
 * A sleeper: an entry that leaves the queue and resolves a promise when its test, if any, holds (W6).
 * @param passTurn makes it wait for its turn: while its test fails nobody behind it is asked, and when it leaves without
 *   having been woken this is called, for those behind it may be served now
 */
export function sleep<T>(
  queue: WaitQueue,
  test: (() => T) | null,
  options?: SleepOptions,
  passTurn?: () => void,
): Promise<T> {
  if (options === undefined && test === null) {
    // The plain wait, kept free of closures other than the promise's own.
    const entry = new WaitEntry<unknown>(resolveWithKey);
    entry.flags = ONCE;
    const promise = new Promise<T>((resolve) => {
      entry.data = resolve;
    });
    queue.insert(entry, 0, false);
    return promise;
  }
  const { signal, timeoutMs, unref, exclusive, first } = options ?? {};
  if (timeoutMs !== undefined) checkDelay('timeoutMs', timeoutMs);
  if (signal?.aborted === true) return rejected<T>(signal.reason);
  return new Promise<T>((resolve, reject) => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let unwatch: (() => void) | undefined;
    let over = false as boolean;
    const leave = (): void => {
      over = true;
      queue.remove(entry);
      if (timer !== undefined) clearTimeout(timer);
      unwatch?.();
    };
    let testing = false;
    const entry = new WaitEntry((_, key) => {
      // A condition that wakes this queue is not asked again from inside itself.
      if (testing || (test === null && key === CANCEL)) return PASS;
      let value: T;
      testing = true;
      try {
        value = test === null ? (key as T) : test();
      } catch (error) {
        // The condition is the waiter's own: its failure ends this wait and takes nobody's wake-up.
        leave();
        reject(error);
        return PASS;
      } finally {
        testing = false;
      }
      if (over) return PASS;
      if (test !== null && !value) return passTurn === undefined ? PASS : STOP;
      leave();
      resolve(value);
      return WOKEN;
    });
    entry.flags = ONCE;
    const end = (error: unknown): void => {
      if (over) return;
      leave();
      reject(error);
      passTurn?.();
    };
    queue.insert(entry, exclusive === true ? EXCLUSIVE : 0, first === true);
    // It was woken at once, by a completion that has settled.
    if (over) return;
    if (timeoutMs !== undefined) {
      timer = setTimeout(() => {
        end(new TimeoutError(timeoutMs));
      }, timeoutMs);
      if (unref === true && typeof timer === 'object') timer.unref();
    }
    if (signal !== undefined) {
      unwatch = onAbort(signal, () => {
        end(signal.reason);
      });
    }
  });
}

function resolveWithKey(entry: WaitEntry, key: unknown): number {
  if (key === CANCEL) return PASS;
  (entry.data as Resolve)(key);
  return WOKEN;
}

/** A signal's reason is any value; it is passed on as it came. */
function rejected<T>(reason: unknown): Promise<T> {
  return Promise.reject(reason);
}
