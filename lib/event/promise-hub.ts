import { ReusableCompletion } from './completion.js';

/** @internal */
export const hubs: WeakMap<object, ReusableCompletion<unknown>> = new WeakMap();

/**
 * The one completion that stands on a promise, however many wait for it: a promise keeps every reaction it was ever
 * given, so a long-lived one that is raced again and again must be given only one.
 */
export function hubOfPromise(promise: PromiseLike<unknown>): ReusableCompletion<unknown> {
  let hub = hubs.get(promise);
  if (hub === undefined) {
    const made = (hub = new ReusableCompletion<unknown>());
    hubs.set(promise, made);
    promise.then(
      (value) => made.complete(value),
      (error: unknown) => made.fail(error),
    );
  }
  return hub;
}
