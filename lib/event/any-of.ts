import type { Child } from './child.js';
import type { Collation, CompoundOptions } from './collation.js';
import { CompoundEvent } from './compound.js';
import { ChildrenFailedError } from './errors.js';
import { listOf, namesOf, type Listed, type Named, type NamedValue } from './named.js';
import type { ValueOf, Waitable } from './waitable.js';

/** The options of a choice: {@link anyOf}, `firstOf` and `atLeast`. */
export interface ChoiceOptions extends CompoundOptions {
  /** Of children that have settled already, take any instead of the lowest index. Default false. */
  fair?: boolean;
}

/** One child decides: the first that succeeds, or the first that settles at all. */
class Choice implements Collation<unknown, unknown> {
  readonly takesOne: boolean;
  private readonly takesFailures: boolean;
  private readonly names: readonly string[] | null;

  constructor(takesFailures: boolean, names: readonly string[] | null) {
    this.takesOne = true;
    this.takesFailures = takesFailures;
    this.names = names;
  }

  arrive(parent: CompoundEvent<unknown>, child: Child): void {
    const { names } = this;
    if (child.state === 'done') {
      const { value } = child;
      parent.decide(names === null ? value : { name: names[parent.children.indexOf(child)], value });
    } else if (this.takesFailures) parent.decideFailure(child.error);
  }

  conclude(parent: CompoundEvent<unknown>): void {
    const errors = parent.children.map((child) => child.error);
    parent.decideFailure(
      new ChildrenFailedError(
        errors,
        errors.length > 0 ? 'Every child failed' : `${this.takesFailures ? 'first' : 'any'}Of([]) has no child`,
      ),
    );
  }
}

const lists = [/* @__PURE__ */ new Choice(false, null), /* @__PURE__ */ new Choice(true, null)] as const;

/**
 * Takes the first child that *succeeds*: its value, or `{ name, value }` of children by name. Fails with a
 * ChildrenFailedError only when all failed, or when there is none (E5). Children that had settled before count in their
 * order.
 * @throws as `CompoundEvent.own`; the children before the refused one are cancelled
 */
export function anyOf<const W extends Listed>(children: W, options?: ChoiceOptions): CompoundEvent<ValueOf<W[number]>>;
export function anyOf<const W extends Named>(children: W, options?: ChoiceOptions): CompoundEvent<NamedValue<W>>;
export function anyOf(children: Listed | Named, options?: ChoiceOptions): CompoundEvent<unknown> {
  return choice(0, children, options);
}

export function choice(
  takesFailures: 0 | 1,
  children: Listed | Named,
  options: ChoiceOptions | undefined,
): CompoundEvent<unknown> {
  const names = namesOf(children);
  const list: readonly Waitable<unknown>[] = listOf(children);
  const start = options?.fair === true ? Math.floor(Math.random() * list.length) : 0;
  const collation = names === null ? lists[takesFailures] : new Choice(takesFailures === 1, names);
  return new CompoundEvent<unknown>(collation, options).ownAll(list, start);
}
