import { tidyEntry } from '../event/callbacks.js';
import type { ReusableCompletion } from '../event/completion.js';

/**
 * An AbortSignal that aborts when the completion is asked to cancel, for operations that take one (`fetch`, `fs`). Its
 * reason is the cancel's. A completion that ends otherwise never aborts it.
 */
export function toSignal(completion: ReusableCompletion<unknown>): AbortSignal {
  const controller = new AbortController();
  if (completion.state === 'cancelled') controller.abort(completion.error);
  if (completion.settled) return controller.signal;
  // While it is left to run, its result is the reason it was asked to cancel for.
  if (completion.state === 'pending' && completion.cancelRequested) controller.abort(completion.result);
  const action = completion.onCancel((reason) => {
    controller.abort(reason);
  });
  completion.add(
    tidyEntry(() => {
      completion.remove(action);
      if (completion.state === 'cancelled') controller.abort(completion.error);
    }),
  );
  return controller.signal;
}
