import { checkDelay } from '../wait/errors.js';
import { tidyEntry } from '../event/callbacks.js';
import { Completion } from '../event/completion.js';

export interface TimerOptions {
  /** The timer does not keep the process alive. Default false. */
  unref?: boolean;
}

/**
 * Completes after `ms` milliseconds; cancelling it stops the timer.
 * @throws ArgumentRangeError `ERR_DELAY` unless `ms` is from 0 to 2,147,483,647
 */
export function timeout(ms: number, options?: TimerOptions): Completion {
  checkDelay('ms', ms);
  const completion = new Completion();
  const timer = setTimeout(() => completion.complete(), ms);
  if (options?.unref === true && typeof timer === 'object') timer.unref();
  completion.add(
    tidyEntry(() => {
      clearTimeout(timer);
    }),
  );
  return completion;
}
