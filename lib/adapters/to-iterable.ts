import type { ValueOf, Waitable } from '../event/waitable.js';
import { completionOf } from '../compound/completion-of.js';

/**
 * An asynchronous iterable of what `next` makes, one wait for each round: a choice of whichever is ready, mostly. It ends
 * when `next` answers null, and throws what a wait fails with. Leaving the loop while it waits is not possible; use
 * `signal` to cancel the wait.
 */
export async function* toIterable<const W extends Waitable<unknown>>(
  next: (round: number) => W | null,
  options?: { signal?: AbortSignal },
): AsyncGenerator<ValueOf<W>, void, undefined> {
  for (let round = 0; ; round++) {
    const made = next(round);
    if (made === null) return;
    const wait = completionOf(made);
    if (options?.signal !== undefined) wait.cancelOn(options.signal);
    yield (await wait.promise()) as ValueOf<W>;
  }
}
