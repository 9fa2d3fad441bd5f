import { ReusableCompletion } from '../event/completion.js';
import { firstOf } from '../event/first-of.js';
import type { Waitable } from '../event/waitable.js';

/**
 * A completion of whatever can be waited for: itself, if it is one.
 * @throws ArgumentError `ERR_WAITABLE`
 */
export function completionOf<T>(waitable: Waitable<T>): ReusableCompletion<T> {
  const completion: unknown = waitable instanceof ReusableCompletion ? waitable : firstOf([waitable]);
  return completion as ReusableCompletion<T>;
}
