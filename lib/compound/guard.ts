import { Completion, type ReusableCompletion } from '../event/completion.js';
import { TAKES } from '../event/marks.js';
import { collecting } from '../event/settle.js';
import type { Waitable } from '../event/waitable.js';
import { completionOf } from './completion-of.js';
import { leaveEntry } from './leave-entry.js';
import { Lazy } from './lazy.js';

class Guard<T> extends Lazy<T> {
  private readonly build: (lost: Completion) => Waitable<T>;
  private readonly lost = new Completion();
  private lower: ReusableCompletion<T> | null = null;

  constructor(build: (lost: Completion) => Waitable<T>) {
    super();
    this.marks |= TAKES;
    this.build = build;
  }

  /** @internal */
  override refuse(list: unknown[]): void {
    if (this.lower === null) return;
    // Told once what was taken is back.
    if (this.state !== 'failed') list.push({ refuse: () => this.lost.complete() });
    // One that has given back when it failed need not look again.
    if ((this.lower.marks & TAKES) !== 0) list.push(this.lower);
  }

  protected begin(): void {
    this.insert(
      leaveEntry(() => {
        // Settled by hand, it leaves no wait behind.
        const unused = this.lower?.state === 'pending';
        if (unused) this.lower?.cancel();
        if (unused || this.state === 'cancelled') this.lost.complete();
      }),
      0,
      false,
    );
    // What is built takes nothing before it is known for whom.
    collecting(() => {
      try {
        this.lower = completionOf(this.build(this.lost));
        this.standOn(this.lower, this);
      } catch (error) {
        this.fail(error);
      }
    });
  }
}

/**
 * Something to wait for that is built when somebody waits for it, once: a branch that costs nothing while it is not
 * wanted. It has the outcome of what `build` returns, and owns it unless it has an owner; what `build` throws fails it.
 *
 * `lost` completes, at most once, when the branch has been built and nobody has use for it: it was cancelled, or its
 * compound took another branch, failed or was cancelled. A server that was asked on behalf of the branch is told so (the
 * negative acknowledgement of Concurrent ML, `withNack`). It never completes when the branch, or whichever of a group
 * built here, is taken, nor when it fails itself.
 */
export function guard<T>(build: (lost: Completion) => Waitable<T>): Completion<T> {
  return new Guard(build);
}
