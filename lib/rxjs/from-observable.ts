import { take, type Observable } from 'rxjs';
import { tidyEntry } from '../event/callbacks.js';
import { Completion } from '../event/completion.js';
import { StateError } from '../wait/errors.js';

/**
 * A completion of an observable's first value; an observable that ends without one fails it with a StateError
 * `ERR_EMPTY`. Subscribes at once and unsubscribes when it settles, also by cancelling.
 */
export function fromObservable<T>(observable: Observable<T>): Completion<T> {
  const completion = new Completion<T>();
  // `take` ends also a source that emits without end inside of `subscribe`.
  const subscription = observable.pipe(take(1)).subscribe({
    next: (value) => completion.complete(value),
    error: (error: unknown) => completion.fail(error),
    complete: () => completion.fail(new StateError('ERR_EMPTY', 'The observable ended without a value')),
  });
  completion.add(
    tidyEntry(() => {
      subscription.unsubscribe();
    }),
  );
  return completion;
}
