import { ArgumentRangeError, checkDelay } from '../wait/errors.js';

/** A timer that was set. */
export interface ClockTimer {
  clear(): void;
  /** Keeps the process alive, as timers do by default; of no effect where the host knows no such thing. */
  ref(): void;
  unref(): void;
}

/** What timers are set on: the host's clock, or one that a test moves. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Calls `run` once, after `ms` milliseconds, from 0 to 2,147,483,647. */
  set(run: () => void, ms: number): ClockTimer;
}

/** The host's timers. */
export const systemClock: Clock = {
  now: () => Date.now(),
  set(run, ms) {
    const timer: unknown = setTimeout(run, ms);
    const host = timer as { ref?: () => void; unref?: () => void };
    return {
      clear: () => {
        clearTimeout(timer as number);
      },
      ref: () => host.ref?.(),
      unref: () => host.unref?.(),
    };
  },
};

interface Due {
  readonly at: number;
  readonly run: () => void;
}

/** A clock that stands still until it is moved: for tests, and for programs that simulate time. */
export class ManualClock implements Clock {
  private time: number;
  private readonly timers: Due[] = [];

  /** @throws ArgumentRangeError `ERR_DELAY` unless `time` is a point in time */
  constructor(time = 0) {
    if (!Number.isFinite(time)) throw new ArgumentRangeError('ERR_DELAY', `time must be finite, got ${String(time)}`);
    this.time = time;
  }

  now(): number {
    return this.time;
  }

  /** How many timers are set. */
  get pending(): number {
    return this.timers.length;
  }

  /** @throws ArgumentRangeError `ERR_DELAY` unless `ms` is from 0 to 2,147,483,647 */
  set(run: () => void, ms: number): ClockTimer {
    checkDelay('ms', ms);
    const due = { at: this.time + ms, run };
    // Behind those that are due at the same time.
    let place = this.timers.length;
    while (place > 0 && (this.timers[place - 1] as Due).at > due.at) place--;
    this.timers.splice(place, 0, due);
    const clear = (): void => {
      const at = this.timers.indexOf(due);
      if (at >= 0) this.timers.splice(at, 1);
    };
    return { clear, ref: () => undefined, unref: () => undefined };
  }

  /**
   * Moves the time on and runs what comes due, in order, each at its time; also what that sets.
   * @throws ArgumentRangeError `ERR_DELAY` unless `ms` is a finite number from 0 up; what is run throws
   */
  advance(ms: number): void {
    if (!(ms >= 0 && Number.isFinite(ms))) {
      throw new ArgumentRangeError('ERR_DELAY', `ms must be a finite number from 0 up, got ${String(ms)}`);
    }
    const end = this.time + ms;
    for (let next = this.timers[0]; next !== undefined && next.at <= end; next = this.timers[0]) {
      this.timers.shift();
      this.time = Math.max(this.time, next.at);
      next.run();
    }
    // What ran may have moved it further.
    this.time = Math.max(this.time, end);
  }
}
