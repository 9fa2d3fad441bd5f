import type { BlockDevice } from '../device.js';
import { ended } from '../endings.js';
import type { IoRequest } from '../io-request.js';
import type { OwnIo, RootIo, Split, Strategy } from '../io.js';
import { partEnded, SUMMED, type Layer } from '../layer.js';
import type { PageVector } from '../pages.js';
import { submit } from '../submit.js';
import type { Slot } from '../waiting-list.js';
import { Header, type HeaderKind } from './header.js';
import { pullWaiting } from './pull.js';

/*
 * Stacked clones (S. Tweedie, 31 Jan 2001). A clone is a header and nothing more: it shares its parent's page vector, has
 * its own position, offset and length, knows its parent, and counts as one in the parent's I/O count. Completion passes
 * up bytes and an errno; all else hangs off the private data. Children are not tracked: from a parent there is no way to
 * its clones, and a cancel has to search every request queue for descendants.
 */

/** @internal The header: of a request, or a clone. */
export class Kiobuf extends Header implements RootIo, Split {
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
  /** The count has dropped to zero and the layer has yet to be told. */
  private untold = false;

  constructor(
    parent: Kiobuf | null,
    kind: HeaderKind,
    position: number,
    pages: PageVector | null,
    offset: number,
    length: number,
    tag: unknown,
    request: IoRequest | null,
  ) {
    super(kind, position, pages, offset, length, parent);
    this.parent = parent;
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
    this.send(target, this.clone(this, position, this.pages, this.offset, this.length, SUMMED));
  }

  /** Not a clone, for it does not share the vector: a fresh kiobuf, counted at its parent all the same. */
  substitute<F>(layer: Layer<F>, target: BlockDevice, position: number, pages: PageVector, frame: F): void {
    this.stack(layer, frame);
    this.send(target, this.clone(this, position, pages, 0, this.length, SUMMED));
  }

  split<F>(layer: Layer<F>, frame: F): Split {
    this.stack(layer, frame);
    return this;
  }

  piece(target: BlockDevice, position: number, offset: number, length: number): void {
    this.count++;
    this.send(target, this.clone(this, position, this.pages, this.offset + offset, length, SUMMED));
  }

  fanOut(target: BlockDevice, position: number, tag: unknown): void {
    this.count++;
    this.send(target, this.clone(this, position, this.pages, this.offset, this.length, tag));
  }

  spawn(target: BlockDevice, own: OwnIo, tag: unknown): void {
    this.count++;
    this.send(target, this.clone(own, own.position, own.pages, own.offset, own.length, tag));
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

  override retry(): boolean {
    if (!super.retry()) return false;
    this.partsAsked = false;
    return true;
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
  protected clone(
    kind: HeaderKind,
    position: number,
    pages: PageVector | null,
    offset: number,
    length: number,
    tag: unknown,
  ): Kiobuf {
    return new Kiobuf(this, kind, position, pages, offset, length, tag, null);
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

  /** The count has dropped to zero; false when the layer holds the I/O, or has begun it again. */
  private tellLayer(): boolean {
    return this.layer === null || this.tell(this.layer, this.frame);
  }

  private pullBelow(): void {
    pullWaiting((io) => io instanceof Kiobuf && io.isBelow(this));
  }
}

/** The clone design without tracking. */
export const cloneKiobuf: Strategy = {
  name: 'cloneKiobuf',
  capabilities: { pull: 'by searching every request queue' },
  root(request) {
    const { position, range, length } = request;
    return new Kiobuf(null, request, position, range?.pages ?? null, range?.offset ?? 0, length, null, request);
  },
};
