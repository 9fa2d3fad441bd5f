import { HOLD, STOP, WOKEN } from '../../lib/wait/entry.js';
import type { Place } from '../../lib/wait/queue.js';

/*
 * The wait queue written to be obviously right, not fast: two arrays, a walk that is a snapshot of them with a check
 * before every call, a held walk that is a suspended generator. It is the oracle of queue-twin.spec.ts and shares with
 * lib/wait nothing but the numbers that a wake function answers.
 */

export interface NaiveEntry {
  readonly wake: (key: number, queue: NaiveQueue) => number;
  readonly once: boolean;
  /** The queue that is walked in this entry's place, if it is a link. */
  readonly target?: NaiveQueue;
}

/** One stay of an entry on a queue. Adding the entry again after a removal is another stay. */
interface Stay {
  readonly entry: NaiveEntry;
  readonly exclusive: boolean;
}

/** A walk's way through one queue; `at` is the index of the stay it will look at next. */
interface Visit {
  readonly stays: readonly Stay[];
  at: number;
  held: boolean;
}

export class NaiveQueue {
  private shared: Stay[] = [];
  private exclusive: Stay[] = [];
  /** The visits that have begun and not ended, for whoever wants to look on. */
  readonly visits: Visit[] = [];
  /** The calls of wake functions that are running, of all queues made with the same array, innermost last. */
  readonly calls: Call[];

  constructor(calls: Call[]) {
    this.calls = calls;
  }

  add(entry: NaiveEntry): void {
    this.place(entry, { exclusive: false, first: false });
  }

  addFirst(entry: NaiveEntry): void {
    this.place(entry, { exclusive: false, first: true });
  }

  addExclusive(entry: NaiveEntry): void {
    this.place(entry, { exclusive: true, first: false });
  }

  addExclusiveFirst(entry: NaiveEntry): void {
    this.place(entry, { exclusive: true, first: true });
  }

  addUnless(entry: NaiveEntry, condition: () => unknown, place: Place): boolean {
    if (queueOf.has(entry)) throw coded('ERR_QUEUED');
    if (condition()) return false;
    this.place(entry, place);
    return true;
  }

  link(target: NaiveQueue, place: Place): NaiveEntry {
    const link = { wake: () => 0, once: false, target };
    this.place(link, place);
    return link;
  }

  remove(entry: NaiveEntry): boolean {
    if (queueOf.get(entry) !== this) return false;
    queueOf.delete(entry);
    this.shared = this.shared.filter((stay) => stay.entry !== entry);
    this.exclusive = this.exclusive.filter((stay) => stay.entry !== entry);
    return true;
  }

  wake(key: number, nr: number): number {
    return new NaiveWalk(this, key, nr).go();
  }

  wakeAll(key: number): number {
    return new NaiveWalk(this, key, Infinity).go();
  }

  hold(): NaiveHold {
    const call = this.calls.filter(({ queue }) => queue === this).at(-1);
    if (call === undefined) throw coded('ERR_HOLD');
    return (call.hold = new NaiveHold());
  }

  /** Everything queued, in the order in which it would be called. */
  stays(): Stay[] {
    return [...this.shared, ...this.exclusive];
  }

  *[Symbol.iterator](): Iterator<NaiveEntry> {
    for (const { entry } of this.stays()) yield entry;
  }

  private place(entry: NaiveEntry, { exclusive = false, first = false }: Place): void {
    if (queueOf.has(entry)) throw coded('ERR_QUEUED');
    queueOf.set(entry, this);
    const part = exclusive ? this.exclusive : this.shared;
    if (first) part.unshift({ entry, exclusive });
    else part.push({ entry, exclusive });
  }
}

const queueOf = new WeakMap<NaiveEntry, NaiveQueue>();

interface Call {
  readonly queue: NaiveQueue;
  hold: NaiveHold | null;
}

class NaiveHold {
  walk: NaiveWalk | null = null;
  resumed = false;

  resume(): number {
    if (this.resumed) throw coded('ERR_RESUMED');
    this.resumed = true;
    return this.walk === null ? 0 : this.walk.go();
  }
}

class NaiveWalk {
  private left: number;
  /** Woken since the walk began, and since it was last resumed. */
  private wokenEver = 0;
  private woken = 0;
  private readonly errors: unknown[] = [];
  private readonly steps: Generator<void, boolean>;

  constructor(queue: NaiveQueue, key: number, nr: number) {
    this.left = nr;
    this.steps = this.visit(queue, key);
  }

  /** Goes on until the walk ends or is held. */
  go(): number {
    this.woken = 0;
    const ended = this.steps.next().done === true;
    if (ended && this.errors.length > 0) throw collected(this.errors, this.woken);
    return this.woken;
  }

  /** Yields when the walk is held; returns whether it was stopped. */
  private *visit(queue: NaiveQueue, key: number): Generator<void, boolean> {
    const visit: Visit = { stays: queue.stays(), at: 0, held: false };
    queue.visits.push(visit);
    try {
      for (const stay of visit.stays) {
        visit.at++;
        const { entry, exclusive } = stay;
        if (!queue.stays().includes(stay)) continue;
        if (exclusive && this.left === 0) continue;
        if (entry.target !== undefined) {
          const { left, wokenEver } = this;
          if (yield* this.visit(entry.target, key)) return true;
          const wokeSharedOnly = this.wokenEver > wokenEver && this.left === left;
          if (exclusive && wokeSharedOnly) this.left--;
          continue;
        }

        const call: Call = { queue, hold: null };
        queue.calls.push(call);
        let answer = 0;
        try {
          answer = entry.wake(key, queue);
        } catch (error) {
          this.errors.push(error);
        }
        queue.calls.pop();

        if ((answer & WOKEN) !== 0) {
          this.wokenEver++;
          this.woken++;
          if (exclusive) this.left--;
          if (entry.once && queue.stays().includes(stay)) queue.remove(entry);
        }
        if ((answer & STOP) !== 0) return true;
        if ((answer & HOLD) === 0) continue;
        if (call.hold === null) {
          this.errors.push(coded('ERR_HOLD'));
          continue;
        }
        call.hold.walk = this;
        if (call.hold.resumed) continue;
        visit.held = true;
        yield;
        visit.held = false;
      }
      return false;
    } finally {
      queue.visits.splice(queue.visits.indexOf(visit), 1);
    }
  }
}

function coded(code: string): Error {
  return Object.assign(new Error(code), { code });
}

/** One error is itself, several are an aggregate; the count is on either. */
function collected(errors: unknown[], woken: number): unknown {
  const error = errors.length === 1 ? errors[0] : new AggregateError(errors);
  return Object.assign(error as Error, { woken });
}
