import { LAYER, UNSEEING, type WaitEntry } from '../wait/entry.js';
import type { ReusableCompletion } from './completion.js';
import { hooks, uncaught } from './hooks.js';
import { SETTLE } from '../wait/keys.js';
import { CALLING, DONE, FAILED, HELD, KIND, OBSERVED, SETTLED, WALKING } from './marks.js';

/*
 * The walk that settles a completion. It drains the queue from its head: layers, then the settlement, then waiters (C2).
 * The settlement would always stand on the border of the two parts, so the border stands for it.
 *
 * Nothing here recurses (C6, W7). A completion claimed by a callback joins the stack; when the callback returns, what it
 * claimed is put on the stack above the completion that was calling, and runs first, in order. One that has nobody left
 * to call goes from the stack before what it claimed is walked, so that a chain does not make it grow.
 */

type Walked = ReusableCompletion<unknown>;

/** Those that have callbacks to call, the next one last. */
const stack: Walked[] = [];
let walking = false;
let calledLayer: WaitEntry | null = null;

/** Walks a claimed completion now, or once the callback that claimed it has returned. */
export function settle(completion: Walked): void {
  if ((completion.marks & WALKING) !== 0) return;
  if (completion.head === null) {
    finish(completion);
    return;
  }
  completion.marks |= WALKING;
  if (walking) {
    stack.push(completion);
    return;
  }
  walking = true;
  // Mostly its callbacks claim nothing, and then it never goes on the stack.
  if (advance(completion, 0)) completion.marks &= ~WALKING;
  else stack.push(completion);
  if (stack.length > 0) walkAll();
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
  putInOrder(0);
  for (;;) {
    const depth = stack.length;
    if (depth === 0) break;
    const completion = stack[depth - 1] as Walked;
    const through = advance(completion, depth);
    if (through) {
      completion.marks &= ~WALKING;
      const last = stack.pop() as Walked;
      if (stack.length >= depth) stack[depth - 1] = last;
    }
    putInOrder(depth);
  }
  walking = false;
}

/** What was claimed above `depth` is to be walked in the order in which it was claimed. */
function putInOrder(depth: number): void {
  for (let low = depth, high = stack.length - 1; low < high; low++, high--) {
    const first = stack[low] as Walked;
    stack[low] = stack[high] as Walked;
    stack[high] = first;
  }
}

/** Calls what is due until a callback has claimed something; true when nobody is left to call, or it is held or taken back. */
function advance(completion: Walked, depth: number): boolean {
  while ((completion.marks & SETTLED) === 0) {
    const entry = completion.head;
    if (entry === null || (entry.flags & LAYER) === 0) {
      finish(completion);
      break;
    }
    callLayer(completion, entry);
    if ((completion.marks & HELD) !== 0 || (completion.marks & KIND) === 0) return true;
    if (stack.length > depth) return false;
  }
  for (;;) {
    const entry = completion.head;
    if (entry === null) return true;
    if (entry.next === null && completion.ledger === null) {
      completion.head = entry.queue = entry.prev = null;
    } else completion.unlink(entry);
    callWaiter(completion, entry);
    if (stack.length > depth) return completion.head === null;
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
  // One that threw what it was shown has changed nothing.
  if ((completion.marks & KIND) === DONE || error !== completion.shownError()) completion.replace(FAILED, error);
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
