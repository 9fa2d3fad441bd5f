import { valuesOf, type ValuesOf } from '../event/all-of.js';
import type { Collation, CompoundOptions } from '../event/collation.js';
import { CompoundEvent } from '../event/compound.js';
import type { Waitable } from '../event/waitable.js';

type Step = () => Waitable<unknown>;
type Started<S extends readonly Step[]> = { -readonly [K in keyof S]: S[K] extends () => infer W ? W : never };

class Steps implements Collation<unknown[], unknown> {
  private readonly steps: readonly Step[];
  private starting = false;

  constructor(steps: readonly Step[]) {
    this.steps = steps;
  }

  arrive(parent: CompoundEvent<unknown[]>): void {
    this.startNext(parent);
  }

  conclude(parent: CompoundEvent<unknown[]>): void {
    if (parent.firstFailed !== null) parent.decideFailure(parent.firstFailed.error);
    // A cancel stopped it between two steps: not all values are there.
    else if (parent.children.length === this.steps.length) parent.decide(valuesOf(parent.children));
  }

  /** Cancelled between two steps, or while a promise is waited for; a step that is being started still joins. */
  stop(parent: CompoundEvent<unknown[]>): void {
    if (!this.starting) parent.seal();
  }

  /** A loop, so that steps which are done at once do not nest. */
  startNext(parent: CompoundEvent<unknown[]>): void {
    if (this.starting) return;
    this.starting = true;
    try {
      while (parent.settledChildren === parent.children.length && !parent.sealed) {
        const ends = parent.decided || parent.firstFailed !== null || parent.cancelRequested;
        const next = ends ? undefined : this.steps[parent.children.length];
        if (next === undefined) parent.seal();
        else parent.own(next());
      }
      // Cancelled while a step was being started: that was the last.
      if (parent.cancelRequested) parent.seal();
    } catch (error) {
      parent.decideFailure(error);
      parent.seal();
    } finally {
      this.starting = false;
    }
  }
}

/**
 * Starts each step when the one before it is done, and succeeds with all values in order. A step that fails, or throws
 * instead of returning something to wait for, fails the sequence and the rest is not started; cancelling it cancels the
 * step that runs.
 */
export function sequence<const S extends readonly Step[]>(
  steps: S,
  options?: Pick<CompoundOptions, 'signal'>,
): CompoundEvent<ValuesOf<Started<S>>> {
  const collation = new Steps(steps);
  const parent = new CompoundEvent<unknown[]>(collation, options);
  parent.onCancel(() => {
    collation.stop(parent);
  });
  collation.startNext(parent);
  return parent as CompoundEvent<unknown> as CompoundEvent<ValuesOf<Started<S>>>;
}
