import { constants } from 'node:os';

export const INTERRUPTS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** A launcher may send an interrupt along with the terminal's: so soon after the first one, both mean the same. */
const SAME_MS = 250;

/** Why a command was interrupted: what its signal is aborted with. */
export class Interruption extends Error {
  /** What the process exits with by convention: 130 for Ctrl-C, 143 for SIGTERM, 129 for a terminal that was closed. */
  readonly exitCode: number;

  constructor(name: (typeof INTERRUPTS)[number]) {
    super('interrupted');
    this.exitCode = 128 + constants.signals[name];
  }
}

/**
 * Runs something that an interrupt is to end in good order: the first one aborts the signal, with an {@link Interruption},
 * and a second one ends the process at once, with its exit code.
 */
export async function interruptible<T>(body: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const interrupt = new AbortController();
  let first = 0;
  const onInterrupt = (name: (typeof INTERRUPTS)[number]): void => {
    const interruption = new Interruption(name);
    if (!interrupt.signal.aborted) {
      first = performance.now();
      interrupt.abort(interruption);
    } else if (performance.now() - first > SAME_MS) process.exit(interruption.exitCode);
  };
  for (const name of INTERRUPTS) process.on(name, onInterrupt);
  try {
    return await body(interrupt.signal);
  } finally {
    for (const name of INTERRUPTS) process.removeListener(name, onInterrupt);
  }
}

/** What a process that an {@link interruptible} signal has ended exits with. */
export function exitCodeOf({ reason }: AbortSignal): number {
  return reason instanceof Interruption ? reason.exitCode : 1;
}
