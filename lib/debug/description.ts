import { ReusableCompletion } from '../event/completion.js';
import { CompoundEvent } from '../event/compound.js';
import { hubs } from '../event/promise-hub.js';
import { SemaphoreGroup } from '../sync/acquire-all.js';
import { Standing } from '../sync/standing.js';
import { ArgumentError } from '../wait/errors.js';
import { lockOf, noteLock } from './locks.js';
import { Task } from './task.js';

/*
 * Descriptions lie beside what they describe, so that nothing carries a field for one. A promise and what waits for it
 * here are two objects, and who described the promise means both.
 */

const descriptions = new WeakMap<object, string>();
const promises = new Set<WeakRef<object>>();
/** Look for promises that are gone when there are so many. */
let many = 1000;

/**
 * Gives anything that can be waited for a description for {@link explain} and its kin: a completion, compound, queue,
 * promise, AbortSignal, lock, channel. Returns it. Costs nothing when it is not called; a second call replaces the first.
 * @throws ArgumentError `ERR_DESCRIBED` for what is no object
 */
export function describe<T extends object>(waitable: T, description: string): T {
  const given: unknown = waitable;
  if ((typeof given !== 'object' && typeof given !== 'function') || given === null) {
    throw new ArgumentError('ERR_DESCRIBED', `describe() takes an object, got ${String(given)}`);
  }
  const again = descriptions.has(waitable);
  descriptions.set(waitable, description);
  noteLock(waitable);
  if (!again && 'then' in waitable && !ReusableCompletion.is(waitable)) rememberPromise(waitable);
  return waitable;
}

function rememberPromise(promise: object): void {
  promises.add(new WeakRef(promise));
  if (promises.size <= many) return;
  for (const reference of promises) if (reference.deref() === undefined) promises.delete(reference);
  many = Math.max(1000, 2 * promises.size);
}

/** What it was described as, if it was. */
export function descriptionOf(waitable: object): string | undefined {
  return descriptions.get(waitable) ?? descriptionOfPromise(waitable);
}

/** Of the completion that stands on a promise: what the promise was described as. */
function descriptionOfPromise(hub: object): string | undefined {
  for (const reference of promises) {
    const promise = reference.deref();
    if (promise === undefined) promises.delete(reference);
    else if (hubs.get(promise) === hub) return descriptions.get(promise);
  }
  return undefined;
}

/** What kind of thing it is and its description, such as `Mutex "accounts"`. */
export function nameOf(waitable: object): string {
  const lock = lockOf(waitable);
  return ownNameOf(lock ?? waitable);
}

/** As {@link nameOf}, of a queue also where it is known whose it is. */
export function ownNameOf(waitable: object): string {
  const description = descriptionOf(waitable);
  const kind = kindOf(waitable);
  return description === undefined ? `${kind}${detailsOf(waitable)}` : `${kind} "${description}"`;
}

/** Of what stands in a line the lock tells more than its kind. */
function detailsOf(waitable: object): string {
  if (waitable instanceof Standing) return waitable.standsIn === null ? '' : ` of ${nameOf(waitable.standsIn)}`;
  if (!(waitable instanceof SemaphoreGroup)) return '';
  const amounts = [...waitable.amounts].map(([semaphore, permits]) => `${String(permits)} of ${nameOf(semaphore)}`);
  return ` (${amounts.join(', ')})`;
}

function kindOf(waitable: object): string {
  if (waitable instanceof Task) return String(waitable);
  // A bundler puts an underscore before the name of a class that names itself.
  const kind = waitable.constructor.name.replace(/^_/, '');
  return kind === 'SignalHub' ? 'AbortSignal' : kind;
}

/** How it stands: of a completion its state, of a compound also how many have come. */
export function stateOf(waitable: object): string {
  if (!ReusableCompletion.is(waitable)) return '';
  const asked = waitable.state === 'pending' && waitable.cancelRequested ? ', asked to cancel' : '';
  const came =
    waitable instanceof CompoundEvent
      ? `, ${String(waitable.settledChildren)} of ${String(waitable.children.length)} settled` +
        (waitable.sealed ? '' : ', not sealed')
      : '';
  return `${waitable.state}${asked}${came}`;
}
