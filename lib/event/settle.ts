import { LAYER, UNSEEING, type WaitEntry } from '../wait/entry.js';
import type { ReusableCompletion } from './completion.js';
import { hooks, uncaught } from './hooks.js';
import { SETTLE } from './keys.js';

/*
 * The walk that settles a completion. It drains the queue from its head: layers, then the settlement, then waiters (C2).
 * The settlement would always stand on the border of the two parts, so the border stands for it.
 *
 * Nothing here recurses (C6, W7). A completion claimed by a callback joins `claimed`; when the callback returns, what it
 * claimed is put on the stack above the completion that was calling, and runs first, in order. The stack is linked
 * through the completions themselves (`below`).
 */

/** Bits of `marks`: what was claimed … */
export const DONE = 1;
export const FAILED = 2;
export const CANCELLED = 3;
export const KIND = 3;
/** … and how far it is. */
export const SETTLED = 4;
export const HELD = 8;
/** A layer is being called. */
export const CALLING = 16;
/** On the stack of walks, or waiting to be put there. */
export const WALKING = 32;
export const CANCEL_ASKED = 64;
/** A cancel action said that the operation must be left to finish. */
export const LEFT_RUNNING = 128;
/** Somebody has learnt the outcome. */
export const OBSERVED = 256;
/** `result` is the error to be shown, not the reason it is to be made from. */
export const ERROR_MADE = 512;
/** Asked to cancel, it settles once what it stands on has settled (E7). */
export const FOLLOWS = 1024;

type Walked = ReusableCompletion<unknown>;

let stack: Walked | null = null;
let firstClaimed: Walked | null = null;
let lastClaimed: Walked | null = null;
let walking = false;
let calledLayer: WaitEntry | null = null;

/** Walks a claimed completion now, or once the callback that claimed it has returned. */
export function settle(completion: Walked): void {
  const marks = completion.marks;
  if ((marks & WALKING) !== 0) return;
  if (completion.head === null) {
    finish(completion);
    return;
  }
  completion.marks = marks | WALKING;
  if (walking) {
    if (lastClaimed === null) firstClaimed = completion;
    else lastClaimed.below = completion;
    lastClaimed = completion;
    return;
  }
  walking = true;
  // Mostly its callbacks claim nothing, and then it never goes on the stack.
  if (advance(completion)) completion.marks &= ~WALKING;
  else stack = completion;
  if (lastClaimed !== null) walkAll();
  else walking = false;
}

/** Runs `body` with every walk it sets off kept back until it has returned; true when this was the outermost call. */
export function collecting(body: () => void): boolean {
  if (walking) {
    body();
    return false;
  }
  walking = true;
  try {
    body();
  } finally {
    walkAll();
  }
  return true;
}

function walkAll(): void {
  walking = true;
  for (;;) {
    if (lastClaimed !== null) {
      lastClaimed.below = stack;
      stack = firstClaimed;
      firstClaimed = lastClaimed = null;
    }
    const completion = stack;
    if (completion === null) break;
    if (advance(completion)) {
      stack = completion.below;
      completion.below = null;
      completion.marks &= ~WALKING;
    }
  }
  walking = false;
}

/** Calls what is due until a callback has claimed something (false) or the walk is over, held or taken back (true). */
function advance(completion: Walked): boolean {
  while ((completion.marks & SETTLED) === 0) {
    const entry = completion.head;
    if (entry === null || (entry.flags & LAYER) === 0) {
      finish(completion);
      break;
    }
    callLayer(completion, entry);
    if ((completion.marks & HELD) !== 0 || (completion.marks & KIND) === 0) return true;
    if (lastClaimed !== null) return false;
  }
  for (;;) {
    const entry = completion.head;
    if (entry === null) return true;
    completion.unlink(entry);
    callWaiter(completion, entry);
    if (lastClaimed !== null) return false;
  }
}

function callLayer(completion: Walked, entry: WaitEntry): void {
  completion.unlink(entry);
  completion.marks |= CALLING;
  calledLayer = entry;
  try {
    entry.wake(entry, SETTLE, completion);
  } catch (error) {
    layerThrew(completion, entry, error);
  }
  calledLayer = null;
  completion.marks &= ~CALLING;
}

/** A layer that threw is through: it holds nothing, and does not see what became of a life that it began (C4). */
function layerThrew(completion: Walked, entry: WaitEntry | null, error: unknown): void {
  if ((completion.marks & HELD) !== 0) completion.outcome.release();
  if (entry !== null && entry.queue === completion) completion.unlink(entry);
  completion.replaceWithThrown(error);
}

/** Runs a layer that had been put off, as the walk would have, and goes on with the walk unless it holds or rearms. */
export function callDeferredLayer(completion: Walked, entry: WaitEntry | null, run: () => void): void {
  collecting(() => {
    const outer = calledLayer;
    completion.marks |= CALLING;
    calledLayer = entry;
    try {
      run();
    } catch (error) {
      layerThrew(completion, entry, error);
    }
    calledLayer = outer;
    completion.marks &= ~CALLING;
    if ((completion.marks & HELD) === 0 && (completion.marks & KIND) !== 0) settle(completion);
  });
}

/** The layer that is being called: what `hold` and `rearm` put back. Walks never nest, put-off layers may. */
export function currentLayer(): WaitEntry | null {
  return calledLayer;
}

/** Calls one waiter of a settled completion; what it throws spoils nothing for others (C4). */
export function callWaiter(completion: Walked, entry: WaitEntry): void {
  if ((entry.flags & UNSEEING) === 0) completion.marks |= OBSERVED;
  try {
    entry.wake(entry, SETTLE, completion);
  } catch (error) {
    uncaught(error);
  }
}

/** The state settles: from here on whoever subscribes is called at once. */
function finish(completion: Walked): void {
  completion.marks |= SETTLED;
  if ((completion.marks & KIND) === FAILED && hooks.unobserved !== null) reportUnlessObserved(completion);
}

function reportUnlessObserved(completion: Walked): void {
  const epoch = completion.epoch;
  queueMicrotask(() => {
    if ((completion.marks & OBSERVED) === 0 && completion.epoch === epoch) hooks.unobserved?.(completion.result);
  });
}
