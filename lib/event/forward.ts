import { LAYER, PASS, UNSEEING, WaitEntry, WOKEN } from '../wait/entry.js';
import { ArgumentError } from '../wait/errors.js';
import type { WaitQueue } from '../wait/queue.js';
import type { ReusableCompletion } from './completion.js';
import { CANCEL, SETTLE } from './keys.js';
import { CANCELLED, ERROR_MADE, KIND, OBSERVED } from './settle.js';

type Any = ReusableCompletion<unknown>;

/** See {@link ReusableCompletion.forward}. Two entries: one takes the outcome up, the other takes a cancel down. */
export function forward(source: Any, target: Any, own = true): void {
  if (source === target) throw new ArgumentError('ERR_FORWARD', 'A completion cannot be forwarded to itself');
  const up = new WaitEntry<Any>(takeUp, { data: target });
  if (source.settled || target.settled) {
    if (source.settled && !target.settled) {
      source.marks |= OBSERVED;
      takeUp(up, SETTLE, source);
    }
    return;
  }
  const owned = own && source.owner === null;
  if (owned) source.owner = target;
  const down = new WaitEntry<Down>(takeDown, { data: { source, up, owned } });
  down.flags = UNSEEING | LAYER;
  target.insert(down, 0, true);
  source.insert(up, 0, false);
}

interface Down {
  source: Any;
  up: WaitEntry;
  owned: boolean;
}

function takeUp(entry: WaitEntry<Any>, key: unknown, queue: WaitQueue): number {
  if (key !== SETTLE) return PASS;
  const source = queue as Any;
  const target = entry.data;
  const kind = source.marks & KIND;
  // The error that a waiter of the source is shown is the one that a waiter of the target is shown.
  const result = kind === CANCELLED ? source.shownError() : source.result;
  if ((target.marks & KIND) !== 0) return PASS;
  if (kind === CANCELLED) target.marks |= ERROR_MADE;
  target.claim(kind, result);
  return WOKEN;
}

function takeDown(entry: WaitEntry<Down>, key: unknown, queue: WaitQueue): number {
  const { source, up, owned } = entry.data;
  if (key === SETTLE) {
    source.remove(up);
    if (source.owner === queue) source.owner = null;
    return WOKEN;
  }
  if (key !== CANCEL || !owned) return PASS;
  (queue as Any).cancelThrough(source);
  return WOKEN;
}
