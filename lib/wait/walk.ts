import { ArgumentError, StateError, WakeError } from './errors.js';
import { ENDED, EXCLUSIVE, HELD, HOLD, LINK, LINKED, ONCE, STOP, WOKEN, type WaitEntry } from './entry.js';
import { HeldWalk } from './held-walk.js';
import type { WaitQueue } from './queue.js';

/*
 * The walk of a queue. Nothing here recurses: a linked queue is walked as a frame above its parent's (W7), and nothing
 * is allocated on the way: frames come from a small pool. A frame is registered on its queue while it is open, so that
 * a removal can move its cursor (W3); a queue with one entry needs no frame at all.
 */

/** No limit: counts down from below zero and never meets it. */
export const EVERY = -1;

/** One walk of one queue. */
class Walk {
  queue: WaitQueue | null = null;
  ledger: Ledger | null = null;
  key: unknown = undefined;
  /** Exclusive entries that may still be woken; below zero: no limit. */
  left = 0;
  /** The entry to be called next. */
  cursor: WaitEntry | null = null;
  /** The link whose queue is being walked in the frame above this one. */
  link: WaitEntry | null = null;
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
  /** Of a completion: which life this is. */
  epoch = 0;
}

export function ledgerOf(queue: WaitQueue): Ledger {
  return (queue.ledger ??= new Ledger());
}

/** The stamp of an entry that is added now. */
export function stampOf(ledger: Ledger): number {
  return ledger.walks !== null || ledger.depth !== 0 ? ++ledger.serial : ledger.serial;
}

const POOL_LIMIT = 64;
let pool: Walk | null = null;
let pooled = 0;

function open(queue: WaitQueue, key: unknown, left: number, parent: Walk | null): Walk {
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
  if (parent !== null) {
    walk.parent = parent;
    walk.level = parent.level + 1;
  }
  return walk;
}

function close(walk: Walk): void {
  const ledger = walk.ledger as Ledger;
  if (ledger.walks === walk) ledger.walks = walk.outer;
  else closeBelow(walk, ledger);
  walk.queue = walk.ledger = walk.parent = walk.errors = walk.cursor = walk.link = null;
  walk.key = undefined;
  walk.woken = walk.level = 0;
  walk.stopped = walk.reported = false;
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
  return run(open(queue, key, nr, null));
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
    if ((answer & HOLD) !== 0) unheld = HeldWalk.claim(queue, null) === null;
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
      walk.link = entry;
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
      if ((answer & HOLD) !== 0 && held(walk, queue)) {
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

function held(walk: Walk, queue: WaitQueue): boolean {
  const handle = HeldWalk.claim(queue, () => run(walk));
  if (handle === null) note(walk, heldWithoutHandle());
  return handle !== null && !handle.isResumed;
}

function note(walk: Walk, error: unknown): void {
  (walk.errors ??= []).push(error);
}

function heldWithoutHandle(): StateError {
  return new StateError('ERR_HOLD', 'A wake function answered HOLD without taking the handle from queue.hold()');
}

/**
 * A cycle of linked queues is noticed without a field on any of them: a mark is left on the path at levels 8, 16, 32 …,
 * and a path that never ends must meet its mark again (R. Brent, "An improved Monte Carlo factorization algorithm",
 * 1980). It goes when the path leaves it: a queue may be reached in many ways, if not from itself.
 */
const FIRST_MARK = 8;

/** Runs a frame and whatever it leads to, until the root ends (counts, throws) or something holds (counts). */
function run(start: Walk): number {
  let walk = start;
  let mark: WaitQueue | null = null;
  let markLevel = 0;
  let nextMark = FIRST_MARK;
  for (;;) {
    const queue = walk.queue as WaitQueue;
    const outcome = pace(walk, queue);
    if (outcome === LINKED) {
      const target = (walk.link as WaitEntry<WaitQueue>).data;
      if (target === mark) return abandon(walk);
      walk = open(target, walk.key, walk.left, walk);
      if (walk.level >= nextMark) {
        mark = target;
        markLevel = walk.level;
        nextMark = walk.level * 2;
      }
      continue;
    }
    if (outcome === HELD) return countHeld(walk);
    const { parent, woken, errors } = walk;
    if (parent === null) {
      close(walk);
      if (errors !== null) throw counted(errors, woken);
      return woken;
    }
    if (walk.level === markLevel) {
      mark = null;
      markLevel = 0;
      nextMark = FIRST_MARK;
    }
    answerLink(parent, walk);
    close(walk);
    walk = parent;
  }
}

/** The link answers what its queue's entries answered, and what was left of `nr` is what they left (W7). */
function answerLink(parent: Walk, child: Walk): void {
  if (child.errors !== null) for (const error of child.errors) note(parent, error);
  const link = parent.link as WaitEntry;
  const onlyShared = child.left === parent.left;
  parent.link = null;
  parent.left = child.left;
  if (child.woken > 0 || child.reported) {
    parent.woken += child.woken;
    if (onlyShared && (link.flags & EXCLUSIVE) !== 0) parent.left--;
    if ((link.flags & ONCE) !== 0 && link.queue === parent.queue && link.stamp <= parent.limit)
      link.queue?.unlink(link);
  }
  parent.stopped = child.stopped;
  if (child.stopped) parent.cursor = null;
}

/** A held walk has answered for what it woke so far; `resume` counts the rest. */
function countHeld(walk: Walk): number {
  let woken = 0;
  for (let frame: Walk | null = walk; frame !== null; frame = frame.parent) {
    woken += frame.woken;
    frame.woken = 0;
    if (woken > 0) frame.reported = true;
  }
  return woken;
}

/** Ends every frame of a walk that led back to a queue it came from. */
function abandon(walk: Walk): never {
  const errors: unknown[] = [];
  const woken = countHeld(walk);
  for (let frame: Walk | null = walk; frame !== null;) {
    const parent: Walk | null = frame.parent;
    if (frame.errors !== null) errors.unshift(...frame.errors);
    close(frame);
    frame = parent;
  }
  errors.push(new ArgumentError('ERR_LINK_CYCLE', 'The linked queues form a cycle: a walk came back to where it was'));
  throw counted(errors, woken);
}

/** One error is thrown as it came, several as a WakeError; either tells how many were woken (W5). */
function counted(errors: unknown[], woken: number): unknown {
  if (errors.length !== 1) return new WakeError(errors, woken);
  const error = errors[0];
  if (error instanceof Error && Object.isExtensible(error)) {
    Object.defineProperty(error, 'woken', { value: woken, configurable: true, writable: true });
  }
  return error;
}
