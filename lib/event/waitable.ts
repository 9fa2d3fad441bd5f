import { ArgumentError } from '../wait/errors.js';
import { WaitQueue } from '../wait/queue.js';
import type { ReusableCompletion } from './completion.js';
import { hubOfPromise } from './promise-hub.js';
import { hubOfSignal } from './signal-hub.js';

/**
 * What can be a child of a compound: a completion or compound, a plain wait queue (its next wake, with the key as
 * value), a promise, an AbortSignal (its abort, with the reason as value), or any of these in {@link watch}. Adapters
 * turn the rest into completions.
 */
export type Waitable<T> = ReusableCompletion<T> | WaitQueue | PromiseLike<T> | AbortSignal | Watch<T>;

/** The type of value that a waitable brings. */
export type ValueOf<W> =
  W extends ReusableCompletion<infer T>
    ? T
    : W extends Watch<infer T>
      ? T
      : W extends WaitQueue | AbortSignal
        ? unknown
        : W extends PromiseLike<infer T>
          ? T
          : never;

/** A waitable that is not to be owned: it is let go, not cancelled, with its parent (E3). Made by {@link watch}. */
export class Watch<T> {
  /** @internal */ readonly source: WaitQueue;
  /** Only for the type: without it anything would be one. */ declare readonly value: T;

  /** @internal */
  constructor(source: WaitQueue) {
    this.source = source;
  }

  /** @internal */
  get ['wakechain.Watch'](): true {
    return true;
  }

  /** @internal Whether `value` is a watched waitable, also one made by another copy of this package. */
  static is(value: unknown): value is Watch<unknown> {
    return typeof value === 'object' && value !== null && 'wakechain.Watch' in value;
  }
}

/** The waitable as a child that its parents only watch: cancelling a parent does not cancel it (E3). */
export function watch<T>(waitable: Waitable<T>): Watch<T> {
  const source = sourceOf(waitable);
  return Watch.is(source) ? (source as Watch<T>) : new Watch<T>(source);
}

/**
 * The queue to stand on for a waitable. Promises and signals share one completion each, watched and never owned.
 * @throws ArgumentError `ERR_WAITABLE`
 */
export function sourceOf(waitable: Waitable<unknown>): WaitQueue | Watch<unknown> {
  if (WaitQueue.is(waitable) || Watch.is(waitable)) return waitable;
  const value: unknown = waitable;
  if (typeof value === 'object' && value !== null) {
    if (typeof AbortSignal === 'function' && value instanceof AbortSignal) return new Watch(hubOfSignal(value));
    if ('then' in value && typeof value.then === 'function') {
      return new Watch(hubOfPromise(value as PromiseLike<unknown>));
    }
  }
  throw new ArgumentError(
    'ERR_WAITABLE',
    `A completion, compound, wait queue, promise or AbortSignal was expected, got ${describe(value)}`,
  );
}

function describe(value: unknown): string {
  return typeof value === 'object' && value !== null
    ? `an object ${Object.prototype.toString.call(value)}`
    : String(value);
}
