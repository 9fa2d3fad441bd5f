import { ArgumentError, StateError } from '../wait/errors.js';
import type { WaitQueue } from '../wait/queue.js';
import { passCancel } from './cancel.js';
import { Child, isPending } from './child.js';
import { Completion, ReusableCompletion } from './completion.js';
import { refuseAll } from './forward.js';
import { uncaught } from './hooks.js';
import type { Collation, CompoundOptions, Losers } from './collation.js';
import { sourceOf, Watch, type Waitable } from './waitable.js';
import { CANCELLED, CANCEL_ASKED, DONE, FAILED, FOLLOWS, KIND, OBSERVED, OWNED, SETTLED, TAKES } from './marks.js';
import { DECIDED, DECIDED_AS, JOINS, LEAVES, LET_GO, PENDING, SEALED, WAITS_NOT } from './marks.js';

/**
 * A completion made of others. Children are owned or watched (E3), may settle at any time, and the parent settles once
 * it is sealed and its collation has decided (E2). Each child costs one entry on the child's queue; an arrival costs
 * O(1), cancelling O(children still pending) (E4). To `complete` or `fail` it by hand decides it at once.
 */
export class CompoundEvent<T, C = unknown> extends Completion<T> {
  /** The children in the order in which they were added, each with its outcome (E5). */
  declare readonly children: Child<C>[];
  /** The first child in time that failed or was cancelled. */
  declare firstFailed: Child<C> | null;
  /** @internal */ declare readonly collation: Collation<T, C>;
  declare private arrived: number;
  declare private failed: number;
  declare private pending: number;
  /** Of the pending: few, mostly, so that counting them costs less than counting the others. */
  declare private watched: number;
  /** The pending children are among these, from `low` on; rebuilt when most are not (E4). */
  declare private roster: Child<C>[];
  declare private low: number;
  declare private decidedResult: unknown;
  declare private readonly onLose: ((child: Child) => void) | null;

  constructor(collation: Collation<T, C>, options?: CompoundOptions) {
    super();
    // Of what may be added later it is not known.
    this.marks = TAKES;
    this.children = this.roster = [];
    this.arrived = this.failed = this.pending = this.watched = this.low = 0;
    this.firstFailed = this.onLose = null;
    this.decidedResult = undefined;
    this.collation = collation;
    if (options === undefined) return;
    const { losers, onLose, signal, wait } = options;
    this.treatLosers(losers);
    if (wait === false) this.marks |= WAITS_NOT;
    if (onLose !== undefined) this.onLose = onLose;
    if (signal !== undefined) this.cancelOn(signal);
  }

  get sealed(): boolean {
    return (this.marks & SEALED) !== 0;
  }

  /** Whether the outcome is decided, though perhaps not settled: the parent is unsealed or joins its losers. */
  get decided(): boolean {
    return (this.marks & (DECIDED | KIND)) !== 0;
  }

  /** How many children have settled as done. */
  get succeeded(): number {
    return this.arrived - this.failed;
  }

  /** How many children have settled. */
  get settledChildren(): number {
    return this.arrived;
  }

  /**
   * Adds a child that is cancelled with the parent. Promises and AbortSignals cannot be cancelled and are watched.
   * Added after the outcome was decided, it is a loser at once; after a cancel, it is cancelled at once (E2).
   * @throws ArgumentError `ERR_OWNED` when it has an owner already, `ERR_WAITABLE` when it cannot be waited for;
   *   StateError `ERR_SEALED` after {@link seal}
   */
  own(child: Waitable<C>): Child<C> {
    return this.adoptAny(child, true, this.children.length);
  }

  /** Adds a child that is let go when the parent is cancelled or decided. Throws as {@link own}, but for `ERR_OWNED`. */
  watch(child: Waitable<C>): Child<C> {
    return this.adoptAny(child, false, this.children.length);
  }

  /** @internal Owns each of a list, from `start` on and round, and seals; one that is refused cancels the others (E2). */
  ownAll(list: readonly Waitable<C>[], start = 0): this {
    const { length } = list;
    this.marks &= ~TAKES;
    const writable = this as { children: Child<C>[] };
    const children = (writable.children = this.roster = new Array<Child<C>>(length));
    try {
      for (let i = start; i < start + length; i++) {
        const at = i % length;
        this.adoptAny(list[at] as Waitable<C>, true, at);
      }
    } catch (error) {
      // Without those that were not reached.
      writable.children = this.roster = Object.values(children);
      this.cancel(error);
      throw error;
    } finally {
      this.seal();
    }
    return this;
  }

  /** No more children: from here on the parent can settle. A second call does nothing. */
  seal(): void {
    if ((this.marks & SEALED) !== 0) return;
    this.marks |= SEALED;
    this.advance();
  }

  /** Decides for success (from a collation, or by hand); what is pending are losers. False when decided before. */
  decide(value: T): boolean {
    return this.decideKind(DONE, value);
  }

  /** Decides for failure; see {@link decide}. */
  decideFailure(error: unknown, losers?: Losers): boolean {
    this.treatLosers(losers);
    return this.decideKind(FAILED, error);
  }

  /** A child's arrival. @internal */
  arrive(child: Child<C>): void {
    const done = child.arriveAs(this.arrived++) === DONE;
    this.unpend(child);
    if (!done) {
      this.failed++;
      this.firstFailed ??= child;
    }
    // Being cancelled, a child's cancellation is no news; what a child brought home all the same still counts.
    if (!this.decided && (done || !this.cancelRequested)) this.collation.arrive(this, child);
    this.advance();
  }

  protected override cancelling(): void {
    const waits = (this.marks & WAITS_NOT) === 0;
    this.let(waits ? null : true);
    if (!waits) return;
    if (this.pending > this.watched) this.marks |= FOLLOWS;
    else if (!this.sealed) this.leaveRunning();
  }

  /** @internal */
  override claim(kind: number, result: unknown): boolean {
    if ((this.marks & KIND) !== 0) return false;
    if ((this.marks & DECIDED) !== 0) {
      // Its losers are still joined: a cancel that does not wait settles it as it was decided.
      if (kind === CANCELLED) this.settleAsDecided();
      return false;
    }
    // By hand, or by a cancel that found nothing to wait for.
    this.setDecided(kind, result);
    this.settleAsDecided();
    return true;
  }

  private adoptAny(child: Waitable<C>, owned: boolean, at: number): Child<C> {
    // Most are completions of this copy of the package, and need no second look.
    if (child instanceof ReusableCompletion) return this.adopt(child, child, owned, at);
    const given = sourceOf(child);
    const source = Watch.is(given) ? given.source : given;
    const completion = ReusableCompletion.is(source) ? source : null;
    return this.adopt(source, completion, owned && completion === given, at);
  }

  private adopt(
    source: WaitQueue,
    completion: ReusableCompletion<unknown> | null,
    owned: boolean,
    at: number,
  ): Child<C> {
    if ((this.marks & SEALED) !== 0)
      throw new StateError('ERR_SEALED', 'A child was added to a compound that is sealed');
    const settled = completion !== null && (completion.marks & SETTLED) !== 0;
    if (owned && completion !== null && !settled) {
      if ((completion.marks & OWNED) !== 0) {
        throw new ArgumentError('ERR_OWNED', 'The child has an owner already; watch() it instead');
      }
      completion.marks |= OWNED;
    }
    // What is owned is a completion.
    if (owned) this.marks |= (source as ReusableCompletion<unknown>).marks & TAKES;
    const child = new Child<C>(this as unknown as CompoundEvent<never, C>, source, owned);
    this.children[at] = child;
    if (this.roster !== this.children) this.roster.push(child);
    this.pending++;
    if (!owned) this.watched++;
    if (settled) {
      completion.marks |= OBSERVED;
      child.takeOutcome(completion);
      if (this.decided) {
        this.arrive(child);
        this.tellLost(child);
      } else this.arrive(child);
      return child;
    }
    source.add(child);
    if (child.kind !== 0) return child;
    if (this.decided) this.lose(child, (this.marks & LEAVES) === 0);
    else if (this.cancelRequested) this.cancelChild(child);
    return child;
  }

  /** Passes the cancel of the parent on to a child that it owns, and lets go of another. */
  private cancelChild(child: Child<C>): void {
    if (child.owned) passCancel(child.source as ReusableCompletion<unknown>, this.result);
    else this.letGo(child);
  }

  private decideKind(kind: number, result: unknown): boolean {
    if (this.decided) return false;
    this.setDecided(kind, result);
    this.advance();
    return true;
  }

  private setDecided(kind: number, result: unknown): void {
    this.marks |= kind << DECIDED_AS;
    this.decidedResult = result;
    if (this.pending > 0) this.let((this.marks & LEAVES) === 0);
  }

  /** @internal */
  override refuse(list: unknown[]): void {
    for (const child of this.children) list.push(child);
  }

  private settleAsDecided(): boolean {
    const kind = (this.marks & DECIDED) >> DECIDED_AS;
    if (kind !== DONE && (this.marks & TAKES) !== 0) {
      refuseAll([this]);
      // Once is enough: who has it as a child need not look.
      this.marks &= ~TAKES;
    }
    return super.claim(kind, this.decidedResult);
  }

  private treatLosers(losers: Losers | undefined): void {
    if (losers === undefined) return;
    this.marks = (this.marks & ~(JOINS | LEAVES)) | (losers === 'join' ? JOINS : losers === 'leave' ? LEAVES : 0);
  }

  /** Lets each pending child go, asking owned ones to cancel or not; null asks, and waits. One may change any other. */
  private let(cancelling: boolean | null): void {
    const { roster } = this;
    for (let i = this.low; i < roster.length; i++) {
      const child = roster[i];
      if (isPending(child) && child.queue !== null) {
        if (cancelling === null) this.cancelChild(child);
        else this.lose(child, cancelling);
      }
    }
  }

  private lose(child: Child<C>, cancelling: boolean): void {
    const { owned } = child;
    const asked = this.cancelRequested;
    const joined = owned && (asked ? (this.marks & WAITS_NOT) === 0 : cancelling && (this.marks & JOINS) !== 0);
    if (!joined) this.letGo(child);
    if (owned && cancelling) passCancel(child.source as ReusableCompletion<unknown>, asked ? this.result : undefined);
    this.tellLost(child);
  }

  private tellLost(child: Child<C>): void {
    refuseAll([child]);
    const kind = this.marks & DECIDED;
    if (kind === 0 || kind === CANCELLED << DECIDED_AS || !child.lose()) return;
    try {
      this.onLose?.(child);
    } catch (error) {
      uncaught(error);
    }
  }

  private letGo(child: Child<C>): void {
    child.source.remove(child);
    child.flags &= ~PENDING;
    this.marks |= LET_GO;
    this.unpend(child);
  }

  private unpend(child: Child<C>): void {
    this.pending--;
    if (child.owned) (child.source as ReusableCompletion<unknown>).marks &= ~OWNED;
    else this.watched--;
    const { roster } = this;
    let { low } = this;
    if (roster[low] === child) {
      do low++;
      while (low < roster.length && roster[low] !== undefined && !isPending(roster[low]));
      this.low = low;
    } else if (roster.length - low > 2 * this.pending + 32) {
      this.roster = roster.slice(low).filter(isPending);
      this.low = 0;
    }
  }

  /** Settles when nothing is left to wait for (E2, E6, E7). */
  private advance(): void {
    if ((this.marks & (SEALED | KIND)) !== SEALED) return;
    if ((this.marks & DECIDED) === 0) {
      const allIn = this.pending === 0 && (this.marks & LET_GO) === 0;
      if (this.cancelRequested) {
        if (this.pending > this.watched) return;
        // A result and a cancel both there: the result wins.
        if (allIn && this.arrived > 0 && this.firstFailed === null) this.collation.conclude(this);
        if (!this.decided) this.decideKind(CANCELLED, this.result);
      } else if (allIn) this.collation.conclude(this);
      else return;
    }
    if ((this.marks & DECIDED) === 0) return;
    const joins = (this.marks & (JOINS | CANCEL_ASKED)) !== 0;
    if (!(joins && this.pending > this.watched)) this.settleAsDecided();
  }
}
