import { OWNING, PASS, WaitEntry, WOKEN } from '../wait/entry.js';
import { AbortError, StateError } from '../wait/errors.js';
import type { WaitQueue } from '../wait/queue.js';
import { ReusableCompletion } from './completion.js';
import type { CompletionState } from './completion-types.js';
import type { CompoundEvent } from './compound.js';
import { SETTLE } from '../wait/keys.js';
import { ARRIVED, CANCELLED, DONE, ERROR_MADE, FAILED, KIND, LOST, OUTCOME, PENDING, REASON, TAKES } from './marks.js';

/**
 * A child's place in its parent: the entry on the child's queue, and what became of it (E5). Fields are few, because
 * there are many children: what fits goes into `flags`, and the stamp, of no use off the queue, is the arrival then.
 */
export class Child<C = unknown> extends WaitEntry<CompoundEvent<never, C>> {
  /** What is waited for. */
  declare readonly source: WaitQueue;
  /** @internal */ declare result: unknown;

  /** @internal */
  constructor(parent: CompoundEvent<never, C>, source: WaitQueue, owned: boolean) {
    super(childSettled);
    this.data = parent;
    this.flags = owned ? OWNING | PENDING : PENDING;
    this.source = source;
    this.result = undefined;
  }

  /** Whether cancelling the parent cancels it (E3). */
  get owned(): boolean {
    return (this.flags & OWNING) !== 0;
  }

  /** Its place in the order of arrival, from 0; -1 while pending. */
  get arrival(): number {
    return (this.flags & ARRIVED) === 0 ? -1 : this.stamp;
  }

  /** Whether the parent's outcome was decided by others while this was pending. */
  get lost(): boolean {
    return (this.flags & LOST) !== 0;
  }

  /** @internal How it ended, 0 while it has not. */
  get kind(): number {
    return this.flags >> OUTCOME;
  }

  /** How it ended; of a loser that was let go, how it stands now. */
  get state(): CompletionState {
    const { kind } = this;
    if (kind !== 0) return kind === DONE ? 'done' : kind === FAILED ? 'failed' : 'cancelled';
    return ReusableCompletion.is(this.source) ? this.source.state : 'pending';
  }

  /** The value; of a plain wait queue, the key it was woken with. @throws StateError `ERR_NOT_DONE` */
  get value(): C {
    if (this.kind !== DONE) throw new StateError('ERR_NOT_DONE', `The child has no value, its state is ${this.state}`);
    return this.result as C;
  }

  /** What it failed with, or its AbortError; undefined otherwise. */
  get error(): unknown {
    if (this.kind === REASON) {
      const source = this.source as ReusableCompletion<unknown>;
      const shown = source.state === 'cancelled' ? source.shownError() : null;
      const stands = shown instanceof AbortError && shown.cause === this.result;
      this.end(CANCELLED, stands ? shown : new AbortError(undefined, { cause: this.result }));
    }
    return this.kind === DONE ? undefined : this.result;
  }

  /** @internal Takes over the outcome of a completion. */
  takeOutcome({ marks, result }: ReusableCompletion<unknown>): void {
    const kind = marks & KIND;
    this.end(kind === CANCELLED && (marks & ERROR_MADE) === 0 ? REASON : kind, result);
  }

  /** @internal */
  end(kind: number, result: unknown): void {
    this.flags = (this.flags & 511) | (kind << OUTCOME);
    this.result = result;
  }

  /** @internal Gives it its place in the order of arrival, and returns how it ended. */
  arriveAs(place: number): number {
    this.flags = (this.flags & ~PENDING) | ARRIVED;
    this.stamp = place;
    return this.kind;
  }

  /** @internal Nobody has use for what it brought: what was taken is given back (E9). */
  refuse(list: unknown[]): void {
    const source = this.source as ReusableCompletion<unknown>;
    if (this.owned && (source.marks & TAKES) !== 0) list.push(source);
  }

  /** @internal False when it was a loser before. */
  lose(): boolean {
    const was = this.lost;
    this.flags |= LOST;
    return !was;
  }
}

/** @internal There are holes in a list that is being filled. */
export function isPending<C>(child: Child<C> | undefined): child is Child<C> {
  return child !== undefined && (child.flags & PENDING) !== 0;
}

/** The wake function on a child: transfers its outcome to the parent, whose queue is woken once it is decided. */
function childSettled(entry: WaitEntry<CompoundEvent<never>>, key: unknown, queue: WaitQueue): number {
  const child = entry as Child;
  if (key === SETTLE) {
    child.takeOutcome(queue as ReusableCompletion<unknown>);
    entry.data.arrive(child);
    return WOKEN;
  }
  if (ReusableCompletion.is(queue)) return PASS;
  queue.remove(child);
  child.end(DONE, key);
  entry.data.arrive(child);
  return WOKEN;
}
