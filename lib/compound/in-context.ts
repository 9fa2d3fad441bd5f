import { ReusableCompletion } from '../event/completion.js';
import { uncaught } from '../event/hooks.js';
import type { Outcome } from '../event/outcome.js';
import { callDeferredLayer } from '../event/settle.js';
import { ArgumentError } from '../wait/errors.js';

/** Runs a function later, once. */
export type Scheduler = (run: () => void) => void;

/** Where a callback runs: at once in the waker's turn, in a microtask, in a task (`setImmediate`), or as one sees fit. */
export type Context = 'inline' | 'microtask' | 'task' | Scheduler;

/**
 * A layer or waiter that runs in another context (N6): `completion.intercept(inContext('task', layer))`. The layer holds
 * the chain until it has run, and then may do what any layer may. What the waiter throws goes to `hooks.uncaught` (C4).
 * @throws ArgumentError `ERR_CONTEXT` unless the context is one of the three or a function
 */
export function inContext<G>(context: Context, callback: (given: G) => unknown): (given: G) => void {
  const schedule = schedulerOf(context);
  if (schedule === null) return callback;
  return (given) => {
    if (ReusableCompletion.is(given)) {
      schedule(() => {
        try {
          callback(given);
        } catch (error) {
          uncaught(error);
        }
      });
    } else putOff(given as Outcome<unknown>, schedule, callback as (outcome: Outcome<unknown>) => unknown);
  };
}

/** Holds the chain, and runs the layer later as if it were called in the walk. */
function putOff(outcome: Outcome<unknown>, schedule: Scheduler, layer: (outcome: Outcome<unknown>) => unknown): void {
  const resume = outcome.hold();
  schedule(() => {
    if (!outcome.isHeldBy(resume)) return;
    const entry = outcome.holder;
    outcome.release();
    callDeferredLayer(outcome.completion, entry, () => {
      layer(outcome);
    });
  });
}

/** @internal The scheduler for a context, null for `inline`. */
export function schedulerOf(context: Context): Scheduler | null {
  if (context === 'inline') return null;
  if (context === 'microtask') return queueMicrotask;
  if (context === 'task') return inTask;
  if (typeof context === 'function') return context;
  throw new ArgumentError(
    'ERR_CONTEXT',
    `context must be 'inline', 'microtask', 'task' or a function, got ${String(context)}`,
  );
}

function inTask(run: () => void): void {
  const host = globalThis as { setImmediate?: (run: () => void) => unknown };
  if (host.setImmediate !== undefined) host.setImmediate(run);
  else setTimeout(run, 0);
}
