import { ReusableCompletion, type Completion } from '../event/completion.js';
import { refuseAll } from '../event/forward.js';
import { KIND, OWNED, TAKES } from '../event/marks.js';
import type { ValueOf, Waitable } from '../event/waitable.js';
import { completionOf } from './completion-of.js';
import { leaveEntry } from './leave-entry.js';
import { Lazy } from './lazy.js';

class Mapped<S, T> extends Lazy<T> {
  private readonly source: Waitable<S>;
  private readonly change: (value: S) => T;
  private lower: ReusableCompletion<S> | null = null;
  /** The change is a layer of one in between, so that no layer that is put on this sees a value not yet changed. */
  private between: ReusableCompletion<unknown> | null = null;

  constructor(source: Waitable<S>, change: (value: S) => T) {
    super();
    this.marks |= TAKES;
    this.source = source;
    this.change = change;
    this.add(
      leaveEntry(() => {
        // Settled by hand, it leaves no wait behind; nothing to ask of one that has settled.
        this.between?.cancel();
        if (this.between === null) this.leaveSource();
      }),
    );
  }

  /** @internal */
  override refuse(list: unknown[]): void {
    // Once is enough: of a row each one looks when it fails.
    if (this.between?.settled === true) this.marks &= ~TAKES;
    const source = this.lower ?? this.unbegun();
    if (source !== null && (source.marks & TAKES) !== 0) list.push(source);
  }

  protected begin(): void {
    const between = (this.between = new ReusableCompletion<unknown>());
    between.intercept((outcome) => {
      if (outcome.status === 'done') outcome.succeed(this.change(outcome.value as S));
    });
    between.add(
      leaveEntry(() => {
        // The change threw, or has settled this by hand: it has no use for what was taken.
        if (between.state === 'failed' || (this.marks & KIND) !== 0) refuseAll([this]);
      }),
    );
    try {
      this.lower = completionOf(this.source);
    } catch (error) {
      this.fail(error);
      return;
    }
    between.forward(this);
    this.standOn(this.lower, between);
  }

  /** Nobody has waited, but the source may be a compound that waits, or has taken, all the same. */
  private leaveSource(): void {
    const source = this.unbegun();
    if (source?.cancel() === 'too-late') refuseAll([source]);
  }

  /** The source as long as nobody waits, if it is a completion that nobody else owns. */
  private unbegun(): ReusableCompletion<S> | null {
    const { source } = this;
    return source instanceof ReusableCompletion && (source.marks & OWNED) === 0 ? source : null;
  }
}

/**
 * A completion of `change(value)` once `source` brings its value; failures and cancels pass as they are, and what
 * `change` throws fails it, as does a source that cannot be waited for (`ERR_WAITABLE`). The source is waited for when this is, is owned by it, and takes back what it took when
 * nobody has use for it (E9). Of the branches of a choice `change` may run also for one that loses after all; where only
 * the winner is to run something, use {@link select}.
 */
export function map<const W extends Waitable<unknown>, T>(source: W, change: (value: ValueOf<W>) => T): Completion<T> {
  return new Mapped<unknown, T>(source, change as (value: unknown) => T);
}
