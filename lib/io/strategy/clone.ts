import { succeededRanges } from '../collate.js';
import { counters } from '../counters.js';
import type { BlockDevice } from '../device.js';
import { ended, type Ending } from '../endings.js';
import type { ByteRange, IoError } from '../io-error.js';
import type { IoClass } from '../io-class.js';
import type { IoRequest } from '../io-request.js';
import type { Operation, OwnIo, RootIo, Split, Strategy } from '../io.js';
import { callDone, partEnded, SUMMED, type Layer } from '../layer.js';
import type { PageVector } from '../pages.js';

import { submit } from '../submit.js';
import type { Slot } from '../waiting-list.js';
import { pullWaiting } from './pull.js';

/*
 * Stacked clones (S. Tweedie, 31 Jan 2001). A clone is a header and nothing more: it shares its parent's page vector, has
 * its own position, offset and length, knows its parent, and counts as one in the parent's I/O count. Completion passes
 * up bytes and an errno; all else hangs off the private data. Children are not tracked: from a parent there is no way to
 * its clones, and a cancel has to search every request queue for descendants.
 */

/** @internal The header: of a request, or a clone. */
export class Kiobuf implements RootIo, Split, Ending {
  readonly operation: Operation;
  readonly position: number;
  readonly pages: PageVector | null;
  readonly offset: number;
  readonly length: number;
  readonly fua: boolean;
  readonly ioClass: IoClass | null;
  bytes = 0;
  failure: IoError | null = null;
  failedRanges: ByteRange[] | null = null;
  readonly parent: Kiobuf | null;
  /** Of a part: how its outcome is handed to the parent's layer. */
  readonly tag: unknown;
  /** I/O below that has not ended, and one for the seal while it is being carved up. */
  private count = 0;
  /** Whom to tell when the count drops to zero, with what it left there: `end_io` and `private`. */
  private layer: Layer<unknown> | null = null;
  private frame: unknown = null;
  /** Of a root: the edge. */
  private readonly request: IoRequest | null;
  private asked = false;
  private partsAsked = false;
  private held = false;
  /** Counts the holds, so that what let go of one before has no effect on the next. */
  private holds = 0;
  private calling = false;
  /** The count has dropped to zero and the layer has yet to be told. */
  private untold = false;
  /** How often it was taken back: what was told of an earlier life does not go on up. */
  private life = 0;
  nextEnding: Ending | null = null;

  constructor(parent: Kiobuf | null, own: OwnIo, tag: unknown, request: IoRequest | null) {
    counters.headers++;
    this.parent = parent;
    this.operation = own.operation;
    this.position = own.position;
    this.pages = own.pages;
    this.offset = own.offset;
    this.length = own.length;
    this.fua = own.fua;
    this.ioClass = own.ioClass === undefined ? (parent?.ioClass ?? null) : own.ioClass;
    this.tag = tag;
    this.request = request;
  }

  /** Upwards there is a way: whether the root was asked, or an ancestor's parts were. Costs O(depth). */
  get cancelled(): boolean {
    let io = this as Kiobuf;
    for (let parent = io.parent; parent !== null; parent = io.parent) {
      if (parent.partsAsked) return true;
      io = parent;
    }
    return io.asked;
  }

  pass<F>(layer: Layer<F>, target: BlockDevice, position: number, frame: F): void {
    this.stack(layer, frame);
    const { operation, pages, offset, length, fua } = this;
    this.send(target, this.clone({ operation, position, pages, offset, length, fua }, SUMMED));
  }

  /** Not a clone, for it does not share the vector: a fresh kiobuf, counted at its parent all the same. */
  substitute<F>(layer: Layer<F>, target: BlockDevice, position: number, pages: PageVector, frame: F): void {
    this.stack(layer, frame);
    const { operation, length, fua } = this;
    this.send(target, this.clone({ operation, position, pages, offset: 0, length, fua }, SUMMED));
  }

  split<F>(layer: Layer<F>, frame: F): Split {
    this.stack(layer, frame);
    return this;
  }

  piece(target: BlockDevice, position: number, offset: number, length: number): void {
    const { operation, pages, fua } = this;
    this.count++;
    this.send(target, this.clone({ operation, position, pages, offset: this.offset + offset, length, fua }, SUMMED));
  }

  fanOut(target: BlockDevice, position: number, tag: unknown): void {
    const { operation, pages, offset, length, fua } = this;
    this.count++;
    this.send(target, this.clone({ operation, position, pages, offset, length, fua }, tag));
  }

  spawn(target: BlockDevice, own: OwnIo, tag: unknown): void {
    this.count++;
    this.send(target, this.clone(own, tag));
  }

  cancelParts(): void {
    this.partsAsked = true;
    this.pullBelow();
  }

  seal(): void {
    if (--this.count > 0) return;
    this.untold = true;
    ended(this);
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
    this.held = this.partsAsked = false;
    this.life++;
    this.bytes = 0;
    this.failure = this.failedRanges = null;
    return true;
  }

  succeededRanges(): ByteRange[] {
    return succeededRanges(this);
  }

  parked(_slot: Slot): void {
    // Nothing: a clone knows no queue, and no queue is told of cancels.
  }

  unparked(_slot: Slot): void {
    // As above.
  }

  cancelAll(): void {
    this.asked = true;
    this.pullBelow();
  }

  passUp(): void {
    if (this.untold) {
      this.untold = false;
      if (!this.tellLayer()) return;
    }
    let io = this as Kiobuf;
    for (let parent = io.parent; parent !== null; parent = io.parent) {
      parent.forget(io);
      const shift = io.pages === parent.pages ? io.offset - parent.offset : 0;
      partEnded(parent, parent.layer as Layer<unknown>, parent.frame, io, shift, io.tag);
      if (--parent.count > 0 || !parent.tellLayer()) return;
      io = parent;
    }
    io.request?.finished(io);
  }

  /** Whether it hangs below `ancestor`. */
  isBelow(ancestor: Kiobuf): boolean {
    let io = this as Kiobuf | null;
    while (io !== null && io !== ancestor) io = io.parent;
    return io !== null;
  }

  /** What a design that tracks its clones adds to the making of one … */
  protected clone(own: OwnIo, tag: unknown): Kiobuf {
    return new Kiobuf(this, own, tag, null);
  }

  /** … to its submission … */
  protected send(target: BlockDevice, clone: Kiobuf): void {
    submit(target, clone);
  }

  /** … and to its end. */
  protected forget(_clone: Kiobuf): void {
    // Nothing: no clone is known.
  }

  private stack(layer: Layer<never>, frame: unknown): void {
    this.layer = layer;
    this.frame = frame;
    this.count = 1;
  }

  private pullBelow(): void {
    pullWaiting((io) => io instanceof Kiobuf && io.isBelow(this));
  }

  /** The count has dropped to zero; false when the layer holds the I/O, or has begun it again. */
  private tellLayer(): boolean {
    const { layer, life } = this;
    this.calling = true;
    if (layer !== null && callDone(layer, this, this.frame) !== null) this.held = false;
    this.calling = false;
    return !this.held && this.life === life;
  }
}

/** The clone design without tracking. */
export const cloneKiobuf: Strategy = {
  name: 'cloneKiobuf',
  capabilities: {
    pull: 'by searching every request queue',
    looksAt: 'everything that waits',
    onTheWayDown: 'runs out',
    container: 'a clone for each layer',
    knows: 'which parts succeeded',
    retries: 'the parts that failed',
    holds: 'at every layer',
    merged: 'each its own outcome',
  },
  root: (request) => new Kiobuf(null, request.own, null, request),
};
