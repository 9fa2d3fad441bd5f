import { ArgumentRangeError } from '../wait/errors.js';
import { WaitQueue } from '../wait/queue.js';
import type { SleepOptions } from '../wait/sleep.js';
import { waitUntil } from '../wait/wait-until.js';
import type { StandingOptions } from './standing.js';
import { Wakened } from './wakened.js';

/** A count that goes down to zero once, and who waits for that. */
export class Latch {
  private readonly queue = new WaitQueue();
  private left: number;

  /** @throws ArgumentRangeError `ERR_COUNT` unless `count` is a whole number from 0 up */
  constructor(count: number) {
    this.left = checkedCount('count', count, 0);
  }

  /** What is left to count. */
  get count(): number {
    return this.left;
  }

  /**
   * Counts down, to zero at most; at zero everybody goes on. Returns whether it is open.
   * @throws ArgumentRangeError `ERR_COUNT` unless `by` is a whole number from 1 up
   */
  countDown(by = 1): boolean {
    this.left = Math.max(this.left - checkedCount('by', by, 1), 0);
    if (this.left > 0) return false;
    this.queue.wakeAll();
    return true;
  }

  /**
   * Waits until the count is zero; resolves at once when it is.
   * @throws ArgumentRangeError `ERR_DELAY`; rejects with the signal's reason or a TimeoutError
   */
  async wait(options?: Omit<SleepOptions, 'exclusive' | 'first'>): Promise<void> {
    await waitUntil(this.queue, () => this.left === 0, options);
  }

  /** Its opening, as a branch of a compound: stands while somebody waits. Throws `ERR_DELAY`. */
  opening(options?: StandingOptions): Wakened<void> {
    const awaited = { arrive: () => (this.left === 0 ? { value: undefined } : null), woken: () => undefined };
    return new Wakened(this.queue, awaited, options);
  }
}

/** Refuses what cannot be counted. */
export function checkedCount(field: string, value: number, from: number): number {
  if (Number.isSafeInteger(value) && value >= from) return value;
  throw new ArgumentRangeError(
    'ERR_COUNT',
    `${field} must be a whole number from ${String(from)} up, got ${String(value)}`,
  );
}
