import { tidyEntry } from '../event/callbacks.js';
import { Completion, type ReusableCompletion } from '../event/completion.js';
import { refuseAll } from '../event/forward.js';
import { CANCELLED } from '../event/marks.js';
import type { ValueOf, Waitable } from '../event/waitable.js';
import { completionOf } from './completion-of.js';
import { isThenable } from './thenable.js';

type Next = (round: number) => Waitable<unknown>;
type Body = (value: never, round: number) => unknown;

/** One wait after the other, each followed by the body; a loop, so that what is ready at once does not nest. */
class Rounds {
  readonly ended: Completion<number> = new Completion<number>();
  private readonly next: Next;
  private readonly body: Body;
  private round = 0;
  /** What is waited for; null while the body runs. */
  private waited: ReusableCompletion<unknown> | null = null;
  private looping = false;
  /** The wait, or the body, of a round is under way. */
  private busy = false;

  constructor(next: Next, body: Body) {
    this.next = next;
    this.body = body;
    this.ended.onCancel(() => {
      // A body is left to finish.
      if (this.waited === null) return false;
      this.ended.cancelThrough(this.waited);
      return true;
    });
    // Settled by hand, it leaves no wait behind.
    this.ended.add(tidyEntry(() => this.waited?.cancel()));
  }

  loop(): void {
    if (this.looping) return;
    this.looping = true;
    while (!this.busy && this.ended.state === 'pending') {
      if (this.ended.cancelRequested) this.ended.claim(CANCELLED, this.ended.result);
      else this.wait();
    }
    this.looping = false;
  }

  private wait(): void {
    this.busy = true;
    try {
      const waited = (this.waited = completionOf(this.next(this.round)));
      waited.notify(() => {
        this.waited = null;
        if (this.ended.state !== 'pending') {
          refuseAll([waited]);
          return;
        }
        // What came home in spite of a cancel was taken from others, and is dealt with.
        if (waited.state === 'done') this.runBody(waited.value);
        else if (this.ended.cancelRequested) this.roundEnded(true);
        else this.ended.fail(waited.error);
      });
      // Cancelled, or settled by hand, while it was being made.
      const { cancelRequested, cancelReason, state } = this.ended;
      if (this.waited === waited && (cancelRequested || state !== 'pending')) waited.cancel(cancelReason);
    } catch (error) {
      this.ended.fail(error);
    }
  }

  private runBody(value: unknown): void {
    try {
      const answer = this.body(value as never, this.round++);
      if (!isThenable(answer)) this.roundEnded(answer);
      else {
        // A thenable of somebody else's may tell twice.
        Promise.resolve(answer).then(
          (answered) => {
            this.roundEnded(answered);
          },
          (error: unknown) => this.ended.fail(error),
        );
      }
    } catch (error) {
      this.ended.fail(error);
    }
  }

  private roundEnded(answer: unknown): void {
    this.busy = false;
    if (answer === false) this.ended.complete(this.round);
    else this.loop();
  }
}

/**
 * Waits, again and again, for what `next` makes (a choice of whichever is ready, mostly) and calls `body` with what that
 * brings. The next round begins when what the body returns, or promises, is there: nothing is taken that the body has no
 * time for. Ends when the body answers `false`, with the number of rounds, or fails when a wait or the body does.
 *
 * Cancelling it, or its signal, cancels the wait, unless that has another owner; a body that runs is left to finish, and
 * what a wait brings home all the same is still handed to it. Rounds cost no memory, however many.
 */
export function forEach<const W extends Waitable<unknown>>(
  next: (round: number) => W,
  body: (value: ValueOf<W>, round: number) => unknown,
  options?: { signal?: AbortSignal },
): Completion<number> {
  const rounds = new Rounds(next, body);
  if (options?.signal !== undefined) rounds.ended.cancelOn(options.signal);
  rounds.loop();
  return rounds.ended;
}
