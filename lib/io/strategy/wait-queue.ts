import { CANCEL, SETTLE } from '../../wait/keys.js';
import { ReusableCompletion } from '../../event/completion.js';
import { PASS, WaitEntry, WOKEN } from '../../wait/entry.js';
import type { WaitQueue } from '../../wait/queue.js';
import { succeededRanges } from '../collate.js';
import { counters } from '../counters.js';
import type { BlockDevice } from '../device.js';
import { PULLED, type ByteRange, type IoError } from '../io-error.js';
import type { IoClass } from '../io-class.js';
import type { IoRequest } from '../io-request.js';
import type { Io, Operation, OwnIo, RootIo, Split, Strategy } from '../io.js';
import { callDone, partEnded, SUMMED, type Layer } from '../layer.js';
import type { PageVector } from '../pages.js';
import type { Slot } from '../waiting-list.js';
import { submit } from '../submit.js';

/*
 * The second pass: extended wait queues (B. LaHaise, 30 Jan 2001; S. Bhattacharya, 1 Feb 2001). One container travels
 * all the way down; a layer is an entry with a data pointer (`lev`) put first on the container's queue; a split is an
 * entry on the parent's queue (`cev_wait`) with one more on each piece's. Cancelling wakes the parent's queue with
 * another key, and its own entry then cancels every piece. Written with what any user of lib/event can use.
 */

/** The container: a completion that carries the request's position, memory and outcome. */
class Container extends ReusableCompletion implements RootIo {
  readonly operation: Operation;
  position: number;
  pages: PageVector | null;
  offset: number;
  readonly length: number;
  readonly fua: boolean;
  readonly ioClass: IoClass | null;
  bytes = 0;
  failure: IoError | null = null;
  failedRanges: ByteRange[] | null = null;

  constructor(own: OwnIo, ioClass: IoClass | null) {
    super();
    counters.headers++;
    this.operation = own.operation;
    this.position = own.position;
    this.pages = own.pages;
    this.offset = own.offset;
    this.length = own.length;
    this.fua = own.fua;
    this.ioClass = own.ioClass === undefined ? ioClass : own.ioClass;
  }

  get cancelled(): boolean {
    return this.cancelRequested;
  }

  pass<F>(layer: Layer<F>, target: BlockDevice, position: number, frame: F): void {
    this.intercept(new Lev(layer, frame, this));
    this.position = position;
    this.send(target);
  }

  substitute<F>(layer: Layer<F>, target: BlockDevice, position: number, pages: PageVector, frame: F): void {
    this.intercept(new Lev(layer, frame, this));
    this.position = position;
    this.pages = pages;
    this.offset = 0;
    this.send(target);
  }

  split<F>(layer: Layer<F>, frame: F): Split {
    const wait = new Cev(layer, frame, this, null, 0, null);
    this.intercept(wait);
    return wait;
  }

  finish(bytes: number, error: IoError | null): void {
    this.bytes = bytes;
    this.failure = error;
    this.complete();
  }

  suspend(): () => void {
    return this.outcome.hold();
  }

  retry(): boolean {
    if (this.cancelRequested) return false;
    this.outcome.rearm();
    // Rearming keeps the layer's entry, now the first, for the next outcome; the verb that follows brings its own.
    const [entry] = this;
    if (entry !== undefined) this.remove(entry);
    this.bytes = 0;
    this.failure = this.failedRanges = null;
    return true;
  }

  succeededRanges(): ByteRange[] {
    return succeededRanges(this);
  }

  parked(slot: Slot): void {
    const entry = new WaitEntry(withdraw, { data: slot });
    slot.link = entry;
    this.addFirst(entry);
  }

  unparked(slot: Slot): void {
    this.remove(slot.link as WaitEntry);
  }

  cancelAll(request: IoRequest): void {
    request.cancelThrough(this);
  }

  /** Whoever holds it where it is takes it out; else it is running, and left to finish (N14). */
  protected override cancelling(): void {
    this.leaveRunning();
  }

  /** A submit after a cancel sends nothing. */
  private send(target: BlockDevice): void {
    if (this.cancelRequested) this.finish(0, PULLED);
    else submit(target, this);
  }
}

/*
 * Two kinds of entry, each with all that any of its kind needs: queues stay with a few shapes of entries, which is what
 * keeps walking them fast.
 */

/** A simple layer: the entry and its data pointer, and what to restore on the way up. */
class Lev<F> extends WaitEntry<F> {
  readonly layer: Layer<F>;
  readonly position: number;
  readonly pages: PageVector | null;
  readonly offset: number;

  constructor(layer: Layer<F>, frame: F, io: Io) {
    super(levWoken);
    counters.links++;
    this.data = frame;
    this.layer = layer;
    this.position = io.position;
    this.pages = io.pages;
    this.offset = io.offset;
  }
}

function levWoken(entry: WaitEntry<never>, key: unknown, queue: WaitQueue): number {
  if (key !== SETTLE) return PASS;
  const lev = entry as WaitEntry as Lev<unknown>;
  const io = queue as Container;
  io.position = lev.position;
  io.pages = lev.pages;
  io.offset = lev.offset;
  tellLayer(lev.layer, io, lev.data);
  return WOKEN;
}

/** Thrown on, what a layer threw ends its hold. */
function tellLayer(layer: Layer<unknown>, io: Container, frame: unknown): void {
  const thrown = callDone(layer, io, frame);
  if (thrown !== null) throw thrown;
}

/**
 * `cev_wait`: the compound's entry on its own queue, which knows the pieces, cancels them and counts them in; or its entry
 * on a piece's queue, which transfers the outcome to the parent and leaves the list of siblings.
 */
class Cev<F> extends WaitEntry<F> implements Split {
  readonly layer: Layer<F>;
  /** Whose queue it is on. */
  readonly io: Container;
  /** Of a piece. */
  readonly parent: Cev<F> | null;
  readonly shift: number;
  readonly tag: unknown;
  nextSibling: Cev<F> | null = null;
  prevSibling: Cev<F> | null = null;
  /** Of the compound: pieces that have not ended, and one for the seal. */
  pending = 1;
  first: Cev<F> | null = null;

  constructor(layer: Layer<F>, frame: F, io: Container, parent: Cev<F> | null, shift: number, tag: unknown) {
    super(parent === null ? parentWoken : pieceWoken);
    counters.links++;
    this.data = frame;
    this.layer = layer;
    this.io = io;
    this.parent = parent;
    this.shift = shift;
    this.tag = tag;
  }

  piece(target: BlockDevice, position: number, offset: number, length: number): void {
    const { operation, pages, offset: start, fua } = this.io;
    this.start(target, { operation, position, pages, offset: start + offset, length, fua }, offset, SUMMED);
  }

  fanOut(target: BlockDevice, position: number, tag: unknown): void {
    const { operation, pages, offset, length, fua } = this.io;
    this.start(target, { operation, position, pages, offset, length, fua }, 0, tag);
  }

  spawn(target: BlockDevice, own: OwnIo, tag: unknown): void {
    this.start(target, own, 0, tag);
  }

  cancelParts(): void {
    const parts: Container[] = [];
    for (let wait = this.first; wait !== null; wait = wait.nextSibling) parts.push(wait.io);
    for (const part of parts) part.cancel();
  }

  private start(target: BlockDevice, own: OwnIo, shift: number, tag: unknown): void {
    const part = new Container(own, this.io.ioClass);
    const { first } = this;
    const wait = new Cev(this.layer, this.data, part, this, shift, tag);
    wait.nextSibling = first;
    if (first !== null) first.prevSibling = wait;
    this.first = wait;
    this.pending++;
    part.add(wait);
    if (this.io.cancelRequested) part.finish(0, PULLED);
    else submit(target, part);
  }

  seal(): void {
    if (--this.pending === 0) this.io.complete();
  }
}

function parentWoken(entry: WaitEntry<never>, key: unknown, queue: WaitQueue): number {
  const parent = entry as WaitEntry as Cev<unknown>;
  if (key === SETTLE) {
    tellLayer(parent.layer, parent.io, parent.data);
    return WOKEN;
  }
  if (key !== CANCEL) return PASS;
  for (let wait = parent.first; wait !== null; wait = wait.nextSibling) {
    counters.visited++;
    (queue as Container).cancelThrough(wait.io);
  }
  return WOKEN;
}

function pieceWoken(entry: WaitEntry<never>, key: unknown): number {
  if (key !== SETTLE) return PASS;
  const { parent, io, nextSibling, prevSibling, shift, tag } = entry as WaitEntry as Cev<unknown>;
  if (parent === null) return PASS;
  if (prevSibling === null) parent.first = nextSibling;
  else prevSibling.nextSibling = nextSibling;
  if (nextSibling !== null) nextSibling.prevSibling = prevSibling;
  partEnded(parent.io, parent.layer, parent.data, io, shift, tag);
  if (--parent.pending === 0) parent.io.complete();
  return WOKEN;
}

function withdraw(entry: WaitEntry<Slot>, key: unknown): number {
  if (key !== CANCEL) return PASS;
  counters.visited++;
  entry.data.list?.withdraw(entry.data);
  return WOKEN;
}

function tellEdge(entry: WaitEntry<IoRequest>, key: unknown, queue: WaitQueue): number {
  if (key !== SETTLE) return PASS;
  entry.data.finished(queue as Container);
  return WOKEN;
}

/** The wait-queue design: the engine itself. */
export const waitQueue: Strategy = {
  name: 'waitQueue',
  capabilities: {
    pull: 'through the chain',
    looksAt: 'what belongs to the request',
    onTheWayDown: 'is stopped',
    container: 'one for all layers',
    knows: 'which parts succeeded',
    retries: 'the parts that failed',
    holds: 'at every layer',
    merged: 'each its own outcome',
  },
  root(request) {
    const io = new Container(request.own, null);
    io.add(new WaitEntry(tellEdge, { data: request }));
    return io;
  },
};
