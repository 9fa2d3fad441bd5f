import type { Hold } from '../sync/hold.js';
import type { Task } from './task.js';

/** Somebody who was seen to acquire a lock. */
interface Holder {
  readonly amount: number;
  readonly task: Task | null;
  /** The hold is gone, and was never given back: nobody can do it any more. */
  readonly lost: boolean;
}

interface Noted {
  readonly lock: object;
  readonly amount: number;
  readonly task: Task | null;
  /** Not kept, so that one that is lost is found out. */
  readonly hold: WeakRef<Hold>;
}

/** Who holds what, as far as it was seen. */
let held = new WeakMap<object, Set<Noted>>();
let noted = new WeakMap<Hold, Noted[]>();

export function forgetHolders(): void {
  held = new WeakMap();
  noted = new WeakMap();
}

/** A task has acquired `hold` of `lock`; of several semaphores at once, called with each. */
export function noteHold(lock: object, hold: Hold, task: Task | null, amount: number = hold.amount): void {
  const note = { lock, amount, task, hold: new WeakRef(hold) };
  noted.set(hold, [...(noted.get(hold) ?? []), note]);
  add(note);
}

/** A hold was given back, or became another. */
export function noteEnd(hold: Hold): void {
  for (const note of noted.get(hold) ?? []) held.get(note.lock)?.delete(note);
}

/** A hold that was given back is held again by who had it. */
export function noteAgain(hold: Hold): void {
  for (const note of noted.get(hold) ?? []) add(note);
}

/** Who holds the lock now, of those who were seen to acquire it. */
export function holdersOf(lock: object): Holder[] {
  return [...(held.get(lock) ?? [])].map(({ amount, task, hold }) => ({
    amount,
    task,
    lost: hold.deref() === undefined,
  }));
}

function add(note: Noted): void {
  const holds = held.get(note.lock);
  if (holds === undefined) held.set(note.lock, new Set([note]));
  else holds.add(note);
}
