import type { Child } from './child.js';
import type { Collation, CompoundOptions } from './collation.js';
import { compound, type CompoundEvent } from './compound.js';
import type { ValueOf, Waitable } from './waitable.js';

/** The values of a list of waitables, in its order. */
export type ValuesOf<W extends readonly unknown[]> = { -readonly [K in keyof W]: ValueOf<W[K]> };

export interface AllOfOptions extends CompoundOptions {
  /** `wait` (default): for every child, then fail; `cancel`: cancel and join the rest at the first failure (E5). */
  onFailure?: 'wait' | 'cancel';
}

class All implements Collation<unknown[], unknown> {
  private readonly cancels: boolean;

  constructor(cancels: boolean) {
    this.cancels = cancels;
  }

  arrive(parent: CompoundEvent<unknown[]>, child: Child): void {
    if (this.cancels && child.state !== 'done') parent.decideFailure(child.error, 'join');
  }

  conclude(parent: CompoundEvent<unknown[]>): void {
    if (parent.firstFailed !== null) parent.decideFailure(parent.firstFailed.error);
    else parent.decide(valuesOf(parent.children));
  }
}

const waiting = new All(false);
const cancelling = new All(true);

/**
 * Waits for every child, then succeeds with all values in order, or fails with the error that came first in time; what
 * each child came to stays readable in `children` (E5). `allOf([])` completes at once with `[]`.
 * @throws as `CompoundEvent.own`; the children before the refused one are cancelled
 */
export function allOf<const W extends readonly Waitable<unknown>[]>(
  children: W,
  options?: AllOfOptions,
): CompoundEvent<ValuesOf<W>> {
  const collation = options?.onFailure === 'cancel' ? cancelling : waiting;
  return compound(collation as unknown as Collation<ValuesOf<W>, unknown>, children, options);
}

export function valuesOf<C>(children: readonly Child<C>[]): C[] {
  const values = new Array<C>(children.length);
  for (let i = 0; i < children.length; i++) values[i] = (children[i] as Child<C>).value;
  return values;
}
