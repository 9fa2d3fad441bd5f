import { StateError } from './errors.js';
import type { WaitQueue } from './queue.js';
import type { Ledger } from './walk.js';

/** A walk that answered HOLD (W4). Made by `queue.hold()`, and bound to the walk when the wake function returns. */
export class HeldWalk {
  /** @internal Runs the rest of the walk; null when there is none. */
  rest: (() => number) | null = null;
  /** @internal The handle that was open when this one was taken. */
  readonly outer: HeldWalk | null;
  /** @internal How many wake functions of the queue were running. */
  readonly depth: number;
  private resumed = false;

  /** @internal */
  constructor(outer: HeldWalk | null, depth: number) {
    this.outer = outer;
    this.depth = depth;
  }

  /**
   * Calls the entries that the walk has not reached yet and returns how many of them were woken. Called before the wake
   * function has returned it only cancels the hold, and the walk goes on by itself.
   * @throws StateError `ERR_RESUMED` when it was resumed before; whatever the rest of the wake functions threw (W5)
   */
  resume(): number {
    if (this.resumed) throw new StateError('ERR_RESUMED', 'A held walk can be resumed once, and was');
    this.resumed = true;
    const { rest } = this;
    this.rest = null;
    return rest === null ? 0 : rest();
  }

  get isResumed(): boolean {
    return this.resumed;
  }
}

/** @internal */
export function hold({ ledger }: WaitQueue): HeldWalk {
  if (ledger === null || ledger.depth === 0)
    throw new StateError('ERR_HOLD', 'hold() belongs in a wake function of that queue');
  // One that this call, or one before it, took and did not hold with is dropped.
  return (ledger.taken = new HeldWalk(takenBelow(ledger, ledger.depth), ledger.depth));
}

/** @internal The handle taken by the call that is just returning, null when it took none. */
export function claimHold(ledger: Ledger): HeldWalk | null {
  const held = takenBelow(ledger, ledger.depth + 1);
  if (held === null || held.depth < ledger.depth) return null;
  ledger.taken = held.outer;
  return held;
}

/** The latest handle of a call at less than `depth`: what is above it belongs to calls long returned. */
function takenBelow({ taken }: Ledger, depth: number): HeldWalk | null {
  let held = taken;
  while (held !== null && held.depth >= depth) held = held.outer;
  return held;
}
