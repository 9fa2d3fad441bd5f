import { ArgumentRangeError, LONGEST_DELAY_MS } from '../wait/errors.js';
import { leavable } from '../compound/leavable.js';
import { EventCounter } from '../sync/event-counter.js';
import { systemClock, type Clock, type ClockTimer } from './clock.js';
import type { TimerOptions } from './timeout.js';

/**
 * A counter that grows with time, as `timerfd_create(2)`: reading it answers how many times it has expired since it was
 * read, so a reader that is late misses none and is not flooded. Use `reading()` as a branch of a compound, iterate it,
 * or poll it. Expirations are counted from its start, and do not drift. Dispose it to stop it.
 */
export class Interval extends EventCounter implements AsyncIterable<number> {
  readonly ms: number;
  private readonly clock: Clock;
  private readonly start: number;
  private expired = 0;
  private timer: ClockTimer | null = null;
  private holds: boolean;
  private readonly stopped = new AbortController();

  /** @internal */
  constructor(ms: number, options: TimerOptions = {}) {
    super();
    this.ms = ms;
    this.clock = options.clock ?? systemClock;
    this.holds = options.unref !== true;
    this.start = this.clock.now();
    this.arm();
  }

  ref(): this {
    this.holds = true;
    this.timer?.ref();
    return this;
  }

  unref(): this {
    this.holds = false;
    this.timer?.unref();
    return this;
  }

  /** Stops it, and ends its loops; what has expired can still be read. A second call does nothing. */
  [Symbol.dispose](): void {
    this.timer?.clear();
    this.timer = null;
    this.stopped.abort();
  }

  /** The expirations since the round before, until it is stopped; leaving the loop, also while it waits, stops it. */
  [Symbol.asyncIterator](): AsyncGenerator<number, void, undefined> {
    return leavable(this.rounds(), () => {
      this[Symbol.dispose]();
    });
  }

  private async *rounds(): AsyncGenerator<number, void, undefined> {
    const { signal } = this.stopped;
    for (;;) {
      let count: number;
      try {
        count = signal.aborted ? this.tryRead() : await this.read({ signal });
      } catch (error) {
        if (signal.aborted) return;
        this[Symbol.dispose]();
        throw error;
      }
      if (count === 0) return;
      yield count;
    }
  }

  private arm(): void {
    const next = this.start + (this.expired + 1) * this.ms - this.clock.now();
    this.timer = this.clock.set(
      () => {
        const due = Math.max(Math.floor((this.clock.now() - this.start) / this.ms), this.expired + 1);
        const by = due - this.expired;
        this.expired = due;
        this.arm();
        this.tryWrite(by);
      },
      // Never longer, also when the clock was set back.
      Math.min(Math.max(next, 0), this.ms),
    );
    if (!this.holds) this.timer.unref();
  }
}

/**
 * An interval of `ms` milliseconds that starts now.
 * @throws ArgumentRangeError `ERR_DELAY` unless `ms` is from 1 to 2,147,483,647
 */
export function interval(ms: number, options?: TimerOptions): Interval {
  if (!(ms >= 1 && ms <= LONGEST_DELAY_MS)) {
    throw new ArgumentRangeError('ERR_DELAY', `ms must be from 1 to ${String(LONGEST_DELAY_MS)}, got ${String(ms)}`);
  }
  return new Interval(ms, options);
}
