import { PASS, UNSEEING, WaitEntry, WOKEN } from '../wait/entry.js';
import type { WaitQueue } from '../wait/queue.js';
import type { ReusableCompletion } from './completion.js';
import { CANCEL, SETTLE } from '../wait/keys.js';
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

export function layerEntry<T>(layer: Layer<T>): WaitEntry<Layer<T>> {
  const entry = new WaitEntry<Layer<T>>(callLayer);
  entry.data = layer;
  return entry;
}

export function waiterEntry<C>(waiter: Waiter<C>): WaitEntry<Waiter<C>> {
  const entry = new WaitEntry<Waiter<C>>(callWaiter);
  entry.data = waiter;
  return entry;
}

export function cancelEntry(action: CancelAction): WaitEntry<CancelAction> {
  return new WaitEntry<CancelAction>(callCancelAction, { data: action });
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
