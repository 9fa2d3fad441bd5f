import { PULLED } from './io-error.js';
import type { Io } from './io.js';
import type { Place } from './service-order.js';

/** A header's place in a waiting list. */
export class Slot {
  /** Where it waits, null once it does not. */
  list: WaitingList | null;
  readonly io: Io;
  /** @internal */ next: Slot | null = null;
  /** @internal */ prev: Slot | null = null;
  /** @internal The strategy's own. */ link: unknown = null;
  /** @internal Among its class, where classes wait. */ place: Place | null = null;

  constructor(list: WaitingList, io: Io) {
    this.list = list;
    this.io = io;
  }
}

/** The lists in which something waits: what a design without links has to search. */
const occupied = new Set<WaitingList>();

/**
 * Headers that wait for their turn in a layer that has not sent them on: a request queue's, a delay's. A cancel takes
 * one out in O(1), once it is found (N14); every list can be searched for it.
 */
export class WaitingList {
  private head: Slot | null = null;
  private tail: Slot | null = null;
  private count = 0;
  private readonly onWithdraw: ((slot: Slot) => void) | null;

  /** @param onWithdraw told of a header that a cancel took out, before it is ended */
  constructor(onWithdraw?: (slot: Slot) => void) {
    this.onWithdraw = onWithdraw ?? null;
  }

  /** Every list in which something waits at present. */
  static get all(): Iterable<WaitingList> {
    return occupied;
  }

  /** How many headers wait. */
  get length(): number {
    return this.count;
  }

  /** The one that has waited longest. */
  get first(): Slot | null {
    return this.head;
  }

  /** What waits, first to last. Must not change meanwhile. */
  *[Symbol.iterator](): Iterator<Slot> {
    for (let slot = this.head; slot !== null; slot = slot.next) yield slot;
  }

  /** Puts a header at the end, or in front of `before`. */
  park(io: Io, before: Slot | null = null): Slot {
    const slot = new Slot(this, io);
    const prev = before === null ? this.tail : before.prev;
    slot.prev = prev;
    slot.next = before;
    if (prev === null) this.head = slot;
    else prev.next = slot;
    if (before === null) this.tail = slot;
    else before.prev = slot;
    if (this.count++ === 0) occupied.add(this);
    io.parked(slot);
    return slot;
  }

  /** Takes a header out, to be sent on; false when it does not wait here any more. */
  take(slot: Slot): boolean {
    if (slot.list !== this) return false;
    const { next, prev } = slot;
    if (prev === null) this.head = next;
    else prev.next = next;
    if (next === null) this.tail = prev;
    else next.prev = prev;
    slot.next = slot.prev = slot.list = null;
    if (--this.count === 0) occupied.delete(this);
    slot.io.unparked(slot);
    return true;
  }

  /** Takes a header out and ends it with `ECANCELED` and what it had transferred before; false when it does not wait here any more. */
  withdraw(slot: Slot): boolean {
    if (!this.take(slot)) return false;
    this.onWithdraw?.(slot);
    slot.io.finish(slot.io.bytes, PULLED);
    return true;
  }
}
