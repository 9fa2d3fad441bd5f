import { uncaught } from '../event/hooks.js';
import { checkDelay } from '../wait/errors.js';
import { WaitQueue } from '../wait/queue.js';
import { sleep, type SleepOptions } from '../wait/sleep.js';
import type { Truthy } from '../wait/wait-until.js';

/** What may end an acquire early, and whether it waits for its turn. */
export interface AcquireOptions extends Pick<SleepOptions, 'signal' | 'timeoutMs' | 'unref'> {
  /** Take what is free although others wait for it. Default false. */
  barge?: boolean;
}

/** Whom to serve, one after the other; not empty while that goes on. */
const toServe: Takers[] = [];

/**
 * Those who wait to take something, first come, first served: the queue behind every lock here. Each is an exclusive
 * entry whose wake function tries to take; the first that cannot ends the walk, so that nobody behind it takes first,
 * and only who took is woken (W6).
 */
export class Takers extends WaitQueue {
  /** @internal To be called when a waiter has left without having taken. */
  readonly passTurn: () => void;
  /** Whether it is to be served yet. */
  private listed = false;

  /** @param leftEarly called when a waiter has left without having taken. Default: the others are served. */
  constructor(leftEarly?: () => void) {
    super();
    this.passTurn =
      leftEarly ??
      ((): void => {
        this.serve();
      });
  }

  /**
   * Takes at once, or when its turn has come. `claim` takes all that it wants and answers with something truthy, or takes
   * nothing and answers with something falsy; what it throws ends the wait.
   * @throws ArgumentRangeError `ERR_DELAY` at once; rejects with the signal's reason, a TimeoutError, or what `claim` threw
   */
  take<T>(claim: () => T, options: AcquireOptions = {}): Promise<Truthy<T>> {
    const { signal, timeoutMs, barge } = options;
    if (timeoutMs !== undefined) checkDelay('timeoutMs', timeoutMs);
    if (signal?.aborted !== true && (barge === true || !this.active)) {
      try {
        const taken = claim();
        if (taken) return Promise.resolve(taken as Truthy<T>);
      } catch (error) {
        return Promise.reject(error);
      }
    }
    return sleep(this, claim as () => Truthy<T>, { ...options, exclusive: true }, this.passTurn);
  }

  /**
   * Lets those who wait take, in order, until one cannot. Flat: what is served while others are being served has its turn
   * after them, so that a million hand-overs in a row do not recurse (W7). What one of them throws is nobody's who gives
   * back: it goes to `hooks.uncaught`, and the others are served.
   */
  serve(): void {
    if (!this.active || this.listed) return;
    this.listed = true;
    toServe.push(this);
    if (toServe.length > 1) return;
    for (const next of toServe) {
      next.listed = false;
      next.serveNow();
    }
    toServe.length = 0;
  }

  /** @internal As {@link serve}, before this returns: for who cannot wait until those have been who are being served. */
  serveNow(): void {
    try {
      this.wakeAll();
    } catch (error) {
      uncaught(error);
    }
  }
}
