const INTERRUPTS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** A launcher may send an interrupt along with the terminal's: so soon after the first one, both mean the same. */
const SAME_MS = 250;

/**
 * Runs something that an interrupt is to end in good order: the first one aborts the signal, and a second one ends the
 * process at once, with exit code 130.
 */
export async function interruptible<T>(body: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const interrupt = new AbortController();
  let first = 0;
  const onInterrupt = (): void => {
    if (!interrupt.signal.aborted) {
      first = performance.now();
      interrupt.abort(new Error('interrupted'));
    } else if (performance.now() - first > SAME_MS) process.exit(130);
  };
  for (const name of INTERRUPTS) process.on(name, onInterrupt);
  try {
    return await body(interrupt.signal);
  } finally {
    for (const name of INTERRUPTS) process.removeListener(name, onInterrupt);
  }
}
