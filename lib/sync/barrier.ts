import { checkDelay } from '../wait/errors.js';
import { sleep, type SleepOptions } from '../wait/sleep.js';
import { WaitQueue } from '../wait/queue.js';
import { collecting } from '../event/settle.js';
import { checkedCount } from './latch.js';
import type { StandingOptions } from './standing.js';
import { Wakened } from './wakened.js';

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
    if (options.timeoutMs !== undefined) checkDelay('timeoutMs', options.timeoutMs);
    const goes = options.signal?.aborted !== true;
    if (goes && this.isLast) return Promise.resolve(this.pass());
    const waiting = sleep<number>(this.queue, null, options, () => {
      this.arrived--;
    });
    if (goes) this.arrived++;
    return waiting;
  }

  /**
   * Arriving, as a branch of a compound: it has arrived while somebody waits for it, and has not when it loses before the
   * last one comes. What the last one found arrived was there: that cannot be taken back.
   * @throws ArgumentRangeError `ERR_DELAY`
   */
  arriving(options?: StandingOptions): Wakened<number> {
    const awaited = {
      arrive: () => (this.isLast ? { value: this.pass() } : null),
      arrived: () => {
        this.arrived++;
      },
      woken: (round: unknown) => round as number,
      left: () => {
        this.arrived--;
      },
    };
    return new Wakened(this.queue, awaited, options);
  }

  private get isLast(): boolean {
    return this.arrived + 1 === this.parties;
  }

  /** All are there: sets them free, all in one step, before any of them does a thing, and itself up for the next round. */
  private pass(): number {
    const round = this.rounds++;
    this.arrived = 0;
    collecting(() => this.queue.wakeAll(round));
    return round;
  }
}
