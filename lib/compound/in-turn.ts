import { ReusableCompletion } from '../event/completion.js';

/**
 * Runs `run` where the first thing that it claims is also the first to be walked: at once or, called from inside a
 * callback of a completion that settles, once that has returned, in the order of the calls (C6). So what it takes has
 * reached the compounds that wait for it before anybody else can take for them. What it throws goes to `hooks.uncaught`.
 */
export function inTurn(run: () => void): void {
  const turn = new ReusableCompletion();
  turn.notify(run);
  turn.complete();
}
