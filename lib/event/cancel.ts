import type { ReusableCompletion } from './completion.js';
import { uncaught } from './hooks.js';
import { CANCEL } from '../wait/keys.js';
import { collecting } from './settle.js';
import { CANCELLED, CANCEL_ASKED, ERROR_MADE, FOLLOWS, HELD, KIND, LEFT_RUNNING, SETTLED } from './marks.js';

/**
 * What a cancel comes to: `cancelled` (settled, or claimed), `requested` (an operation must be left to finish, and its
 * outcome will stand), `too-late` (the outcome was claimed before).
 */
export type CancelAnswer = 'cancelled' | 'requested' | 'too-late';

type Asked = ReusableCompletion<unknown>;

/** The completions that the cancel under way still has to ask; the chain downwards is a list, not a recursion (W7). */
let toAsk: Asked[] | null = null;

/** Asks `completion` and, through compounds and forwards, whatever it stands on (C5). */
export function cancel(completion: Asked, reason: unknown, made: boolean): CancelAnswer {
  const marks = completion.marks;
  if ((marks & KIND) !== 0) return cancelHeld(completion, reason);
  if ((marks & CANCEL_ASKED) !== 0) return 'requested';
  if (completion.isAlone) {
    // Mostly a loser of a choice: nothing is set off that would have to be kept back.
    ask(completion, reason, made);
    return 'cancelled';
  }
  let left = false as boolean;
  let claimed = 0;
  const outermost = collecting(() => {
    // Ends before the walks that it set off: what they cancel is asked by calls of its own.
    const outer = toAsk;
    const asked: Asked[] = (toAsk = [completion]);
    for (const each of asked) if (ask(each, reason, made)) left = true;
    toAsk = outer;
    claimed = completion.marks & KIND;
  });
  // The answer tells what was claimed, whatever layers made of it.
  if (claimed !== 0) return claimed === CANCELLED ? 'cancelled' : 'too-late';
  // What follows its children is claimed in the walk, which from inside a callback is still to come.
  const cancelled = outermost ? (completion.marks & KIND) === CANCELLED : !left;
  return cancelled ? 'cancelled' : 'requested';
}

/** While it is held the holder is asked, once; what it holds stands unless it resumes otherwise. */
function cancelHeld(completion: Asked, reason: unknown): CancelAnswer {
  if ((completion.marks & (SETTLED | HELD)) !== HELD) return 'too-late';
  completion.marks |= CANCEL_ASKED;
  const { outcome } = completion;
  const { askHolder } = outcome;
  outcome.askHolder = null;
  try {
    askHolder?.(reason);
  } catch (error) {
    uncaught(error);
  }
  return 'requested';
}

/** Asks one completion; true when it is left to run. */
function ask(completion: Asked, reason: unknown, made: boolean): boolean {
  if ((completion.marks & KIND) !== 0) {
    cancelHeld(completion, reason);
    return (completion.marks & SETTLED) === 0;
  }
  if ((completion.marks & CANCEL_ASKED) !== 0) return true;
  completion.marks |= CANCEL_ASKED;
  if (made) completion.marks |= ERROR_MADE;
  completion.result = reason;
  try {
    completion.askToCancel();
  } catch (error) {
    uncaught(error);
  }
  try {
    completion.wakeAll(CANCEL);
  } catch (error) {
    uncaught(error);
  }
  if ((completion.marks & KIND) !== 0) return false;
  if ((completion.marks & LEFT_RUNNING) !== 0) return true;
  if ((completion.marks & FOLLOWS) === 0) completion.claim(CANCELLED, reason);
  return false;
}

/**
 * Passes a cancel on: called from a cancel action or a compound that settles once `completion` has. Does nothing to a
 * completion whose outcome is claimed.
 */
export function passCancel(completion: Asked, reason: unknown): void {
  if (toAsk === null) cancel(completion, reason, false);
  else toAsk.push(completion);
}
