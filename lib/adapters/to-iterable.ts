import type { ReusableCompletion } from '../event/completion.js';
import type { ValueOf, Waitable } from '../event/waitable.js';
import { completionOf } from '../compound/completion-of.js';
import { leavable } from '../compound/leavable.js';

/** What is waited for, and whether the reader has left. */
interface Reading {
  wait: ReusableCompletion<unknown> | null;
  left: boolean;
}

/**
 * An asynchronous iterable of what `next` makes, one wait for each round: a choice of whichever is ready, mostly. It ends
 * when `next` answers null, and throws what a wait fails with. `return`, also while it waits, and the signal cancel the
 * wait, unless that has another owner; `return` settles once that has: what must be left to finish is waited for.
 */
export function toIterable<const W extends Waitable<unknown>>(
  next: (round: number) => W | null,
  options?: { signal?: AbortSignal },
): AsyncGenerator<ValueOf<W>, void, undefined> {
  const reading: Reading = { wait: null, left: false };
  const rounds = roundsOf(next, options?.signal, reading);
  return leavable(rounds as AsyncGenerator<ValueOf<W>, void, undefined>, () => {
    reading.left = true;
    reading.wait?.cancel();
  });
}

async function* roundsOf(
  next: (round: number) => Waitable<unknown> | null,
  signal: AbortSignal | undefined,
  reading: Reading,
): AsyncGenerator<unknown, void, undefined> {
  const left = (): boolean => reading.left;
  for (let round = 0; !left(); round++) {
    const made = next(round);
    if (made === null) return;
    const wait = (reading.wait = completionOf(made));
    if (signal !== undefined) wait.cancelOn(signal);
    // The reader left while it was being made.
    if (left()) wait.cancel();
    let value: unknown;
    try {
      value = await wait.promise();
    } catch (error) {
      if (left() && wait.state === 'cancelled') return;
      throw error;
    }
    yield value;
  }
}
