/** Where errors go that belong to nobody's caller. Both can be replaced at any time. */
export interface Hooks {
  /**
   * A waiter or cancel action threw (C4). The default throws it from a microtask, which is the host's uncaught-error
   * path: `uncaughtException` in Node, `window.onerror` in a browser.
   */
  uncaught: (error: unknown) => void;
  /**
   * Called at most once per failed completion that nobody had subscribed to one microtask after it failed (C8). Off by
   * default: the failure is kept and whoever asks later gets it.
   */
  unobserved: ((error: unknown) => void) | null;
}

/** The hooks that are in force: assign to their properties. */
export const hooks: Hooks = {
  uncaught(error) {
    queueMicrotask(() => {
      throw error;
    });
  },
  unobserved: null,
};

/** Hands an error to the hook; what the hook itself throws goes the host's way, so that no walk is broken by it. */
export function uncaught(error: unknown): void {
  try {
    hooks.uncaught(error);
  } catch (thrown) {
    queueMicrotask(() => {
      throw thrown;
    });
  }
}
