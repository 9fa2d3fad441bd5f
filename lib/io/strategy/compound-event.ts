import { succeededRanges } from '../collate.js';
import type { BlockDevice } from '../device.js';
import { ended, keepingEnds } from '../endings.js';
import { PULLED, type ByteRange } from '../io-error.js';
import type { IoClass } from '../io-class.js';
import type { IoRequest } from '../io-request.js';
import type { Operation, OwnIo, RootIo, Split, Strategy } from '../io.js';
import { callDone, partEnded, SUMMED, type Layer } from '../layer.js';
import type { PageVector } from '../pages.js';
import { submit } from '../submit.js';
import type { Slot } from '../waiting-list.js';
import { Callback, callLayer, cancelChild, END_FOR_NOW, GO_ON, notifyParent, withdraw } from './callback.js';
import { askCancellers, CancellableEvent } from './cancellable-event.js';
import type { ChainedEvent } from './chained-event.js';

/*
 * The first pass: the compound event (S. Bhattacharya, 30 Jan 2001), in its three sizes: chained, cancellable, compound.
 * Each is the one before and what it adds. Its author would use the full size everywhere, and so does the design.
 */

/** @internal The full size: a cancellable event with sub-events and its link among its siblings; the header as well. */
export class CompoundEvent extends CancellableEvent implements RootIo, Split {
  declare readonly operation: Operation;
  declare position: number;
  declare pages: PageVector | null;
  declare offset: number;
  declare readonly length: number;
  declare readonly fua: boolean;
  declare readonly ioClass: IoClass | null;

  declare private firstChild: CompoundEvent | null;
  declare private nextSibling: CompoundEvent | null;
  declare private prevSibling: CompoundEvent | null;
  declare readonly parent: CompoundEvent | null;
  /** The canceller on the parent's cancel queue that reaches this. */
  declare private reachedBy: Callback | null;
  /** The layer that carved it up, with its frame. */
  declare private splitter: Callback | null;
  /** Children that have not ended, and one for the seal. */
  declare private pending: number;

  declare private held: boolean;
  /** Counts the holds, so that what let go of one before has no effect on the next. */
  declare private holds: number;
  declare private calling: boolean;
  /** How often it was taken back: what was called in an earlier life ends the chain. */
  declare private life: number;

  constructor(parent: CompoundEvent | null, own: OwnIo, done: (event: ChainedEvent) => void, data: unknown) {
    super(done, data, askCancellers);
    this.parent = parent;
    this.operation = own.operation;
    this.position = own.position;
    this.pages = own.pages;
    this.offset = own.offset;
    this.length = own.length;
    this.fua = own.fua;
    this.ioClass = own.ioClass === undefined ? (parent?.ioClass ?? null) : own.ioClass;
    this.firstChild = this.nextSibling = this.prevSibling = null;
    this.reachedBy = this.splitter = null;
    this.pending = this.holds = this.life = 0;
    this.held = this.calling = false;
  }

  pass<F>(layer: Layer<F>, target: BlockDevice, position: number, frame: F): void {
    this.stack(layer, frame);
    this.position = position;
    this.send(target);
  }

  substitute<F>(layer: Layer<F>, target: BlockDevice, position: number, pages: PageVector, frame: F): void {
    this.stack(layer, frame);
    this.position = position;
    this.pages = pages;
    this.offset = 0;
    this.send(target);
  }

  split<F>(layer: Layer<F>, frame: F): Split {
    this.splitter = this.stack(layer, frame);
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
      const asked: CancellableEvent[] = [];
      for (let child = this.firstChild; child !== null; child = child.nextSibling) asked.push(child);
      for (const event of asked) event.cancel(asked);
    });
  }

  seal(): void {
    if (--this.pending === 0) ended(this);
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
      const asked: CancellableEvent[] = [this];
      for (const event of asked) event.cancel(asked);
    });
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

  /** Makes an event one of its sub-events, which a cancel reaches. */
  addChild(child: CompoundEvent): void {
    child.reachedBy = new Callback(cancelChild, child, null);
    this.addCanceller(child.reachedBy);
    child.nextSibling = this.firstChild;
    if (this.firstChild !== null) this.firstChild.prevSibling = child;
    this.firstChild = child;
  }

  /** It is none any more. O(1). */
  removeChild(child: CompoundEvent): void {
    const { nextSibling, prevSibling, reachedBy } = child;
    if (prevSibling !== null) prevSibling.nextSibling = nextSibling;
    else if (this.firstChild === child) this.firstChild = nextSibling;
    if (nextSibling !== null) nextSibling.prevSibling = prevSibling;
    if (reachedBy !== null) this.removeCanceller(reachedBy);
    child.nextSibling = child.prevSibling = child.reachedBy = null;
  }

  /** A part: a sub-event with a notifier that collates it into this one. */
  private start(target: BlockDevice, own: OwnIo, tag: unknown, shift: number): void {
    const child = new CompoundEvent(this, own, leaveParent, null);
    child.addNotifier(new Callback(notifyParent, shift, tag));
    this.addChild(child);
    this.pending++;
    if (this.cancelled) child.finish(0, PULLED);
    else submit(target, child);
  }

  /** A submit after a cancel sends nothing. */
  private send(target: BlockDevice): void {
    if (this.cancelled) this.finish(0, PULLED);
    else submit(target, this);
  }

  /** An interceptor for a layer; it keeps what the layer is to find again. */
  private stack(layer: Layer<never>, frame: unknown): Callback {
    const callback = new Callback(callLayer, layer, frame);
    callback.position = this.position;
    callback.pages = this.pages;
    callback.offset = this.offset;
    this.addInterceptor(callback);
    return callback;
  }
}

/** `done` of a part. */
function leaveParent(event: ChainedEvent): void {
  const part = event as CompoundEvent;
  part.parent?.removeChild(part);
}

/** `done` of what a request sends. */
function tellEdge(event: ChainedEvent): void {
  (event.private as IoRequest).finished(event as CompoundEvent);
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
