import type { Child } from '../event/child.js';
import type { Collation } from '../event/collation.js';
import { Completion } from '../event/completion.js';
import { CompoundEvent } from '../event/compound.js';
import type { ChoiceOptions } from '../event/any-of.js';
import { ChildrenFailedError } from '../event/errors.js';
import type { Outcome } from '../event/outcome.js';
import type { ValueOf, Waitable } from '../event/waitable.js';
import { TAKES } from '../event/marks.js';
import { inTurn } from './in-turn.js';
import { leaveEntry } from './leave-entry.js';
import { isThenable } from './thenable.js';

/** Something to wait for, and what is done with what it brings if it is the one that is taken. */
export interface Branch<R> {
  readonly source: Waitable<unknown>;
  readonly handler: (value: never) => R;
}

/** What a branch's handler answers with, or what that promises. */
export type AnswerOf<B> = B extends Branch<infer R> ? Awaited<R> : never;

/** What {@link select} answers without waiting, and the options of a choice. */
export interface SelectOptions<D> extends ChoiceOptions {
  /** Called when no branch can be taken without waiting; all are let go, and the select answers with what it does. */
  otherwise?: () => D;
}

class Selecting implements Collation<unknown, unknown> {
  readonly takesOne = true as const;
  private readonly branches: readonly Branch<unknown>[];
  private handler: ((value: never) => unknown) | null = null;

  constructor(branches: readonly Branch<unknown>[]) {
    this.branches = branches;
  }

  arrive(parent: CompoundEvent<unknown>, child: Child): void {
    if (child.state === 'done') {
      this.handler = this.branches[parent.children.indexOf(child)]?.handler ?? null;
      parent.decide(child.value);
    } else parent.decideFailure(child.error);
  }

  conclude(parent: CompoundEvent<unknown>): void {
    parent.decideFailure(new ChildrenFailedError([], 'select([]) has no branch'));
  }

  takeDefault(parent: CompoundEvent<unknown>, otherwise: () => unknown): void {
    if (parent.decided || parent.cancelRequested) return;
    this.handler = otherwise;
    parent.decide(undefined);
  }

  /** Everybody who lost has been told; the chain is held while the handler's promise is pending. */
  handle(outcome: Outcome<unknown>): void {
    const { handler } = this;
    if (handler === null || outcome.status !== 'done') return;
    const answer = handler(outcome.value as never);
    if (!isThenable(answer)) outcome.succeed(answer);
    else outcome.hold(() => answer.then((value) => outcome.succeed(value)));
  }
}

/** One branch of a {@link select}. */
export function when<const W extends Waitable<unknown>, R>(source: W, handler: (value: ValueOf<W>) => R): Branch<R> {
  return { source, handler: handler };
}

/**
 * Waits for the first branch to settle, lets the others go, and then runs the handler of that one branch; the select has
 * the handler's answer, or what that promises. A branch that fails first, or a handler that does, fails it. With
 * `otherwise` it does not wait: what is not there at once is not taken. A promise is never there at once, also one that is
 * fulfilled: it says so a microtask later.
 *
 * Branches that take something (`mutex.acquiring()`, `channel.receiving()`) take it only when they win (E9); what a
 * handler was given is the handler's to give back. Called as a branch itself it has taken before: build it in a `guard`.
 * A branch that was claimed when the select is cancelled, or loses to another branch of what is above it in that turn, is
 * taken all the same and its handler runs, as a result wins over a cancel (E7); the answer goes nowhere then.
 * @throws as `CompoundEvent.own`; the branches before the refused one are cancelled
 */
export function select<const B extends readonly Branch<unknown>[], D = never>(
  branches: B,
  options?: SelectOptions<D>,
): Completion<AnswerOf<B[number]> | Awaited<D>> {
  const selecting = new Selecting(branches);
  const parent = new CompoundEvent<unknown>(selecting, options);
  parent.intercept((outcome) => {
    selecting.handle(outcome);
  });
  const answer = new Completion<unknown>();
  // What a branch has taken is the handler's.
  parent.marks &= ~TAKES;
  parent.forward(answer);
  // Settled by hand, it leaves no wait behind.
  answer.add(leaveEntry(() => parent.cancel()));
  const start = options?.fair === true ? Math.floor(Math.random() * branches.length) : 0;
  const sources = branches.map(({ source }) => source);
  parent.ownAll(sources, start);
  const otherwise = options?.otherwise;
  if (otherwise !== undefined) {
    inTurn(() => {
      selecting.takeDefault(parent, otherwise);
    });
  }
  return answer as Completion<AnswerOf<B[number]> | Awaited<D>>;
}
