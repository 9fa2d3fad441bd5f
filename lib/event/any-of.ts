import type { Collation, CompoundOptions } from './collation.js';
import { compound, type CompoundEvent } from './compound.js';
import { ChildrenFailedError } from './errors.js';
import type { ValueOf, Waitable } from './waitable.js';

export interface ChoiceOptions extends CompoundOptions {
  /** Of children that have settled already, take any instead of the lowest index. Default false. */
  fair?: boolean;
}

const any: Collation<unknown, unknown> = {
  arrive(parent, child) {
    if (child.state === 'done') parent.decide(child.value);
  },
  conclude(parent) {
    const errors = parent.children.map((child) => child.error);
    parent.decideFailure(
      new ChildrenFailedError(errors, errors.length === 0 ? 'anyOf([]) has no child to succeed' : 'Every child failed'),
    );
  },
};

/**
 * Takes the first child that *succeeds*; fails with a ChildrenFailedError only when all failed, or when there is none
 * (E5). Children that had settled before count in their order.
 * @throws as `CompoundEvent.own`; the children before the refused one are cancelled
 */
export function anyOf<const W extends readonly Waitable<unknown>[]>(
  children: W,
  options?: ChoiceOptions,
): CompoundEvent<ValueOf<W[number]>> {
  return choice(any as Collation<ValueOf<W[number]>, unknown>, children, options);
}

/** A compound that one child decides. */
export function choice<T, C>(
  collation: Collation<T, C>,
  children: readonly Waitable<C>[],
  options: ChoiceOptions | undefined,
): CompoundEvent<T, C> {
  const start = options?.fair === true ? Math.floor(Math.random() * children.length) : 0;
  return compound(collation, children, options, start);
}
