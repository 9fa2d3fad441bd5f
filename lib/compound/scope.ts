import { Completion } from '../event/completion.js';
import type { Collation, CompoundOptions } from '../event/collation.js';
import { CompoundEvent } from '../event/compound.js';
import type { Waitable } from '../event/waitable.js';

/** What the body of a {@link scope} is given. */
export interface Scope {
  /**
   * Adds a child that the scope joins on exit and cancels when anything fails, and returns it, to be awaited or cancelled.
   * A function that is to be joined, and not only told by a signal, is a child as a scope of its own. Throws as
   * `CompoundEvent.own`.
   */
  own<W extends Waitable<unknown>>(child: W): W;
  /** Adds a child that the scope waits for but does not cancel, and returns it. */
  watch<W extends Waitable<unknown>>(child: W): W;
  /** Aborts when the scope is cancelled or something in it has failed. */
  readonly signal: AbortSignal;
}

const joining: Collation<unknown, unknown> = {
  arrive(parent, child) {
    if (child.state !== 'done') parent.decideFailure(child.error, 'join');
  },
  conclude(parent) {
    parent.decide(parent.children[0]?.value);
  },
};

/**
 * Runs `body` and settles once it and every child that it added have settled: with the body's value, or with the first
 * error in time; then, or when the scope is cancelled, the rest is cancelled and joined (E1). The body cannot be
 * interrupted: its `signal` aborts, and the scope waits for it to return.
 */
export function scope<T>(
  body: (scope: Scope) => T | PromiseLike<T>,
  options?: Pick<CompoundOptions, 'signal'>,
): CompoundEvent<T> {
  const parent = new CompoundEvent<T>(joining, options);
  const controller = new AbortController();
  const running = new Completion<T>();
  running.onCancel((reason) => {
    controller.abort(reason);
    return false;
  });
  parent.own(running);
  const own = <W extends Waitable<unknown>>(child: W): W => (parent.own(child), child);
  const watch = <W extends Waitable<unknown>>(child: W): W => (parent.watch(child), child);
  const leave = (settle: () => void): void => {
    settle();
    parent.seal();
  };
  const failed = (error: unknown): void => {
    leave(() => running.fail(error));
    controller.abort(error);
  };
  try {
    Promise.resolve(body({ own, watch, signal: controller.signal })).then((value) => {
      leave(() => running.complete(value));
    }, failed);
  } catch (error) {
    failed(error);
  }
  return parent;
}
