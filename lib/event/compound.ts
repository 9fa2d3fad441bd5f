import { ArgumentError, StateError } from '../wait/errors.js';
import type { WaitQueue } from '../wait/queue.js';
import { passCancel } from './cancel.js';
import { Child } from './child.js';
import { Completion, ReusableCompletion } from './completion.js';
import { uncaught } from './hooks.js';
import { CANCELLED, DONE, FAILED, FOLLOWS, KIND, OBSERVED } from './settle.js';
import { sourceOf, Watch, type Waitable } from './waitable.js';

/** What becomes of children that are still pending when the outcome is decided (E6). */
export type Losers = 'cancel' | 'join' | 'leave';

export interface CompoundOptions {
  /**
   * `cancel` (default): owned ones are asked to cancel; `join`: that, and the parent settles only once they have
   * settled; `leave`: let go. Nothing stays registered on a loser that is not joined.
   */
  losers?: Losers;
  /** Told once of each child that was pending when the outcome was decided, or came later. */
  onLose?: (child: Child) => void;
  /** A cancelled parent settles after its owned children have (E7). `false`: at once. Default true. */
  wait?: boolean;
  /** Cancels the compound when it aborts; promises then reject with the signal's own reason. */
  signal?: AbortSignal;
}

/** How children's outcomes become the parent's (N7). Called in order of arrival; it may decide at any call. */
export interface Collation<T, C> {
  /** A child has settled, and the parent is neither decided nor being cancelled. */
  arrive(parent: CompoundEvent<T, C>, child: Child<C>): void;
  /** The parent is sealed, all children have settled, and nothing was decided: decide now. */
  conclude(parent: CompoundEvent<T, C>): void;
}

/**
 * A completion made of others. Children are owned or watched (E3), may settle at any time, and the parent settles once
 * it is sealed and its collation has decided (E2). Each child costs one entry on the child's queue; an arrival costs
 * O(1), cancelling O(children still pending) (E4). To `complete` or `fail` it by hand decides it at once.
 */
export class CompoundEvent<T, C = unknown> extends Completion<T> {
  /** The children in the order in which they were added, each with its outcome (E5). */
  declare readonly children: Child<C>[];
  /** How many children have settled as done. */
  declare succeeded: number;
  /** The first child in time that failed or was cancelled. */
  declare firstFailed: Child<C> | null;
  /** @internal */ declare readonly collation: Collation<T, C>;
  declare private arrived: number;
  /** The children still pending, oldest first: to cancel looks at no others (E4). */
  declare private firstPending: Child<C> | null;
  declare private lastPending: Child<C> | null;
  declare private ownedPending: number;
  declare private isSealed: boolean;
  declare private decidedKind: number;
  declare private decidedResult: unknown;
  declare private losers: Losers;
  declare private readonly waits: boolean;
  declare private readonly onLose: ((child: Child) => void) | null;

  constructor(collation: Collation<T, C>, options?: CompoundOptions) {
    super();
    this.children = [];
    this.succeeded = this.arrived = this.ownedPending = this.decidedKind = 0;
    this.firstFailed = this.firstPending = this.lastPending = null;
    this.isSealed = false;
    this.decidedResult = undefined;
    this.collation = collation;
    this.losers = options?.losers ?? 'cancel';
    this.waits = options?.wait !== false;
    this.onLose = options?.onLose ?? null;
    if (options?.signal !== undefined) this.cancelOn(options.signal);
  }

  get sealed(): boolean {
    return this.isSealed;
  }

  /** Whether the outcome is decided, though perhaps not settled: the parent is unsealed or joins its losers. */
  get decided(): boolean {
    return this.decidedKind !== 0 || (this.marks & KIND) !== 0;
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
    // Most are completions of this copy of the package, and need no second look.
    return child instanceof ReusableCompletion ? this.adopt(child, child, true) : this.adoptAny(child, true);
  }

  /** Adds a child that is let go when the parent is cancelled or decided. Throws as {@link own}, but for `ERR_OWNED`. */
  watch(child: Waitable<C>): Child<C> {
    return this.adoptAny(child, false);
  }

  /** No more children: from here on the parent can settle. A second call does nothing. */
  seal(): void {
    if (this.isSealed) return;
    this.isSealed = true;
    this.advance();
  }

  /** Decides for success (from a collation, or by hand); what is pending are losers. False when decided before. */
  decide(value: T): boolean {
    return this.decideKind(DONE, value);
  }

  /** Decides for failure; see {@link decide}. */
  decideFailure(error: unknown, losers: Losers = this.losers): boolean {
    this.losers = losers;
    return this.decideKind(FAILED, error);
  }

  /** A child's arrival. @internal */
  arrive(child: Child<C>): void {
    const { kind } = child;
    child.arrival = this.arrived++;
    this.unpend(child);
    if (child.owned) {
      this.ownedPending--;
      release(child, this);
    }
    if (kind === DONE) this.succeeded++;
    else this.firstFailed ??= child;
    // Being cancelled, a child's cancellation is no news; what a child brought home all the same still counts.
    if (!this.decided && (kind === DONE || !this.cancelRequested)) this.collation.arrive(this, child);
    this.advance();
  }

  protected override cancelling(): void {
    if (!this.waits) {
      this.let(true);
      return;
    }
    for (let child = this.firstPending; child !== null; child = child.after) {
      if (child.owned) passCancel(child.source as ReusableCompletion<unknown>, this.result);
      else {
        this.unpend(child);
        child.source.remove(child);
      }
    }
    if (this.ownedPending > 0) this.marks |= FOLLOWS;
    else if (!this.isSealed) this.leaveRunning();
  }

  /** @internal */
  override claim(kind: number, result: unknown): boolean {
    if ((this.marks & KIND) !== 0) return false;
    if (this.decidedKind !== 0) {
      // Its losers are still joined: a cancel that does not wait settles it as it was decided.
      if (kind === CANCELLED) super.claim(this.decidedKind, this.decidedResult);
      return false;
    }
    // By hand, or by a cancel that found nothing to wait for.
    this.decidedKind = kind;
    this.decidedResult = result;
    this.let(this.losers !== 'leave');
    super.claim(kind, result);
    return true;
  }

  private adoptAny(child: Waitable<C>, owned: boolean): Child<C> {
    const given = sourceOf(child);
    const source = Watch.is(given) ? given.source : given;
    const completion = ReusableCompletion.is(source) ? source : null;
    return this.adopt(source, completion, owned && completion === given);
  }

  private adopt(source: WaitQueue, completion: ReusableCompletion<unknown> | null, owned: boolean): Child<C> {
    if (this.isSealed) throw new StateError('ERR_SEALED', 'A child was added to a compound that is sealed');
    const owns = owned && completion !== null;
    if (owns && !completion.settled) {
      if (completion.owner !== null) {
        throw new ArgumentError('ERR_OWNED', 'The child has an owner already; watch() it, or take it from its owner');
      }
      completion.owner = this;
    }
    const child = new Child<C>(this as unknown as CompoundEvent<never, C>, source, owns);
    this.children.push(child);
    this.pend(child);
    if (owns) this.ownedPending++;
    if (completion?.settled === true) {
      completion.marks |= OBSERVED;
      child.takeOutcome(completion);
      this.arrive(child);
      return child;
    }
    source.add(child);
    if (child.kind !== 0) return child;
    if (this.decided) this.lose(child, this.losers !== 'leave');
    else if (this.cancelRequested && owns) passCancel(completion, this.result);
    else if (this.cancelRequested) {
      this.unpend(child);
      source.remove(child);
    }
    return child;
  }

  private decideKind(kind: number, result: unknown): boolean {
    if (this.decided) return false;
    this.decidedKind = kind;
    this.decidedResult = result;
    this.let(this.losers !== 'leave');
    this.advance();
    return true;
  }

  /** Lets every pending child go, asking the owned ones to cancel or not. */
  private let(cancelling: boolean): void {
    for (let child = this.firstPending; child !== null; child = child.after) {
      if (child.kind === 0 && child.queue !== null) this.lose(child, cancelling);
    }
  }

  private lose(child: Child<C>, cancelling: boolean): void {
    const source = child.source as ReusableCompletion<unknown>;
    const joined = child.owned && (this.cancelRequested ? this.waits : cancelling && this.losers === 'join');
    if (!joined) {
      this.unpend(child);
      source.remove(child);
      if (child.owned) {
        this.ownedPending--;
        release(child, this);
      }
    }
    if (child.owned && cancelling) passCancel(source, this.cancelRequested ? this.result : undefined);
    if (child.lost || this.decidedKind === 0 || this.decidedKind === CANCELLED) return;
    child.lost = true;
    try {
      this.onLose?.(child);
    } catch (error) {
      uncaught(error);
    }
  }

  private pend(child: Child<C>): void {
    child.before = this.lastPending;
    if (this.lastPending === null) this.firstPending = child;
    else this.lastPending.after = child;
    this.lastPending = child;
  }

  /** Leaves `after` as it is: the loop that led here goes on along it. */
  private unpend(child: Child<C>): void {
    const { before, after } = child;
    if (before === null) this.firstPending = after;
    else before.after = after;
    if (after === null) this.lastPending = before;
    else after.before = before;
  }

  /** Settles when nothing is left to wait for (E2, E6, E7). */
  private advance(): void {
    if (!this.isSealed || (this.marks & KIND) !== 0) return;
    if (this.decidedKind === 0) {
      const allIn = this.arrived === this.children.length;
      if (this.cancelRequested) {
        if (this.ownedPending > 0) return;
        // A result and a cancel both there: the result wins.
        if (allIn && this.arrived > 0 && this.firstFailed === null) this.collation.conclude(this);
        if (!this.decided) this.decideKind(CANCELLED, this.result);
      } else if (allIn) this.collation.conclude(this);
    }
    if (this.decidedKind === 0) return;
    const joins = this.losers === 'join' || this.cancelRequested;
    if (!(joins && this.ownedPending > 0)) super.claim(this.decidedKind, this.decidedResult);
  }
}

function release(child: Child, owner: ReusableCompletion<unknown>): void {
  const source = child.source as ReusableCompletion<unknown>;
  if (source.owner === owner) source.owner = null;
}

/** Builds a compound of the children given, sealed; a child that is refused cancels those before it (E2). */
export function compound<T, C>(
  collation: Collation<T, C>,
  children: Iterable<Waitable<C>>,
  options: CompoundOptions | undefined,
): CompoundEvent<T, C> {
  const parent = new CompoundEvent<T, C>(collation, options);
  try {
    for (const child of children) parent.own(child);
  } catch (error) {
    parent.cancel(error);
    throw error;
  } finally {
    parent.seal();
  }
  return parent;
}
