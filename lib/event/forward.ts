import { LAYER, OWNING, PASS, UNSEEING, WaitEntry, WOKEN } from '../wait/entry.js';
import { ArgumentError } from '../wait/errors.js';
import type { WaitQueue } from '../wait/queue.js';
import type { ReusableCompletion } from './completion.js';
import { CANCEL, SETTLE } from '../wait/keys.js';
import { CANCELLED, ERROR_MADE, KIND, OBSERVED, OWNED, TAKES } from './marks.js';

type Any = ReusableCompletion<unknown>;

/**
 * See {@link ReusableCompletion.forward}. Two entries: one takes the outcome up, the other takes a cancel down. Returns
 * whether the target owns the source now.
 */
export function forward(source: Any, target: Any, own = true): boolean {
  if (source === target) throw new ArgumentError('ERR_FORWARD', 'A completion cannot be forwarded to itself');
  const up = new WaitEntry<Any>(takeUp, { data: target });
  if (source.settled || target.settled) {
    if (source.settled && !target.settled) {
      source.marks |= OBSERVED;
      takeUp(up, SETTLE, source);
      if (own) refuseThrough(source, target);
    }
    return false;
  }
  const owned = own && (source.marks & OWNED) === 0;
  if (owned) refuseThrough(source, target);
  if (owned) {
    source.marks |= OWNED;
    up.flags = OWNING;
  }
  const down = new WaitEntry<Down>(takeDown, { data: { source, up } });
  down.flags = UNSEEING | LAYER;
  target.insert(down, 0, true);
  source.insert(up, 0, false);
  return owned;
}

/** Who has no use for the target has none for what the source took (E9); unless the target sees to that itself. */
function refuseThrough(source: Any, target: Any): void {
  if ((source.marks & ~target.marks & TAKES) === 0) return;
  target.marks |= TAKES;
  target.refuse = (list) => {
    list.push(source);
  };
}

/**
 * Gives back what these took, and all that they stand on, the last first, so that what was in an order is so again: a list,
 * not a recursion, however deep (W7). There are holes in it when children are being added.
 */
export function refuseAll(list: unknown[]): void {
  while (list.length > 0) (list.pop() as Any | undefined)?.refuse(list);
}

/** What the target has its outcome from, while it waits for that; null when nothing was forwarded to it. */
export function forwardedTo(target: Any): Any | null {
  for (const { wake, data } of target) if (wake === takeDown) return (data as Down).source;
  return null;
}

/** @internal What takes a cancel down: where to, and the entry that takes the outcome up. */
export interface Down {
  source: Any;
  up: WaitEntry;
}

/** @internal */
export function takeUp(entry: WaitEntry<Any>, key: unknown, queue: WaitQueue): number {
  if (key !== SETTLE) return PASS;
  const source = queue as Any;
  const target = entry.data;
  if ((entry.flags & OWNING) !== 0) source.marks &= ~OWNED;
  const kind = source.marks & KIND;
  // The error that a waiter of the source is shown is the one that a waiter of the target is shown.
  const result = kind === CANCELLED ? source.shownError() : source.result;
  if ((target.marks & KIND) !== 0) {
    if ((entry.flags & OWNING) !== 0 && (source.marks & TAKES) !== 0) refuseAll([source]);
    return PASS;
  }
  if (kind === CANCELLED) target.marks |= ERROR_MADE;
  target.claim(kind, result);
  return WOKEN;
}

/** @internal */
export function takeDown(entry: WaitEntry<Down>, key: unknown, queue: WaitQueue): number {
  const { source, up } = entry.data;
  const owned = (up.flags & OWNING) !== 0;
  if (key === SETTLE) {
    if (source.remove(up) && owned) source.marks &= ~OWNED;
    return WOKEN;
  }
  if (key !== CANCEL || !owned) return PASS;
  (queue as Any).cancelThrough(source);
  return WOKEN;
}
