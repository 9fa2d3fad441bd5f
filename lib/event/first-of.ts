import { choice, type ChoiceOptions } from './any-of.js';
import type { Collation } from './collation.js';
import type { CompoundEvent } from './compound.js';
import { ChildrenFailedError } from './errors.js';
import type { ValueOf, Waitable } from './waitable.js';

const first: Collation<unknown, unknown> = {
  arrive(parent, child) {
    if (child.state === 'done') parent.decide(child.value);
    else parent.decideFailure(child.error);
  },
  conclude(parent) {
    parent.decideFailure(new ChildrenFailedError([], 'firstOf([]) has no child to settle'));
  },
};

/**
 * Takes the first child to settle at all: its value, or its error (E5). The others are losers: owned ones are cancelled
 * and nothing stays registered on any of them, so that long-lived sources can be raced again and again (E6).
 * `firstOf([])` fails at once.
 * @throws as `CompoundEvent.own`; the children before the refused one are cancelled
 */
export function firstOf<const W extends readonly Waitable<unknown>[]>(
  children: W,
  options?: ChoiceOptions,
): CompoundEvent<ValueOf<W[number]>> {
  return choice(first as Collation<ValueOf<W[number]>, unknown>, children, options);
}
