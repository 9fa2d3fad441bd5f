import { Completion, type ReusableCompletion } from '../event/completion.js';

/** The callback of a Node function: an error or null, and then the value. */
export type Errback<T> = (error: unknown, value?: T) => void;

/**
 * A completion of a function that takes a callback in Node's manner: `errback((callback) => fs.stat(path, callback))`.
 * `start` may return what stops the operation: called when it is cancelled, and the operation then must not touch
 * anything any more. Only the first call of the callback counts; what `start` throws fails it.
 */
export function errback<T>(start: (callback: Errback<T>) => unknown): Completion<T> {
  const completion = new Completion<T>();
  try {
    const stop = start((error, value) => {
      if (error === null || error === undefined) completion.complete(value as T);
      else completion.fail(error);
    });
    if (typeof stop === 'function' && !completion.settled) {
      completion.onCancel(() => {
        (stop as () => void)();
      });
    }
  } catch (error) {
    completion.fail(error);
  }
  return completion;
}

/** Calls `callback` in Node's manner once the completion has settled: with its value, or its error. */
export function toErrback<T>(completion: ReusableCompletion<T>, callback: Errback<T>): void {
  completion.notify(() => {
    if (completion.state === 'done') callback(null, completion.value);
    else callback(completion.error);
  });
}
