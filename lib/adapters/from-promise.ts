import { Completion } from '../event/completion.js';
import { hubOfPromise } from '../event/promise-hub.js';

/**
 * A completion with the outcome of a promise or thenable. A promise cannot be cancelled: cancelling the completion only
 * lets go of it. A rejection counts as handled. However many are made of one promise, it is given one reaction.
 */
export function fromPromise<T>(promise: PromiseLike<T>): Completion<T> {
  const completion = new Completion<T>();
  hubOfPromise(promise).forward(completion, { own: false });
  return completion;
}
