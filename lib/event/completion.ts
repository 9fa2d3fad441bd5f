import { EXCLUSIVE, LAYER, WaitEntry } from '../wait/entry.js';
import { AbortError, StateError } from '../wait/errors.js';
import { onAbort } from '../wait/abort.js';
import { alreadyQueued, WaitQueue } from '../wait/queue.js';
import { ledgerOf } from '../wait/walk.js';
import { cancelEntry, layerEntry, promiseEntry, tidyEntry, waiterEntry, type Layer } from './callbacks.js';
import { cancel, passCancel, type CancelAnswer } from './cancel.js';
import type { CompletionOptions, CompletionState } from './completion-types.js';
import { forward } from './forward.js';
import { Outcome } from './outcome.js';
import { callWaiter, settle } from './settle.js';
import { limit } from './within.js';
import { CALLING, CANCELLED, CANCEL_ASKED, DONE, ERROR_MADE, FAILED, FOLLOWS } from './marks.js';
import { KIND, LASTING, LEFT_RUNNING, OBSERVED, OWNED, SETTLED, WALKING } from './marks.js';

/**
 * A completion without `then`, made for pools: it can be {@link reset} and used again, and `await` does not take it
 * apart (C7). All else is as in {@link Completion}, the one to use unless objects are recycled.
 */
export class ReusableCompletion<T = void> extends WaitQueue {
  /** @internal See settle.ts. */ declare marks: number;
  /** @internal Value, error or reason; while pending, the reason it was asked to cancel for. */ declare result: unknown;
  /** @internal */ declare shown: Outcome<T> | null;

  /** Whether `value` is a completion or compound, also one made by another copy of this package. */
  static override is(value: unknown): value is ReusableCompletion<unknown> {
    return typeof value === 'object' && value !== null && 'wakechain.Completion' in value;
  }

  /** @internal */
  get ['wakechain.Completion'](): true {
    return true;
  }

  constructor(options?: CompletionOptions) {
    super();
    this.marks = 0;
    this.result = undefined;
    this.shown = null;
    if (options?.signal !== undefined) this.cancelOn(options.signal);
  }

  /** Which life this is; an operation completes through the epoch it was started with (C3). */
  get epoch(): number {
    return this.ledger === null ? 0 : this.ledger.epoch;
  }

  get state(): CompletionState {
    const kind = this.marks & KIND;
    if (kind === 0) return 'pending';
    if ((this.marks & SETTLED) === 0) return 'completing';
    return kind === DONE ? 'done' : kind === FAILED ? 'failed' : 'cancelled';
  }

  /** Whether the state is done, failed or cancelled. */
  get settled(): boolean {
    return (this.marks & SETTLED) !== 0;
  }

  /** Whether somebody asked for it to be cancelled, in this life. */
  get cancelRequested(): boolean {
    return (this.marks & CANCEL_ASKED) !== 0;
  }

  /** What it was asked to cancel for, while it is pending; undefined otherwise. */
  get cancelReason(): unknown {
    return (this.marks & KIND) === 0 ? this.result : undefined;
  }

  /** @throws StateError `ERR_NOT_DONE` unless the state is done */
  get value(): T {
    if ((this.marks & (KIND | SETTLED)) !== (DONE | SETTLED))
      throw new StateError('ERR_NOT_DONE', `There is no value: the state is ${this.state}`);
    return this.result as T;
  }

  /** What it failed with, or the AbortError or signal's reason of a cancelled one; undefined in any other state. */
  get error(): unknown {
    if ((this.marks & SETTLED) === 0 || (this.marks & KIND) === DONE) return undefined;
    this.marks |= OBSERVED;
    return this.shownError();
  }

  /**
   * Claims the outcome: true, or false when it was claimed before or `epoch` is of an earlier life (C1, C3). Called from
   * outside it returns when everything it set off inline has run; from inside a callback of a completion that is
   * settling, that runs as soon as the callback returns (C6). A thenable is a value like any other (C7).
   */
  complete(value: T, epoch?: number): boolean {
    return (epoch ?? this.epoch) === this.epoch && this.claim(DONE, value);
  }

  /** Claims the outcome as a failure; as {@link complete}. Nobody needs to be listening (C8). */
  fail(error: unknown, epoch?: number): boolean {
    return (epoch ?? this.epoch) === this.epoch && this.claim(FAILED, error);
  }

  /**
   * Asks for the operation to be cancelled (C5). While pending the cancel actions run, newest first; unless one of them
   * says that the operation must be left to finish, the completion settles as cancelled. Waiters see an AbortError whose
   * `cause` is `reason`.
   */
  cancel(reason?: unknown): CancelAnswer {
    return cancel(this, reason, false);
  }

  /** Cancels as {@link cancel}, at or after the signal's abort and with its own reason. The answer lets go of the signal. */
  cancelOn(signal: AbortSignal): () => void {
    if (signal.aborted) cancel(this, signal.reason, true);
    const unwatch = onAbort(signal, () => cancel(this, signal.reason, true));
    const entry = tidyEntry(unwatch);
    this.insert(entry, 0, false);
    return () => {
      unwatch();
      this.remove(entry);
    };
  }

  /**
   * Puts a layer in front: it sees the outcome before every layer that is there and before all waiters (C2), once. An
   * embedded entry is called with the key SETTLE and may use `outcome` of the queue it is given.
   * @throws StateError `ERR_SETTLED` after settling; ArgumentError `ERR_QUEUED`
   */
  intercept(layer: Layer<T> | WaitEntry): WaitEntry {
    const entry = layer instanceof WaitEntry ? layer : layerEntry(layer);
    this.insert(entry, 0, true);
    return entry;
  }

  /**
   * Calls `waiter` once it has settled, after the waiters that are there; at once if it has (C2). Undone by `remove` of
   * the entry. What it throws goes to `hooks.uncaught` (C4).
   */
  notify(waiter: (completion: this) => void): WaitEntry {
    const entry = waiterEntry(waiter);
    this.insert(entry, 0, false);
    return entry;
  }

  /**
   * Adds what cancelling means for the operation; the newest is asked first. It may settle the completion itself. The
   * answer `false` says that the operation must be left to finish: `cancel` answers `requested` and the outcome stands.
   * @throws StateError `ERR_SETTLED` after settling
   */
  onCancel(action: (reason: unknown) => unknown): WaitEntry {
    const entry = cancelEntry(action);
    this.insert(entry, 0, true);
    return entry;
  }

  /** For a cancel action that is an embedded entry: the operation must be left to finish (C5). */
  leaveRunning(): void {
    this.marks |= LEFT_RUNNING;
  }

  /**
   * For a cancel action: asks `lower` to cancel too, after this, and settles once `lower` has been dealt with by whoever
   * waits for it here. However long the chain, it does not recurse (W7).
   */
  cancelThrough(lower: ReusableCompletion<unknown>): void {
    this.marks |= FOLLOWS;
    passCancel(lower, this.result);
  }

  /**
   * Claims the outcome as cancelled, with the error that waiters are to see: for an operation that was left to finish
   * and reports that it was cut short. False when it was claimed before or `epoch` is of an earlier life.
   */
  completeCancelled(error: unknown, epoch?: number): boolean {
    if ((epoch ?? this.epoch) !== this.epoch || (this.marks & KIND) !== 0) return false;
    this.marks |= ERROR_MADE;
    return this.claim(CANCELLED, error);
  }

  /** A promise of the outcome, registered at once. It rejects with what {@link error} shows. */
  promise(): Promise<T> {
    return new Promise((resolve, reject) => {
      this.insert(promiseEntry(resolve, reject), 0, false);
    });
  }

  /**
   * Passes this outcome on to `target`, and a cancel of `target` on to this, unless this has an owner already or `own` is
   * false (E3). When `target` settles otherwise first, nothing of it stays here. A million in a row settle without
   * recursion (W7).
   */
  forward(target: ReusableCompletion<T>, options?: { own?: boolean }): void {
    forward(this, target, options?.own);
  }

  /** The outcome, for a layer that is an embedded entry. @throws StateError `ERR_OUTCOME` unless completing */
  get outcome(): Outcome<T> {
    if ((this.marks & KIND) === 0 || this.settled) {
      throw new StateError('ERR_OUTCOME', `Layers are given an outcome while completing, the state is ${this.state}`);
    }
    return (this.shown ??= new Outcome(this));
  }

  /**
   * Makes a settled or untouched completion as new, in its next epoch (C7). Returns that epoch.
   * @throws StateError `ERR_BUSY` while anyone waits, layers run, or it goes on though it was asked to cancel
   */
  reset(): number {
    const goesOn = (this.marks & (KIND | CANCEL_ASKED)) === CANCEL_ASKED;
    if (this.head !== null || goesOn || (this.marks & (WALKING | CALLING)) !== 0 || this.state === 'completing') {
      throw new StateError(
        'ERR_BUSY',
        `reset() is refused before it has settled or while anyone waits, the state is ${this.state}`,
      );
    }
    this.marks &= ~OWNED;
    return this.startLife();
  }

  /** Leaving a `using` block asks for it to be cancelled, unless its outcome was claimed. */
  [Symbol.dispose](): void {
    this.cancel();
  }

  /** @internal */
  startLife(): number {
    this.marks &= LASTING;
    this.result = undefined;
    this.shown = null;
    return ++ledgerOf(this).epoch;
  }

  /** @internal The claim that every outcome comes down to (C1). */
  claim(kind: number, result: unknown): boolean {
    if ((this.marks & KIND) !== 0) return false;
    this.marks |= kind;
    this.result = result;
    settle(this);
    return true;
  }

  /** @internal A layer's change of the outcome. */
  replace(kind: number, result: unknown): void {
    this.marks = (this.marks & ~(KIND | ERROR_MADE)) | kind;
    this.result = result;
  }

  /** @internal Made when first asked for: an error is dear, and many a cancel is never looked at. */
  shownError(): unknown {
    if ((this.marks & KIND) === CANCELLED && (this.marks & ERROR_MADE) === 0) {
      this.result = new AbortError(undefined, { cause: this.result });
      this.marks |= ERROR_MADE;
    }
    return this.result;
  }

  /**
   * What a subclass adds to being asked to cancel, before the cancel actions run: it may say {@link leaveRunning} or
   * {@link cancelThrough}. Called at most once in a life, while pending.
   */
  protected cancelling(): void {}

  /**
   * @internal Its owner has no use for what it brought, or may still bring: what was taken is given back, once (E9). Asked
   * only of what has the mark TAKES.
   */
  refuse(_list: unknown[]): void {}

  /** @internal Whether there is nobody to ask when it is cancelled. */
  get isAlone(): boolean {
    return this.head === null && this.cancelling === ReusableCompletion.prototype.cancelling;
  }

  /** @internal */
  askToCancel(): void {
    this.cancelling();
  }

  /** @internal */
  override insert(entry: WaitEntry, flags: number, first: boolean): void {
    const layer = first && (flags & EXCLUSIVE) === 0;
    if ((this.marks & SETTLED) !== 0) {
      if (layer) throw new StateError('ERR_SETTLED', `A layer was added to a completion that is ${this.state}`);
      if (entry.queue !== null) throw alreadyQueued();
      callWaiter(this, entry);
      return;
    }
    entry.flags = layer ? entry.flags | LAYER : entry.flags & ~LAYER;
    super.insert(entry, flags, first);
  }
}

/**
 * A one-shot event with everything that belongs to it on one wait queue: layers in front (newest first), then the
 * settlement, then waiters (C2). It is completed, failed or cancelled once (C1), and can be awaited.
 *
 * ```ts
 * const reading = new Completion<Uint8Array>();
 * reading.intercept((outcome) => outcome.succeed(decrypt(outcome.value)));
 * reading.onCancel(() => queue.withdraw(request));
 * const text = await reading;
 * ```
 */
export class Completion<T = void> extends ReusableCompletion<T> {
  /** Registers at once and answers a real promise's `then`. */
  then<A = T, B = never>(
    onfulfilled?: ((value: T) => A | PromiseLike<A>) | null,
    onrejected?: ((error: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    return this.promise().then(onfulfilled, onrejected);
  }

  /**
   * A completion with this outcome or, when that takes longer than `ms` milliseconds, failed with a TimeoutError; then
   * this one is cancelled, unless it has another owner. The timer holds the process open unless `unref`.
   * @throws ArgumentRangeError `ERR_DELAY` unless `ms` is from 0 to 2,147,483,647
   */
  within(ms: number, options?: { unref?: boolean }): Completion<T> {
    const limited = new Completion<T>();
    limit(this, limited, ms, options);
    return limited;
  }
}
