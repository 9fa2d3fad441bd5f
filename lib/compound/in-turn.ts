import { ReusableCompletion } from '../event/completion.js';
import { WaitEntry, WOKEN } from '../wait/entry.js';

/**
 * Runs `run` where the first thing that it claims is also the first to be walked: at once or, called from inside a
 * callback of a completion that settles, once that has returned, in the order of the calls (C6). So what it takes has
 * reached the compounds that wait for it before anybody else can take for them. What it throws goes to `hooks.uncaught`.
 */
export function inTurn(run: () => void): void {
  const turn = new ReusableCompletion();
  // Not by `notify`: nobody waits here, and a recording would take the trace of it.
  turn.add(new WaitEntry(callRun, { data: run }));
  turn.complete();
}

function callRun({ data }: WaitEntry<() => void>): number {
  data();
  return WOKEN;
}
