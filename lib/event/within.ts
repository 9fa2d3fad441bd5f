import { checkDelay, TimeoutError } from '../wait/errors.js';
import { tidyEntry } from './callbacks.js';
import { forward } from './forward.js';
import type { ReusableCompletion } from './completion.js';

/** See {@link Completion.within}: `limited` has the outcome of `source`, or fails when that takes longer than `ms`. */
export function limit<T>(
  source: ReusableCompletion<T>,
  limited: ReusableCompletion<T>,
  ms: number,
  options: { unref?: boolean } | undefined,
): void {
  checkDelay('ms', ms);
  const owns = forward(source, limited);
  if (limited.settled) return;
  const timer = setTimeout(() => {
    const error = new TimeoutError(ms);
    if (limited.fail(error) && owns) source.cancel(error);
  }, ms);
  if (options?.unref === true && typeof timer === 'object') timer.unref();
  limited.add(
    tidyEntry(() => {
      clearTimeout(timer);
    }),
  );
}
