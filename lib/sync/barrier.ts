import { sleep, type SleepOptions } from '../wait/sleep.js';
import { WaitQueue } from '../wait/queue.js';
import { checkedCount } from './latch.js';

/**
 * A point where so many meet, again and again: who arrives waits for the others, and the last one sets all free and the
 * barrier up for the next round.
 */
export class Barrier {
  /** How many meet. */
  readonly parties: number;
  private readonly queue = new WaitQueue();
  private arrived = 0;
  private rounds = 0;

  /** @throws ArgumentRangeError `ERR_COUNT` unless `parties` is a whole number from 1 up */
  constructor(parties: number) {
    this.parties = checkedCount('parties', parties, 1);
  }

  /** How many have arrived and wait. */
  get waiting(): number {
    return this.arrived;
  }

  /**
   * Arrives, and resolves when all have, with the number of the round, from 0. Who leaves early has not arrived: the
   * others wait for somebody else in its place, and the barrier is not broken.
   * @throws ArgumentRangeError `ERR_DELAY`; rejects with the signal's reason or a TimeoutError
   */
  arrive(options: Omit<SleepOptions, 'exclusive' | 'first'> = {}): Promise<number> {
    const left = (): void => {
      this.arrived--;
    };
    const last = options.signal?.aborted !== true && this.arrived + 1 === this.parties;
    if (last) {
      const round = this.rounds++;
      this.arrived = 0;
      this.queue.wakeAll(round);
      return Promise.resolve(round);
    }
    const waiting = sleep<number>(this.queue, null, options, left);
    if (options.signal?.aborted !== true) this.arrived++;
    return waiting;
  }
}
