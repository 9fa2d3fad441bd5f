import { ArgumentError } from '../wait/errors.js';

/** Runs a function later, once. */
export type Scheduler = (run: () => void) => void;

/** Where a callback runs: at once in the waker's turn, in a microtask, in a task (`setImmediate`), or as one sees fit. */
export type Context = 'inline' | 'microtask' | 'task' | Scheduler;

/** How a layer, waiter or cancel action is called. */
export interface CallbackOptions {
  /** Default `inline`. A layer that runs elsewhere holds the chain until it has run (N6). */
  context?: Context;
  /** Run in the asynchronous context of the subscriber instead of the waker's (`AsyncLocalStorage`). Default false. */
  bind?: boolean;
}

interface AsyncHooks {
  AsyncLocalStorage: { bind<F extends (...args: never[]) => unknown>(fn: F): F };
}

// Reached without an import, so that the core loads where there is no node:async_hooks.
const host = globalThis as {
  process?: { getBuiltinModule?: (id: string) => unknown };
  setImmediate?: (run: () => void) => unknown;
};
const asyncHooks = host.process?.getBuiltinModule?.('node:async_hooks') as AsyncHooks | undefined;

/** The function tied to the present asynchronous context, or as it is where the host has no such thing. */
export function bound<F extends (...args: never[]) => unknown>(fn: F): F {
  return asyncHooks === undefined ? fn : asyncHooks.AsyncLocalStorage.bind(fn);
}

/** The scheduler for a context, null for `inline`. */
export function schedulerOf(context: Context | undefined): Scheduler | null {
  if (context === undefined || context === 'inline') return null;
  if (context === 'microtask') return queueMicrotask;
  if (context === 'task') return inTask;
  if (typeof context === 'function') return context;
  throw new ArgumentError(
    'ERR_CONTEXT',
    `context must be 'inline', 'microtask', 'task' or a function, got ${String(context)}`,
  );
}

function inTask(run: () => void): void {
  if (host.setImmediate !== undefined) host.setImmediate(run);
  else setTimeout(run, 0);
}
