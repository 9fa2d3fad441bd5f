import { PASS, UNSEEING, WaitEntry, WOKEN } from '../wait/entry.js';
import type { WaitQueue } from '../wait/queue.js';
import type { ReusableCompletion } from './completion.js';
import { bound, schedulerOf, type CallbackOptions } from './context.js';
import { uncaught } from './hooks.js';
import { CANCEL, SETTLE } from './keys.js';
import type { Outcome } from './outcome.js';
import { DONE, KIND } from './marks.js';

/*
 * The entries behind a completion's callbacks. Each is a plain WaitEntry, so that a queue sees one shape: the wake
 * function knows its key, and `data` is what the user gave.
 */

/** A layer as a function: it may change, hold or take back the outcome, and throws to fail it (C3, C4). */
export type Layer<T> = (outcome: Outcome<T>) => unknown;

type Waiter<C> = (completion: C) => void;
type CancelAction = (reason: unknown) => unknown;

interface Settlers {
  resolve: (value: never) => void;
  reject: (error: unknown) => void;
}

export function layerEntry<T>(layer: Layer<T>, options: CallbackOptions | undefined): WaitEntry<Layer<T>> {
  const entry = new WaitEntry<Layer<T>>(callLayer);
  entry.data = options === undefined ? layer : putOffLayer(layer, options);
  return entry;
}

/** A layer that runs elsewhere holds the chain until it has run (N6). */
function putOffLayer<T>(layer: Layer<T>, options: CallbackOptions): Layer<T> {
  const call = options.bind === true ? bound(layer) : layer;
  const schedule = schedulerOf(options.context);
  if (schedule === null) return call;
  return (outcome) => {
    const resume = outcome.hold();
    schedule(() => {
      outcome.runDeferred(resume, call);
    });
  };
}

export function waiterEntry<C>(waiter: Waiter<C>, options: CallbackOptions | undefined): WaitEntry<Waiter<C>> {
  const entry = new WaitEntry<Waiter<C>>(callWaiter);
  entry.data = options === undefined ? waiter : putOffWaiter(waiter, options);
  return entry;
}

function putOffWaiter<C>(waiter: Waiter<C>, options: CallbackOptions): Waiter<C> {
  const call = options.bind === true ? bound(waiter) : waiter;
  const schedule = schedulerOf(options.context);
  if (schedule === null) return call;
  return (completion) => {
    schedule(() => {
      try {
        call(completion);
      } catch (error) {
        uncaught(error);
      }
    });
  };
}

export function cancelEntry(action: CancelAction, bind: boolean): WaitEntry<CancelAction> {
  return new WaitEntry<CancelAction>(callCancelAction, { data: bind ? bound(action) : action });
}

export function promiseEntry(resolve: Settlers['resolve'], reject: Settlers['reject']): WaitEntry<Settlers> {
  return new WaitEntry<Settlers>(settlePromise, { data: { resolve, reject } });
}

/** Runs `tidy` when the completion has settled, whether or not anybody waits (C8). */
export function tidyEntry(tidy: () => void): WaitEntry<() => void> {
  const entry = new WaitEntry(callTidy, { data: tidy });
  entry.flags = UNSEEING;
  return entry;
}

/** @internal */
export function callLayer<T>(entry: WaitEntry<Layer<T>>, key: unknown, queue: WaitQueue): number {
  if (key !== SETTLE) return PASS;
  entry.data((queue as ReusableCompletion<T>).outcome);
  return WOKEN;
}

/** @internal */
export function callWaiter<C>(entry: WaitEntry<Waiter<C>>, key: unknown, queue: WaitQueue): number {
  if (key !== SETTLE) return PASS;
  entry.data(queue as C);
  return WOKEN;
}

function callCancelAction(entry: WaitEntry<CancelAction>, key: unknown, queue: WaitQueue): number {
  if (key !== CANCEL) return PASS;
  const completion = queue as ReusableCompletion<unknown>;
  // A newer action has settled it: there is nothing left to cancel, nor the reason at hand.
  if ((completion.marks & KIND) !== 0) return PASS;
  if (entry.data(completion.result) === false) completion.leaveRunning();
  return WOKEN;
}

/** @internal */
export function settlePromise(entry: WaitEntry<Settlers>, key: unknown, queue: WaitQueue): number {
  if (key !== SETTLE) return PASS;
  const completion = queue as ReusableCompletion<unknown>;
  if ((completion.marks & KIND) === DONE) entry.data.resolve(completion.result as never);
  else entry.data.reject(completion.shownError());
  return WOKEN;
}

/** @internal */
export function callTidy(entry: WaitEntry<() => void>, key: unknown): number {
  if (key !== SETTLE) return PASS;
  entry.data();
  return WOKEN;
}
