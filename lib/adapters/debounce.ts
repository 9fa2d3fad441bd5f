import { completionOf } from '../compound/completion-of.js';
import { tidyEntry } from '../event/callbacks.js';
import { Completion, type ReusableCompletion } from '../event/completion.js';
import { refuseAll } from '../event/forward.js';
import type { ValueOf, Waitable } from '../event/waitable.js';
import { checkDelay } from '../wait/errors.js';
import { timeout, type TimerOptions } from './timeout.js';

/** Makes timers of quiet, and keeps what failed for the round after the one that still had a value to bring. */
interface Rounds {
  readonly next: () => Waitable<unknown>;
  readonly quiet: () => Completion;
  failure: { readonly error: unknown } | null;
}

/** One value that settles; a loop, so that values which are there at once do not nest. */
class Settling<T> {
  readonly settled: Completion<T> = new Completion<T>();
  private readonly rounds: Rounds;
  private latest: T | undefined;
  /** Runs while there is a value and it is quiet. */
  private quiet: Completion | null = null;
  private waited: ReusableCompletion<unknown> | null = null;
  private looping = false;

  constructor(rounds: Rounds) {
    this.rounds = rounds;
    this.settled.add(
      tidyEntry(() => {
        this.quiet?.cancel();
        this.waited?.cancel();
      }),
    );
  }

  loop(): void {
    if (this.looping) return;
    this.looping = true;
    while (this.waited === null && this.settled.state === 'pending') this.wait();
    this.looping = false;
  }

  private wait(): void {
    try {
      const waited = (this.waited = completionOf(this.rounds.next()));
      waited.notify(() => {
        this.waited = null;
        if (waited.state !== 'done') this.failed(waited.error);
        // What came home too late is given back (E9).
        else if (this.settled.state !== 'pending') refuseAll([waited]);
        else this.came(waited.value as T);
        this.loop();
      });
    } catch (error) {
      this.failed(error);
    }
  }

  private came(value: T): void {
    this.latest = value;
    this.quiet?.cancel();
    this.quiet = this.rounds.quiet();
    this.quiet.notify(({ state }) => {
      if (state === 'done') this.settled.complete(this.latest as T);
    });
  }

  private failed(error: unknown): void {
    if (this.settled.state !== 'pending') return;
    if (this.quiet === null) this.settled.fail(error);
    else {
      this.rounds.failure = { error };
      this.settled.complete(this.latest as T);
    }
  }
}

/**
 * A maker of waits, for `forEach` and its like: each brings the last value of `next`, once `ms` milliseconds have passed
 * without another. The next one is waited for in the turn in which one has come, so none is missed in between. When that
 * fails the last value is brought at once, and the wait after it fails. Cancelling one drops the value that it had.
 * @throws ArgumentRangeError `ERR_DELAY`
 */
export function debounce<const W extends Waitable<unknown>>(
  next: () => W,
  ms: number,
  options?: TimerOptions,
): () => Completion<ValueOf<W>> {
  checkDelay('ms', ms);
  const rounds: Rounds = { next, quiet: () => timeout(ms, options), failure: null };
  return () => {
    const settling = new Settling<ValueOf<W>>(rounds);
    const { failure } = rounds;
    rounds.failure = null;
    if (failure === null) settling.loop();
    else settling.settled.fail(failure.error);
    return settling.settled;
  };
}
