import { StateError, WakeError } from './errors.js';
import { ENDED, EXCLUSIVE, HELD, HOLD, LINK, LINKED, ONCE, STOP, WOKEN, type WaitEntry } from './entry.js';
import { claimHold, type HeldWalk } from './held-walk.js';
import type { WaitQueue } from './queue.js';

/*
 * The walk of a queue. Nothing here recurses: a linked queue is walked as a frame above its parent's (W7), and nothing
 * is allocated on the way: frames come from a small pool. A frame is registered on its queue while it is open, so that
 * a removal can move its cursor (W3); a queue with one entry needs no frame at all.
 */

/** No limit: counts down from below zero and never meets it. */
export const EVERY = -1;

/** @internal An entry in whose place another queue is walked: see link.ts, which nothing here imports. */
export interface Linking extends WaitEntry<WaitQueue> {
  /** The frame to go on with, of the queue that the link leads to. */
  enter(walk: Walk): Walk;
  /** The frame to go on with, when that has been walked. */
  leave(child: Walk, parent: Walk): Walk;
}

/** @internal One walk of one queue. */
export class Walk {
  queue: WaitQueue | null = null;
  ledger: Ledger | null = null;
  key: unknown = undefined;
  /** Exclusive entries that may still be woken; below zero: no limit. */
  left = 0;
  /** The entry to be called next. */
  cursor: WaitEntry | null = null;
  /** The link whose queue is being walked in the frame above this one. */
  link: Linking | null = null;
  /** Entries with a later stamp were added after the walk began. */
  limit = 0;
  woken = 0;
  /** A hold has reported what was woken here, or further along the links, and set `woken` back to 0. */
  reported = false;
  stopped = false;
  errors: unknown[] | null = null;
  /** The walk that was open on the queue when this one began; while in the pool, the next free frame. */
  outer: Walk | null = null;
  /** The frame whose link led here, null at the root. */
  parent: Walk | null = null;
  /** Links between this frame and the root. */
  level = 0;
  /** A queue on the way here, by which a cycle is known. */
  mark: WaitQueue | null = null;
}

/** @internal What a queue keeps about its walks and its parts; made when it is first walked or given an exclusive entry. */
export class Ledger {
  firstExclusive: WaitEntry | null = null;
  /** The walks that are open, the latest first. */
  walks: Walk | null = null;
  /** Counts what was added during walks; an entry's stamp is its value then (W3). */
  serial = 0;
  /** Wake functions of the queue that are running. */
  depth = 0;
  /** The handle that one of them took, the latest first. */
  taken: HeldWalk | null = null;
  /** Of a completion: which life this is. */
  epoch = 0;
}

/** @internal */
export function ledgerOf(queue: WaitQueue): Ledger {
  return (queue.ledger ??= new Ledger());
}

/** @internal The stamp of an entry that is added now. */
export function stampOf(ledger: Ledger): number {
  return ledger.walks !== null || ledger.depth !== 0 ? ++ledger.serial : ledger.serial;
}

const POOL_LIMIT = 64;
let pool: Walk | null = null;
let pooled = 0;

/** @internal */
export function open(queue: WaitQueue, key: unknown, left: number): Walk {
  let walk = pool;
  if (walk === null) walk = new Walk();
  else {
    pool = walk.outer;
    pooled--;
  }
  walk.queue = queue;
  walk.key = key;
  walk.left = left;
  walk.cursor = queue.head;
  const ledger = ledgerOf(queue);
  walk.ledger = ledger;
  walk.limit = ledger.serial;
  walk.outer = ledger.walks;
  ledger.walks = walk;
  return walk;
}

/** @internal */
export function close(walk: Walk): void {
  const ledger = walk.ledger as Ledger;
  if (ledger.walks === walk) ledger.walks = walk.outer;
  else closeBelow(walk, ledger);
  walk.queue = walk.ledger = walk.errors = walk.cursor = walk.link = null;
  walk.key = undefined;
  walk.woken = 0;
  walk.stopped = false;
  if (pooled < POOL_LIMIT) {
    walk.outer = pool;
    pool = walk;
    pooled++;
  } else walk.outer = null;
}

/** Held walks end in any order. */
function closeBelow(walk: Walk, ledger: Ledger): void {
  let above = ledger.walks;
  while (above !== null && above.outer !== walk) above = above.outer;
  if (above !== null) above.outer = walk.outer;
}

/** Wakes `queue`; `nr` is a count or EVERY. Returns how many were woken. */
export function walkQueue(queue: WaitQueue, key: unknown, nr: number): number {
  const head = queue.head;
  if (head === null) return 0;
  if (head.next === null && (head.flags & LINK) === 0) return wakeOnly(queue, head, key, nr);
  return run(open(queue, key, nr));
}

/** The only entry of a queue: there is nothing behind it that a removal could touch, so no frame is opened. */
function wakeOnly(queue: WaitQueue, entry: WaitEntry, key: unknown, nr: number): number {
  const { flags } = entry;
  if (nr === 0 && (flags & EXCLUSIVE) !== 0) return 0;
  // Made here if need be, and not by a call, which would be a call on every wake.
  const ledger = queue.ledger ?? ledgerOf(queue);
  const { depth, serial } = ledger;
  let answer: number;
  let unheld = false;
  ledger.depth = depth + 1;
  try {
    answer = entry.wake(entry, key, queue);
    if ((answer & HOLD) !== 0) unheld = claimHold(ledger) === null;
  } catch (error) {
    throw counted([error], 0);
  } finally {
    ledger.depth = depth;
  }
  const woken = answer & WOKEN;
  if (flags === 0 && !unheld) return woken;
  if (woken !== 0 && (entry.flags & ONCE) !== 0 && entry.queue === queue && entry.stamp <= serial) queue.unlink(entry);
  if (unheld) throw counted([heldWithoutHandle()], woken);
  return woken;
}

/** Walks one frame until it ends, is held, or meets a link. */
function pace(walk: Walk, queue: WaitQueue): number {
  const { key, limit } = walk;
  const woken = WOKEN;
  // Counted here while it is plain: entries without flags that answered no more than WOKEN.
  let plain = 0;
  let outcome = ENDED;
  const ledger = walk.ledger as Ledger;
  ledger.depth++;
  for (let entry = walk.cursor; entry !== null; entry = walk.cursor) {
    const { flags } = entry;
    if (flags !== 0 && (flags & EXCLUSIVE) !== 0 && walk.left === 0) break;
    walk.cursor = entry.next;
    if (entry.stamp > limit) continue;
    if (flags !== 0 && (flags & LINK) !== 0) {
      walk.link = entry as Linking;
      outcome = LINKED;
      break;
    }
    let answer = 0;
    try {
      answer = entry.wake(entry, key, queue);
    } catch (error) {
      note(walk, error);
    }
    if (answer === woken && flags === 0) plain++;
    else if (answer !== 0) {
      if ((answer & WOKEN) !== 0) count(walk, entry, flags);
      if ((answer & STOP) !== 0) {
        walk.stopped = true;
        break;
      }
      if ((answer & HOLD) !== 0 && held(walk, ledger)) {
        outcome = HELD;
        break;
      }
    }
  }
  ledger.depth--;
  walk.woken += plain;
  return outcome;
}

function count(walk: Walk, entry: WaitEntry, flags: number): void {
  walk.woken++;
  if ((flags & EXCLUSIVE) !== 0) walk.left--;
  // An entry that removed and added itself again meanwhile has a later stamp, and stays.
  if ((flags & ONCE) !== 0 && entry.queue === walk.queue && entry.stamp <= walk.limit) entry.queue?.unlink(entry);
}

function held(walk: Walk, ledger: Ledger): boolean {
  const handle = claimHold(ledger);
  if (handle === null) note(walk, heldWithoutHandle());
  else if (!handle.isResumed) {
    handle.rest = () => run(walk);
    return true;
  }
  return false;
}

/** @internal */
export function note(walk: Walk, error: unknown): void {
  (walk.errors ??= []).push(error);
}

function heldWithoutHandle(): StateError {
  return new StateError('ERR_HOLD', 'A wake function answered HOLD without taking the handle from queue.hold()');
}

/** Runs a frame and whatever it leads to, until the root ends (counts, throws) or something holds (counts). */
function run(start: Walk): number {
  let walk = start;
  for (;;) {
    const outcome = pace(walk, walk.queue as WaitQueue);
    if (outcome === HELD) return countHeld(walk);
    if (outcome === LINKED) walk = (walk.link as Linking).enter(walk);
    else {
      const { parent, woken, errors } = walk;
      if (parent === null) {
        close(walk);
        if (errors !== null) throw counted(errors, woken);
        return woken;
      }
      walk = (parent.link as Linking).leave(walk, parent);
    }
  }
}

/** @internal A held walk has answered for what it woke so far; `resume` counts the rest. */
export function countHeld(walk: Walk): number {
  let woken = 0;
  for (let frame: Walk | null = walk; frame !== null; frame = frame.parent) {
    woken += frame.woken;
    frame.woken = 0;
    if (woken > 0) frame.reported = true;
  }
  return woken;
}

/** @internal One error is thrown as it came, several as a WakeError; either tells how many were woken (W5). */
export function counted(errors: unknown[], woken: number): unknown {
  if (errors.length !== 1) return new WakeError(errors, woken);
  const error = errors[0];
  if (error instanceof Error && Object.isExtensible(error)) {
    Object.defineProperty(error, 'woken', { value: woken, configurable: true, writable: true });
  }
  return error;
}
