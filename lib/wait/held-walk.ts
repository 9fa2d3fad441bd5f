import { StateError } from './errors.js';
import type { WaitQueue } from './queue.js';

/** A walk that answered HOLD (W4). Made by `queue.hold()`, and bound to the walk when the wake function returns. */
export class HeldWalk {
  /** Runs the rest of the walk; null when there is none. */
  private rest: (() => number) | null = null;
  private resumed = false;
  /** The handle that was open when this one was taken; null once claimed. */
  private outer: HeldWalk | null = null;
  private readonly queue: WaitQueue;
  private readonly depth: number;

  constructor(queue: WaitQueue) {
    this.queue = queue;
    this.depth = depthOf(queue);
  }

  /**
   * Calls the entries that the walk has not reached yet and returns how many of them were woken. Called before the wake
   * function has returned it only cancels the hold, and the walk goes on by itself.
   * @throws StateError `ERR_RESUMED` when it was resumed before; whatever the rest of the wake functions threw (W5)
   */
  resume(): number {
    if (this.resumed) throw new StateError('ERR_RESUMED', 'A held walk can be resumed once, it was resumed before');
    this.resumed = true;
    const { rest } = this;
    this.rest = null;
    return rest === null ? 0 : rest();
  }

  /** @internal Opens a handle. Whoever took one, and returned without HOLD, has left it on top: it is dropped. */
  static take(queue: WaitQueue): HeldWalk {
    const taken = new HeldWalk(queue);
    let outer = openHold;
    while (outer !== null && outer.depth + (outer.queue === queue ? 1 : 0) > depthOf(outer.queue)) outer = outer.outer;
    taken.outer = outer;
    return (openHold = taken);
  }

  /** @internal The handle taken by the call that is just returning. Handles above it belong to calls long returned. */
  static claim(queue: WaitQueue, rest: (() => number) | null): HeldWalk | null {
    let held = openHold;
    while (held !== null && (held.queue !== queue || held.depth !== depthOf(queue))) held = held.outer;
    if (held === null) return null;
    openHold = held.outer;
    held.outer = null;
    held.rest = rest;
    return held;
  }

  get isResumed(): boolean {
    return this.resumed;
  }
}

/** Handles that were taken and not claimed yet, the latest first: between the two a function may wake others that hold. */
let openHold: HeldWalk | null = null;

/** How many wake functions of the queue are running. */
function depthOf(queue: WaitQueue): number {
  return queue.ledger === null ? 0 : queue.ledger.depth;
}

export function hold(queue: WaitQueue): HeldWalk {
  if (depthOf(queue) === 0)
    throw new StateError('ERR_HOLD', 'hold() belongs in a wake function of the queue being walked');
  return HeldWalk.take(queue);
}
