import { checkDelay, LONGEST_DELAY_MS } from '../wait/errors.js';
import { tidyEntry } from '../event/callbacks.js';
import { Completion } from '../event/completion.js';
import type { CompletionOptions } from '../event/completion-types.js';
import { systemClock, type Clock, type ClockTimer } from './clock.js';

/** Whether a timer holds the process open, and which clock it goes by. */
export interface TimerOptions {
  /** The timer does not keep the process alive. Default false. */
  unref?: boolean;
  /** What it is set on. Default: the host's clock. */
  clock?: Clock;
}

/** As of every timer, and what cancels one that is a completion: with `signal` it is a sleep that can be cut short. */
export interface TimeoutOptions extends TimerOptions, CompletionOptions {}

/** A timer as a completion; cancelling it stops the timer. */
export class Timer extends Completion {
  /** When it is due, in milliseconds since the epoch. */
  readonly at: number;
  private readonly clock: Clock;
  private timer: ClockTimer | null = null;
  private holds: boolean;

  /** @internal */
  constructor(at: number, options: TimeoutOptions = {}) {
    super(options);
    this.at = at;
    this.clock = options.clock ?? systemClock;
    this.holds = options.unref !== true;
    this.add(
      tidyEntry(() => {
        this.timer?.clear();
        this.timer = null;
      }),
    );
    if (!this.settled) this.arm();
  }

  /** From now on it keeps the process alive, as by default. */
  ref(): this {
    this.holds = true;
    this.timer?.ref();
    return this;
  }

  /** From now on it does not keep the process alive. */
  unref(): this {
    this.holds = false;
    this.timer?.unref();
    return this;
  }

  /** In steps: a host's timer keeps no time of more than 24 days. */
  private arm(): void {
    const left = Math.max(this.at - this.clock.now(), 0);
    const step = Math.min(left, LONGEST_DELAY_MS);
    this.timer = this.clock.set(() => {
      if (step < left) this.arm();
      else this.complete();
    }, step);
    if (!this.holds) this.timer.unref();
  }
}

/**
 * Completes after `ms` milliseconds; cancelling it stops the timer.
 * @throws ArgumentRangeError `ERR_DELAY` unless `ms` is from 0 to 2,147,483,647
 */
export function timeout(ms: number, options?: TimeoutOptions): Timer {
  checkDelay('ms', ms);
  return new Timer((options?.clock ?? systemClock).now() + ms, options);
}
