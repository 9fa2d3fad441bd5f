import type { Child } from './child.js';
import type { CompoundEvent } from './compound.js';

/** What becomes of children that are still pending when the outcome is decided (E6). */
export type Losers = 'cancel' | 'join' | 'leave';

/** The options of every compound: what cancels it, and what becomes of its losers. */
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
  /** One child decides, and nobody has use for what others bring. */
  readonly takesOne?: boolean;
  /** A child has settled, and the parent is neither decided nor being cancelled. */
  arrive(parent: CompoundEvent<T, C>, child: Child<C>): void;
  /** The parent is sealed, all children have settled, and nothing was decided: decide now. */
  conclude(parent: CompoundEvent<T, C>): void;
}
