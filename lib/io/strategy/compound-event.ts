import { succeededRanges } from '../collate.js';
import { counters } from '../counters.js';
import type { BlockDevice } from '../device.js';
import { ended, keepingEnds, type Ending } from '../endings.js';
import { PULLED, type ByteRange, type IoError } from '../io-error.js';
import type { IoClass } from '../io-class.js';
import type { IoRequest } from '../io-request.js';
import type { Operation, OwnIo, RootIo, Split, Strategy } from '../io.js';
import { callDone, partEnded, SUMMED, type Layer } from '../layer.js';
import type { PageVector } from '../pages.js';
import type { Slot } from '../waiting-list.js';
import { submit } from '../submit.js';
import { Callback, callLayer, cancelChild, END_FOR_NOW, GO_ON, notifyParent, runDone, withdraw } from './callback.js';

/*
 * The first pass: the compound event (S. Bhattacharya, 30 Jan 2001). A `compound_event` has a `done` routine, a status and
 * private data, a queue of callbacks for the layers, a `cancel` routine with a queue of cancellers, a list of sub-events,
 * and its link in its parent's list. The design allows for three sizes (chained, cancellable, compound) and its author
 * would use the full one everywhere, as here. With nobody to notify, `done` is called and that is all; the first notifier
 * moves `done` into the queue, between the interceptors and the notifiers: what is not used costs nothing.
 */

/** @internal The event, which is the header as well. */
export class CompoundEvent implements RootIo, Split, Ending {
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

  // The chained size: `done`, and `private` for it, and the callbacks.
  readonly done: (event: CompoundEvent) => void;
  readonly private: unknown;
  private firstCallback: Callback | null = null;
  private lastCallback: Callback | null = null;
  private doneQueued = false;
  private held = false;
  /** Counts the holds, so that what let go of one before has no effect on the next. */
  private holds = 0;
  private calling = false;
  /** How often it was taken back: what was called in an earlier life ends the chain. */
  private life = 0;

  // The cancellable size.
  private firstCanceller: Callback | null = null;
  cancelled = false;

  // The compound size.
  private firstChild: CompoundEvent | null = null;
  private nextSibling: CompoundEvent | null = null;
  private prevSibling: CompoundEvent | null = null;
  readonly parent: CompoundEvent | null;
  /** The canceller on the parent's cancel queue that reaches this. */
  private reachedBy: Callback | null = null;
  /** The layer that carved it up, with its frame. */
  private splitter: Callback | null = null;
  /** Children that have not ended, and one for the seal. */
  private pending = 0;

  nextEnding: Ending | null = null;

  constructor(parent: CompoundEvent | null, own: OwnIo, done: (event: CompoundEvent) => void, data: unknown) {
    counters.headers++;
    this.parent = parent;
    this.operation = own.operation;
    this.position = own.position;
    this.pages = own.pages;
    this.offset = own.offset;
    this.length = own.length;
    this.fua = own.fua;
    this.ioClass = own.ioClass === undefined ? (parent?.ioClass ?? null) : own.ioClass;
    this.done = done;
    this.private = data;
  }

  pass<F>(layer: Layer<F>, target: BlockDevice, position: number, frame: F): void {
    this.addInterceptor(layer, frame);
    this.position = position;
    this.send(target);
  }

  substitute<F>(layer: Layer<F>, target: BlockDevice, position: number, pages: PageVector, frame: F): void {
    this.addInterceptor(layer, frame);
    this.position = position;
    this.pages = pages;
    this.offset = 0;
    this.send(target);
  }

  split<F>(layer: Layer<F>, frame: F): Split {
    this.splitter = this.addInterceptor(layer, frame);
    this.pending = 1;
    return this;
  }

  piece(target: BlockDevice, position: number, offset: number, length: number): void {
    const { operation, pages, fua } = this;
    this.start(target, { operation, position, pages, offset: this.offset + offset, length, fua }, SUMMED, offset);
  }

  fanOut(target: BlockDevice, position: number, tag: unknown): void {
    const { operation, pages, offset, length, fua } = this;
    this.start(target, { operation, position, pages, offset, length, fua }, tag, 0);
  }

  spawn(target: BlockDevice, own: OwnIo, tag: unknown): void {
    this.start(target, own, tag, 0);
  }

  cancelParts(): void {
    keepingEnds(() => {
      const asked: CompoundEvent[] = [];
      for (let child = this.firstChild; child !== null; child = child.nextSibling) asked.push(child);
      for (const event of asked) event.cancel(asked);
    });
  }

  seal(): void {
    if (--this.pending === 0) ended(this);
  }

  finish(bytes: number, failure: IoError | null): void {
    this.bytes = bytes;
    this.failure = failure;
    ended(this);
  }

  suspend(): () => void {
    const hold = ++this.holds;
    this.held = true;
    return () => {
      if (!this.held || hold !== this.holds) return;
      this.held = false;
      if (!this.calling) ended(this);
    };
  }

  retry(): boolean {
    if (this.cancelled) return false;
    this.held = false;
    this.life++;
    this.bytes = 0;
    this.failure = this.failedRanges = null;
    return true;
  }

  succeededRanges(): ByteRange[] {
    return succeededRanges(this);
  }

  parked(slot: Slot): void {
    const canceller = new Callback(withdraw, slot, null);
    slot.link = canceller;
    this.addCanceller(canceller);
  }

  unparked(slot: Slot): void {
    this.removeCanceller(slot.link as Callback);
  }

  cancelAll(): void {
    keepingEnds(() => {
      const asked: CompoundEvent[] = [this];
      for (const event of asked) event.cancel(asked);
    });
  }

  /** Calls the callbacks in order, until one ends the chain for the time being. */
  passUp(): void {
    for (let callback = this.firstCallback; callback !== null; callback = this.firstCallback) {
      this.removeFirstCallback(callback);
      if (!callback.run(this, callback)) return;
    }
    if (!this.doneQueued) this.done(this);
  }

  /** Takes what an interceptor saved back, and calls its layer; the chain ends for now when it holds or begins again. */
  intercepted(callback: Callback): boolean {
    this.position = callback.position;
    this.pages = callback.pages;
    this.offset = callback.offset;
    const { life } = this;
    this.calling = true;
    if (callDone(callback.data as Layer<unknown>, this, callback.frame) !== null) this.held = false;
    this.calling = false;
    return this.held || this.life !== life ? END_FOR_NOW : GO_ON;
  }

  /** The notifier on a child: collates it into the parent. */
  partEnded(child: CompoundEvent, shift: number, tag: unknown): void {
    const { data, frame } = this.splitter as Callback;
    partEnded(this, data as Layer<unknown>, frame, child, shift, tag);
    if (--this.pending === 0) ended(this);
  }

  /** Cancels this event: its cancellers from the head; sub-events are asked by whoever called, not by recursion. */
  cancel(toAsk: CompoundEvent[]): void {
    if (this.cancelled) return;
    this.cancelled = true;
    for (let canceller = this.firstCanceller; canceller !== null;) {
      const { next } = canceller;
      counters.visited++;
      if (canceller.data instanceof CompoundEvent) toAsk.push(canceller.data);
      else canceller.run(this, canceller);
      canceller = next;
    }
  }

  /** `done` of a child: it leaves its parent's list, and its canceller the parent's cancel queue. */
  leave(): void {
    const { parent, nextSibling, prevSibling, reachedBy } = this;
    if (parent === null) return;
    if (prevSibling === null) parent.firstChild = nextSibling;
    else prevSibling.nextSibling = nextSibling;
    if (nextSibling !== null) nextSibling.prevSibling = prevSibling;
    if (reachedBy !== null) parent.removeCanceller(reachedBy);
  }

  /** A sub-event, with a notifier that collates it into this one and a canceller that reaches it from here. */
  private start(target: BlockDevice, own: OwnIo, tag: unknown, shift: number): void {
    const child = new CompoundEvent(this, own, leaveParent, null);
    const notifier = new Callback(notifyParent, shift, tag);
    child.addNotifier(notifier);
    child.reachedBy = new Callback(cancelChild, child, null);
    this.addCanceller(child.reachedBy);
    child.nextSibling = this.firstChild;
    if (this.firstChild !== null) this.firstChild.prevSibling = child;
    this.firstChild = child;
    this.pending++;
    if (this.cancelled) child.finish(0, PULLED);
    else submit(target, child);
  }

  /** A submit after a cancel sends nothing. */
  private send(target: BlockDevice): void {
    if (this.cancelled) this.finish(0, PULLED);
    else submit(target, this);
  }

  /** At the head: the last to stack is the first to be told. It keeps what its layer is to find again. */
  private addInterceptor(layer: Layer<never>, frame: unknown): Callback {
    const callback = new Callback(callLayer, layer, frame);
    callback.position = this.position;
    callback.pages = this.pages;
    callback.offset = this.offset;
    const first = this.firstCallback;
    callback.next = first;
    if (first === null) this.lastCallback = callback;
    else first.prev = callback;
    return (this.firstCallback = callback);
  }

  /** At the tail. The first one moves `done` into the queue, in front of itself. */
  private addNotifier(callback: Callback): void {
    if (!this.doneQueued) this.append(new Callback(runDone, null, null));
    this.doneQueued = true;
    this.append(callback);
  }

  private append(callback: Callback): void {
    const last = this.lastCallback;
    callback.prev = last;
    if (last === null) this.firstCallback = callback;
    else last.next = callback;
    this.lastCallback = callback;
  }

  private removeFirstCallback({ next }: Callback): void {
    this.firstCallback = next;
    if (next === null) this.lastCallback = null;
    else next.prev = null;
  }

  private addCanceller(canceller: Callback): void {
    const first = this.firstCanceller;
    canceller.next = first;
    if (first !== null) first.prev = canceller;
    this.firstCanceller = canceller;
  }

  private removeCanceller(canceller: Callback): void {
    const { next, prev } = canceller;
    if (prev !== null) prev.next = next;
    else if (this.firstCanceller === canceller) this.firstCanceller = next;
    if (next !== null) next.prev = prev;
    canceller.next = canceller.prev = null;
  }
}

function leaveParent(event: CompoundEvent): void {
  event.leave();
}

function tellEdge(event: CompoundEvent): void {
  (event.private as IoRequest).finished(event);
}

/** The compound-event design, in its full size. */
export const compoundEvent: Strategy = {
  name: 'compoundEvent',
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
    return new CompoundEvent(null, request.own, tellEdge, request);
  },
};
