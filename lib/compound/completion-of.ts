import { Completion, ReusableCompletion } from '../event/completion.js';
import { firstOf } from '../event/first-of.js';
import { OWNED } from '../event/marks.js';
import type { Waitable } from '../event/waitable.js';

/**
 * A completion of whatever can be waited for: itself, if it is one. Of one that has an owner another, so that who waits
 * for it neither cancels it nor gives back what it took (E3, E9).
 * @throws ArgumentError `ERR_WAITABLE`
 */
export function completionOf<T>(waitable: Waitable<T>): ReusableCompletion<T> {
  const completion: unknown = waitable instanceof ReusableCompletion ? notOwned(waitable) : firstOf([waitable]);
  return completion as ReusableCompletion<T>;
}

function notOwned(completion: ReusableCompletion<unknown>): ReusableCompletion<unknown> {
  if ((completion.marks & OWNED) === 0) return completion;
  const watching = new Completion<unknown>();
  completion.forward(watching, { own: false });
  return watching;
}
