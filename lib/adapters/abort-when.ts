import type { Waitable } from '../event/waitable.js';
import { completionOf } from '../compound/completion-of.js';

/**
 * An AbortController that aborts when something has come: with its value as the reason, or with what it failed with. One
 * of several signals or a time: `abortWhen(firstOf([one, other, timeout(50)])).signal`. Aborting it by hand cancels what
 * it waits for, unless that has another owner, so nothing stays registered on long-lived signals.
 */
export function abortWhen(waitable: Waitable<unknown>): AbortController {
  const controller = new AbortController();
  const completion = completionOf(waitable);
  completion.notify(() => {
    const { state } = completion;
    if (!controller.signal.aborted) controller.abort(state === 'done' ? completion.value : completion.error);
  });
  controller.signal.addEventListener('abort', () => completion.cancel(controller.signal.reason), { once: true });
  return controller;
}
