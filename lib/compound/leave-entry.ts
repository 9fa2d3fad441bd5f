import { callTidy, tidyEntry } from '../event/callbacks.js';
import type { WaitEntry } from '../wait/entry.js';

/**
 * Runs `leave` when the completion has settled, as a tidy entry does, of one that goes on only by what it stands on:
 * nothing else, no timer and no emitter, will settle it, so who looks for deadlocks may look at that.
 */
export function leaveEntry(leave: () => void): WaitEntry<() => void> {
  const entry = tidyEntry(leave);
  entry.wake = callLeave;
  return entry;
}

function callLeave(entry: WaitEntry<() => void>, key: unknown): number {
  return callTidy(entry, key);
}
