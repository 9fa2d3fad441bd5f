import { PASS, WaitEntry, WOKEN } from '../wait/entry.js';
import { AbortError, StateError } from '../wait/errors.js';
import type { WaitQueue } from '../wait/queue.js';
import { ReusableCompletion, type CompletionState } from './completion.js';
import type { CompoundEvent } from './compound.js';
import { SETTLE } from './keys.js';
import { CANCELLED, DONE, ERROR_MADE, FAILED, KIND } from './settle.js';

/** Of `kind`: cancelled, and `result` is the reason. An error is dear, and of most children nobody looks at it. */
const REASON = CANCELLED + 4;

/** A child's place in its parent: the entry on the child's queue, and what became of it (E5). */
export class Child<C = unknown> extends WaitEntry<CompoundEvent<never, C>> {
  /** What is waited for. */
  declare readonly source: WaitQueue;
  /** Whether cancelling the parent cancels it (E3). */
  declare readonly owned: boolean;
  /** @internal */ declare kind: number;
  /** @internal */ declare result: unknown;
  /** Its place in the order of arrival, from 0; -1 while pending. */
  declare arrival: number;
  /** Whether the parent's outcome was decided by others while this was pending. */
  declare lost: boolean;
  /** @internal Its neighbours among the pending. `after` outlives that, for a loop that stands here. */
  declare before: Child<C> | null;
  /** @internal */ declare after: Child<C> | null;

  /** @internal */
  constructor(parent: CompoundEvent<never, C>, source: WaitQueue, owned: boolean) {
    super(childSettled);
    this.data = parent;
    this.source = source;
    this.owned = owned;
    this.kind = 0;
    this.result = undefined;
    this.arrival = -1;
    this.lost = false;
    this.before = this.after = null;
  }

  /** How it ended; of a loser that was let go, how it stands now. */
  get state(): CompletionState {
    if (this.kind !== 0) return this.kind === DONE ? 'done' : this.kind === FAILED ? 'failed' : 'cancelled';
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
      this.result = stands ? shown : new AbortError(undefined, { cause: this.result });
      this.kind = CANCELLED;
    }
    return this.kind === DONE ? undefined : this.result;
  }

  /** @internal Takes over the outcome of a completion. */
  takeOutcome({ marks, result }: ReusableCompletion<unknown>): void {
    const kind = marks & KIND;
    this.kind = kind === CANCELLED && (marks & ERROR_MADE) === 0 ? REASON : kind;
    this.result = result;
  }
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
  child.kind = DONE;
  child.result = key;
  entry.data.arrive(child);
  return WOKEN;
}
