import type { Child } from './child.js';
import type { Collation, CompoundOptions } from './collation.js';
import { CompoundEvent } from './compound.js';
import { listOf, namesOf, type Listed, type Named } from './named.js';
import type { ValueOf } from './waitable.js';

/** The values of waitables, in a list or by name, as these are. */
export type ValuesOf<W> = { -readonly [K in keyof W]: ValueOf<W[K]> };

/** Whether {@link allOf} waits for the rest after a failure, and the options of every compound. */
export interface AllOfOptions extends CompoundOptions {
  /** `wait` (default): for every child, then fail; `cancel`: cancel and join the rest at the first failure (E5). */
  onFailure?: 'wait' | 'cancel';
}

/** @internal */
export class All implements Collation<unknown, unknown> {
  private readonly cancels: boolean;
  private readonly names: readonly string[] | null;

  constructor(cancels: boolean, names: readonly string[] | null) {
    this.cancels = cancels;
    this.names = names;
  }

  arrive(parent: CompoundEvent<unknown>, child: Child): void {
    if (this.cancels && child.state !== 'done') parent.decideFailure(child.error, 'join');
  }

  conclude(parent: CompoundEvent<unknown>): void {
    if (parent.firstFailed !== null) parent.decideFailure(parent.firstFailed.error);
    else {
      const values = valuesOf(parent.children);
      parent.decide(
        this.names === null ? values : Object.fromEntries(this.names.map((name, at) => [name, values[at]])),
      );
    }
  }
}

const waiting = /* @__PURE__ */ new All(false, null);
const cancelling = /* @__PURE__ */ new All(true, null);

/**
 * Waits for every child, then succeeds with all values, in order or by name, or fails with the error that came first in
 * time; what each child came to stays readable in `children` (E5). `allOf([])` completes at once with `[]`.
 * @throws as `CompoundEvent.own`; the children before the refused one are cancelled
 */
export function allOf<const W extends Listed>(children: W, options?: AllOfOptions): CompoundEvent<ValuesOf<W>>;
export function allOf<const W extends Named>(children: W, options?: AllOfOptions): CompoundEvent<ValuesOf<W>>;
export function allOf(children: Listed | Named, options?: AllOfOptions): CompoundEvent<unknown> {
  const names = namesOf(children);
  const cancels = options?.onFailure === 'cancel';
  const collation = names !== null ? new All(cancels, names) : cancels ? cancelling : waiting;
  return new CompoundEvent<unknown>(collation, options).ownAll(listOf(children));
}

export function valuesOf<C>(children: readonly Child<C>[]): C[] {
  return children.map(({ value }) => value);
}
