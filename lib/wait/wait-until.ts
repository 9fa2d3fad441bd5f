import { checkDelay } from './errors.js';
import type { WaitQueue } from './queue.js';
import { sleep, type SleepOptions } from './sleep.js';

/** What is left of a type once it is known to be truthy. */
export type Truthy<T> = Exclude<T, false | 0 | 0n | '' | null | undefined>;

/**
 * Waits until `condition()` holds (the kernel's `wait_event`) and resolves with its truthy result. It is tried at once,
 * and then in the wake function of every wake that reaches this waiter: there it may **claim** what it tests (take the
 * token, the lock, the item), and nobody can come in between. A condition that only looks may be stale by the time the
 * sleeper resumes. A false one costs no microtask and no exclusive wake-up; one that throws ends this wait with its
 * error (W6).
 *
 * Registered before this returns. An abort or a timeout leaves nothing behind; a waiter that was chosen before the
 * abort came keeps what it was given and reports success.
 * @throws ArgumentRangeError `ERR_DELAY` at once; rejects with the signal's reason, a TimeoutError, or what the condition threw
 */
export function waitUntil<T>(queue: WaitQueue, condition: () => T, options: SleepOptions = {}): Promise<Truthy<T>> {
  if (options.timeoutMs !== undefined) checkDelay('timeoutMs', options.timeoutMs);
  if (options.signal?.aborted !== true) {
    try {
      const value = condition();
      if (value) return Promise.resolve(value as Truthy<T>);
    } catch (error) {
      return Promise.reject(error);
    }
  }
  return sleep(queue, condition as () => Truthy<T>, options);
}
