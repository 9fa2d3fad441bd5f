interface AsyncHooks {
  AsyncLocalStorage: { bind<F extends (...args: never[]) => unknown>(fn: F): F };
}

/**
 * The function tied to the present asynchronous context (`AsyncLocalStorage`), or as it is where the host has no such
 * thing: `completion.notify(bound(waiter))` runs the waiter in the context of who subscribes. Unbound, a callback runs in
 * that of whoever completes or cancels.
 */
export function bound<F extends (...args: never[]) => unknown>(fn: F): F {
  // Reached without an import, so that this loads where there is no node:async_hooks.
  const { process } = globalThis as { process?: { getBuiltinModule?: (id: string) => unknown } };
  const hooks = process?.getBuiltinModule?.('node:async_hooks') as AsyncHooks | undefined;
  return hooks === undefined ? fn : hooks.AsyncLocalStorage.bind(fn);
}
