import { choice, type ChoiceOptions } from './any-of.js';
import type { CompoundEvent } from './compound.js';
import type { Listed, Named, NamedValue } from './named.js';
import type { ValueOf } from './waitable.js';

/**
 * Takes the first child to settle at all: its value, or `{ name, value }` of children by name, or its error (E5). The
 * others are losers: owned ones are cancelled and nothing stays registered on any of them, so that long-lived sources
 * can be raced again and again (E6). `firstOf([])` fails at once.
 * @throws as `CompoundEvent.own`; the children before the refused one are cancelled
 */
export function firstOf<const W extends Listed>(
  children: W,
  options?: ChoiceOptions,
): CompoundEvent<ValueOf<W[number]>>;
export function firstOf<const W extends Named>(children: W, options?: ChoiceOptions): CompoundEvent<NamedValue<W>>;
export function firstOf(children: Listed | Named, options?: ChoiceOptions): CompoundEvent<unknown> {
  return choice(1, children, options);
}
