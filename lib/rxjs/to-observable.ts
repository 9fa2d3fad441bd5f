import { Observable } from 'rxjs';
import type { ReusableCompletion } from '../event/completion.js';

/**
 * An observable that emits a completion's value and ends, or errs with its error. Every subscriber gets it, also after
 * settling. Unsubscribing lets go; with `cancel` the last subscriber to leave cancels the completion.
 */
export function toObservable<T>(completion: ReusableCompletion<T>, options?: { cancel?: boolean }): Observable<T> {
  let subscribers = 0;
  return new Observable<T>((subscriber) => {
    subscribers++;
    const entry = completion.notify((settled) => {
      if (settled.state === 'done') {
        subscriber.next(settled.value);
        subscriber.complete();
      } else subscriber.error(settled.error);
    });
    return () => {
      completion.remove(entry);
      if (--subscribers === 0 && options?.cancel === true) completion.cancel();
    };
  });
}
