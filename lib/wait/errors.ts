/**
 * The errors of the waiting code. A caller's mistake is an {@link ArgumentError}, an {@link ArgumentRangeError} or a
 * {@link StateError}, thrown at once and naming the value that came; an ended wait is an {@link AbortError} or a
 * {@link TimeoutError}, delivered through the wait. Codes are stable, messages are prose.
 */

/** An argument of the wrong kind, or an object in the wrong place. */
export class ArgumentError extends TypeError {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.name = 'ArgumentError';
    this.code = code;
  }
}

/** An argument of the right kind outside its range. */
export class ArgumentRangeError extends RangeError {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.name = 'ArgumentRangeError';
    this.code = code;
  }
}

/** A call that the object's present state does not allow. */
export class StateError extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.name = 'StateError';
    this.code = code;
  }
}

/** A cancelled wait or completion; `cause` is the reason that was given. */
export class AbortError extends Error {
  readonly code = 'ABORT_ERR';

  constructor(message = 'The operation was cancelled', options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'AbortError';
  }
}

/** A wait that took longer than it was given. */
export class TimeoutError extends Error {
  readonly code = 'ERR_TIMEOUT';
  /** The time that was given, in milliseconds. */
  readonly timeoutMs: number;

  constructor(timeoutMs: number) {
    super(`Timed out after ${String(timeoutMs)} ms`);
    this.name = 'TimeoutError';
    this.timeoutMs = timeoutMs;
  }
}

/** Several wake functions threw during one walk (W5); the others were called all the same. */
export class WakeError extends AggregateError {
  readonly code = 'ERR_WAKE';
  /** How many entries the walk woke. */
  readonly woken: number;

  constructor(errors: readonly unknown[], woken: number) {
    super(errors, `${String(errors.length)} wake functions threw`);
    this.name = 'WakeError';
    this.woken = woken;
  }
}

/** The longest delay a host timer takes: one more and it fires at once. */
export const LONGEST_DELAY_MS = 0x7fffffff;

/** Refuses a time that no host timer can keep. */
export function checkDelay(name: string, ms: number): void {
  if (!(ms >= 0 && ms <= LONGEST_DELAY_MS)) {
    throw new ArgumentRangeError(
      'ERR_DELAY',
      `${name} must be from 0 to ${String(LONGEST_DELAY_MS)} milliseconds, got ${String(ms)}`,
    );
  }
}
