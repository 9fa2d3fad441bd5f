import type { Io } from './io.js';
import type { IoClass } from './io-class.js';
import { PAGE_SIZE } from './pages.js';
import type { Slot, WaitingList } from './waiting-list.js';

/** Classes of one priority share by their virtual time. */
interface Level {
  readonly priority: number;
  /** Start tag of what was served last. */
  time: number;
}

/** What waits of one class, first come, first served. */
class Flow {
  readonly level: Level;
  readonly weight: number;
  /** Start tag of its next request: bytes served so far over its weight, and never in its level's past. */
  start: number;
  /** Its place in the heap, -1 while nothing of it waits. */
  index = -1;
  head: Place | null = null;
  tail: Place | null = null;

  constructor(level: Level, weight: number) {
    this.level = level;
    this.weight = weight;
    this.start = level.time;
  }
}

/** A waiting header's place among its class. */
export class Place {
  readonly slot: Slot;
  readonly flow: Flow;
  /** How many began to wait before it. */
  readonly number: number;
  next: Place | null = null;
  prev: Place | null = null;

  constructor(slot: Slot, flow: Flow, number: number) {
    this.slot = slot;
    this.flow = flow;
    this.number = number;
  }
}

/**
 * In which order waiting headers of several classes are served: higher priority first; within a priority by start-time
 * fair queueing (P. Goyal, H. Vin, H. Cheng, SIGCOMM 1996; for devices that run several requests, W. Jin, J. Chase,
 * J. Kaur, SIGMETRICS 2004), so that classes that keep requests waiting get bytes in proportion to their weights; within
 * a class first come, first served. But none is overtaken by more than `patience` that came after it.
 *
 * Adding, removing and choosing cost O(log classes that wait).
 */
export class ServiceOrder {
  private readonly list: WaitingList;
  private readonly patience: number;
  private readonly flows = new Map<IoClass | null, Flow>();
  private readonly levels = new Map<number, Level>();
  /** Flows in which something waits: a binary heap, the next to be served at its root. */
  private readonly heap: Flow[] = [];
  private arrived = 0;
  private gone = 0;

  /** @param list what waits, in order of arrival: what is there already is taken in */
  constructor(list: WaitingList, patience: number) {
    this.list = list;
    this.patience = patience;
    for (const slot of list) this.add(slot);
  }

  /** How many classes are known at present. */
  get classes(): number {
    return this.flows.size;
  }

  /** A header has begun to wait, at the end of the list. */
  add(slot: Slot): void {
    const flow = this.flowOf(slot.io.ioClass);
    const place = new Place(slot, flow, this.arrived++);
    slot.place = place;
    place.prev = flow.tail;
    if (flow.tail === null) flow.head = place;
    else flow.tail.next = place;
    flow.tail = place;
    if (flow.index >= 0) return;
    flow.start = Math.max(flow.start, flow.level.time);
    flow.index = this.heap.push(flow) - 1;
    this.up(flow);
  }

  /** The header to serve next. */
  get next(): Slot | null {
    const oldest = this.list.first;
    if (oldest === null) return null;
    // All that came before the oldest have gone, so that whatever else has gone came after it: was served first, or
    // withdrawn. Those that came after have been overtaken less.
    const overtaken = this.gone - (oldest.place as Place).number;
    return overtaken >= this.patience ? oldest : ((this.heap[0] as Flow).head as Place).slot;
  }

  /** It is being served: its class has had so many bytes. Before it leaves. */
  charge({ io, place }: Slot): void {
    const { flow } = place as Place;
    flow.level.time = Math.max(flow.level.time, flow.start);
    flow.start += costOf(io) / flow.weight;
    this.down(flow);
  }

  /** A header has left the list. */
  remove(slot: Slot): void {
    const { flow, next, prev } = slot.place as Place;
    slot.place = null;
    this.gone++;
    if (prev === null) flow.head = next;
    else prev.next = next;
    if (next === null) flow.tail = prev;
    else next.prev = prev;
    if (flow.head === null) this.drop(flow);
    else this.down(flow);
    // Nothing is owed to anyone, so that nothing has to be remembered.
    if (this.heap.length === 0) {
      this.flows.clear();
      this.levels.clear();
    }
  }

  private flowOf(ioClass: IoClass | null): Flow {
    let flow = this.flows.get(ioClass);
    if (flow !== undefined) return flow;
    const priority = ioClass?.priority ?? 0;
    let level = this.levels.get(priority);
    if (level === undefined) this.levels.set(priority, (level = { priority, time: 0 }));
    flow = new Flow(level, ioClass?.weight ?? 1);
    this.flows.set(ioClass, flow);
    return flow;
  }

  private drop(flow: Flow): void {
    const { heap } = this;
    const last = heap.pop() as Flow;
    if (last !== flow) {
      heap[flow.index] = last;
      last.index = flow.index;
      this.up(last);
      this.down(last);
    }
    flow.index = -1;
  }

  private up(flow: Flow): void {
    const { heap } = this;
    for (let parent = (flow.index - 1) >> 1; flow.index > 0; parent = (flow.index - 1) >> 1) {
      if (!isBefore(flow, heap[parent] as Flow)) return;
      this.swap(flow, heap[parent] as Flow);
    }
  }

  private down(flow: Flow): void {
    const { heap } = this;
    for (;;) {
      const left = heap[2 * flow.index + 1];
      const right = heap[2 * flow.index + 2];
      if (left === undefined) return;
      const child = right !== undefined && isBefore(right, left) ? right : left;
      if (!isBefore(child, flow)) return;
      this.swap(flow, child);
    }
  }

  private swap(a: Flow, b: Flow): void {
    const { index } = a;
    this.heap[b.index] = a;
    this.heap[index] = b;
    a.index = b.index;
    b.index = index;
  }
}

function isBefore(a: Flow, b: Flow): boolean {
  if (a.level !== b.level) return a.level.priority > b.level.priority;
  return a.start < b.start || (a.start === b.start && numberOf(a) < numberOf(b));
}

function numberOf({ head }: Flow): number {
  return head?.number ?? Infinity;
}

/** What it costs the class, in bytes: what moves no data, or little, is not free. */
function costOf({ operation, length }: Io): number {
  return operation === 'read' || operation === 'write' ? Math.max(length, PAGE_SIZE) : PAGE_SIZE;
}
