import { completionOf } from '../compound/completion-of.js';
import { Completion, type ReusableCompletion } from '../event/completion.js';
import type { ValueOf, Waitable } from '../event/waitable.js';
import { checkDelay } from '../wait/errors.js';
import { timeout, type TimerOptions } from './timeout.js';

/**
 * A maker of waits, for `forEach` and its like: each brings the last value of `next`, once `ms` milliseconds have passed
 * without another. The next one is waited for in the turn in which one has come, so none is missed in between.
 * @throws ArgumentRangeError `ERR_DELAY`
 */
export function debounce<const W extends Waitable<unknown>>(
  next: () => W,
  ms: number,
  options?: TimerOptions,
): () => Completion<ValueOf<W>> {
  checkDelay('ms', ms);
  return () => {
    const settling = new Completion<ValueOf<W>>();
    let quiet: ReusableCompletion | null = null;
    let waited: ReusableCompletion<unknown>;
    const wait = (): void => {
      waited = completionOf(next() as Waitable<unknown>);
      waited.notify(() => {
        if (waited.state !== 'done') {
          if (settling.state === 'pending' && !settling.cancelRequested) settling.fail(waited.error);
          return;
        }
        const { value } = waited;
        quiet?.cancel();
        quiet = timeout(ms, options);
        quiet.notify(({ state }) => {
          if (state === 'done') settling.complete(value as ValueOf<W>);
        });
        wait();
      });
    };
    settling.notify(() => {
      quiet?.cancel();
      waited.cancel();
    });
    wait();
    return settling;
  };
}
