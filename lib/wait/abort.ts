/**
 * One listener per AbortSignal, however many waits watch it: signals warn about many listeners, removing one of theirs
 * is linear, and a listener left behind keeps a composite signal alive. The listener goes with the last watcher.
 */

interface Watched {
  readonly watchers: Set<() => void>;
  readonly listener: () => void;
}

const watchedSignals = new WeakMap<AbortSignal, Watched>();

/** Calls `watcher` once when the signal aborts, in order of registration. Returns what unregisters it, O(1). */
export function onAbort(signal: AbortSignal, watcher: () => void): () => void {
  const watched = watchedSignals.get(signal) ?? watch(signal);
  watched.watchers.add(watcher);
  return () => {
    if (!watched.watchers.delete(watcher) || watched.watchers.size > 0) return;
    signal.removeEventListener('abort', watched.listener);
    watchedSignals.delete(signal);
  };
}

function watch(signal: AbortSignal): Watched {
  const watchers = new Set<() => void>();
  const listener = (): void => {
    watchedSignals.delete(signal);
    for (const watcher of watchers) {
      watchers.delete(watcher);
      watcher();
    }
  };
  const watched = { watchers, listener };
  watchedSignals.set(signal, watched);
  signal.addEventListener('abort', listener, { once: true });
  return watched;
}
