import { ArgumentError, StateError } from '../wait/errors.js';
import { WaitQueue } from '../wait/queue.js';
import { sleep, type SleepOptions } from '../wait/sleep.js';
import type { Hold } from './hold.js';
import type { Mutex } from './mutex.js';

/**
 * A condition variable: who holds the mutex waits until somebody notifies it, and holds the mutex again when it goes on.
 * No notification is lost between letting go and waiting, and none is spurious; but another may have held the mutex in
 * between, so wait for a state with {@link waitUntil}.
 */
export class Condition {
  private readonly mutex: Mutex;
  private readonly queue = new WaitQueue();

  constructor(mutex: Mutex) {
    this.mutex = mutex;
  }

  /** How many wait; counted, so O(waiting). */
  get waiting(): number {
    return this.queue.size;
  }

  /**
   * Lets go of the mutex and waits to be notified. Who is notified gets in line for the mutex at once, and this resolves
   * when it has it; so it does before it rejects: the hold is held again either way, for who took it to give back.
   * @throws ArgumentError `ERR_HOLD_OF` when it is a hold of something else; StateError `ERR_RELEASED` when it was given
   *   back; ArgumentRangeError `ERR_DELAY`; rejects with the signal's reason or a TimeoutError
   */
  async wait(hold: Hold, options: Omit<SleepOptions, 'exclusive' | 'first'> = {}): Promise<void> {
    if (!hold.isOf(this.mutex))
      throw new ArgumentError('ERR_HOLD_OF', 'hold must be one of the mutex of the condition');
    if (hold.released) throw new StateError('ERR_RELEASED', 'The hold was given back before');
    const taken: Promise<unknown>[] = [];
    const notified = sleep(this.queue, () => taken.push(this.mutex.retake(hold)), { ...options, exclusive: true });
    hold.release();
    try {
      await notified;
    } finally {
      await (taken[0] ?? this.mutex.retake(hold));
    }
  }

  /** Waits until `test()` is truthy, asked while the mutex is held: at once, and after each notification. As {@link wait}. */
  async waitUntil(hold: Hold, test: () => unknown, options?: Omit<SleepOptions, 'exclusive' | 'first'>): Promise<void> {
    while (!test()) await this.wait(hold, options);
  }

  /** Wakes those who have waited longest. Returns how many. @throws ArgumentRangeError `ERR_NR` */
  notify(nr = 1): number {
    return this.queue.wake(undefined, nr);
  }

  /** Wakes all who wait. Returns how many. */
  notifyAll(): number {
    return this.queue.wakeAll();
  }
}
