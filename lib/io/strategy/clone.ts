import { collate, succeededRanges } from '../collate.js';
import { counters } from '../counters.js';
import type { BlockDevice } from '../device.js';
import { IoError, type ByteRange } from '../io-error.js';
import type { IoRequest } from '../io-request.js';
import type { Operation, RootIo, Split, Strategy } from '../io.js';
import { callDone, type Layer } from '../layer.js';
import type { PageVector } from '../pages.js';
import { RequestQueue, type Slot } from '../request-queue.js';
import { submit } from '../submit.js';

/*
 * Stacked clones (S. Tweedie, 31 Jan 2001). A clone is a header and nothing more: it shares its parent's page vector, has
 * its own position, offset and length, knows its parent, and counts as one in the parent's I/O count. Completion passes
 * up bytes and an errno; all else hangs off the private data. Children are not tracked: from a parent there is no way to
 * its clones, and a cancel has to search every request queue for descendants.
 */

class Kiobuf implements RootIo, Split {
  readonly operation: Operation;
  readonly position: number;
  readonly pages: PageVector | null;
  readonly offset: number;
  readonly length: number;
  readonly fua: boolean;
  bytes = 0;
  failure: IoError | null = null;
  failedRanges: ByteRange[] | null = null;
  readonly parent: Kiobuf | null;
  /** I/O below that has not ended, and one for the seal while it is being carved up. */
  count = 0;
  /** Whom to tell when the count drops to zero, with what it left there: `end_io` and `private`. */
  layer: Layer<unknown> | null = null;
  frame: unknown = null;
  /** Of a root: the edge. */
  request: IoRequest | null = null;
  asked = false;
  held = false;
  /** The next that waits for its end to be passed up. */
  nextEnded: Kiobuf | null = null;

  constructor(
    parent: Kiobuf | null,
    operation: Operation,
    position: number,
    pages: PageVector | null,
    offset: number,
    length: number,
    fua: boolean,
  ) {
    counters.headers++;
    this.parent = parent;
    this.operation = operation;
    this.position = position;
    this.pages = pages;
    this.offset = offset;
    this.length = length;
    this.fua = fua;
  }

  /** Upwards there is a way: whether the root was asked. Costs O(depth). */
  get cancelled(): boolean {
    return rootOf(this).asked;
  }

  pass<F>(layer: Layer<F>, target: BlockDevice, position: number, frame: F): void {
    this.stack(layer, frame);
    submit(target, new Kiobuf(this, this.operation, position, this.pages, this.offset, this.length, this.fua));
  }

  /** Not a clone, for it does not share the vector: a fresh kiobuf, counted at its parent all the same. */
  substitute<F>(layer: Layer<F>, target: BlockDevice, position: number, pages: PageVector, frame: F): void {
    this.stack(layer, frame);
    submit(target, new Kiobuf(this, this.operation, position, pages, 0, this.length, this.fua));
  }

  split<F>(layer: Layer<F>, frame: F): Split {
    this.stack(layer, frame);
    return this;
  }

  piece(target: BlockDevice, position: number, offset: number, length: number): void {
    this.count++;
    const piece = new Kiobuf(this, this.operation, position, this.pages, this.offset + offset, length, this.fua);
    submit(target, piece);
  }

  seal(): void {
    if (--this.count === 0) passUp(this, false);
  }

  finish(bytes: number, error: IoError | null): void {
    this.bytes = bytes;
    this.failure = error;
    passUp(this, true);
  }

  suspend(): () => void {
    this.held = true;
    return () => {
      if (!this.held) return;
      this.held = false;
      if (inDone !== this) passUp(this, true);
    };
  }

  succeededRanges(): ByteRange[] {
    return succeededRanges(this);
  }

  parked(): void {
    // Nothing: a clone knows no queue, and no queue is told of cancels.
  }

  unparked(): void {
    // As above.
  }

  cancelAll(): void {
    this.asked = true;
    const found: Slot[] = [];
    for (const queue of RequestQueue.all) {
      for (const slot of queue.slots()) {
        counters.visited++;
        // A queue may also hold requests of stacks that use another design.
        if (slot.io instanceof Kiobuf && rootOf(slot.io) === this) found.push(slot);
      }
    }
    // All leave their queues before the first end is passed up: it would make room for another to run.
    passingUp(() => {
      for (const slot of found) slot.queue.withdraw(slot);
    });
  }

  private stack(layer: Layer<never>, frame: unknown): void {
    this.layer = layer;
    this.frame = frame;
    this.count = 1;
  }
}

function rootOf(io: Kiobuf): Kiobuf {
  let root = io;
  while (root.parent !== null) root = root.parent;
  return root;
}

let firstEnded: Kiobuf | null = null;
let lastEnded: Kiobuf | null = null;
let inDone: Kiobuf | null = null;
let passing = false;

/**
 * Passes an end up, iteratively: one that comes while another is being passed waits for it. `ended` is false for a
 * parent whose pieces have all come back, but whose layer has yet to be told.
 */
function passUp(io: Kiobuf, ended: boolean): void {
  if (!ended && !tellLayer(io)) return;
  if (lastEnded === null) firstEnded = io;
  else lastEnded.nextEnded = io;
  lastEnded = io;
  passingUp(null);
}

/** Runs `body` with every end that it brings kept back until it has returned, then passes them up in order. */
function passingUp(body: (() => void) | null): void {
  if (passing) {
    body?.();
    return;
  }
  passing = true;
  body?.();
  for (let next = firstEnded; next !== null; next = firstEnded) {
    firstEnded = next.nextEnded;
    next.nextEnded = null;
    if (firstEnded === null) lastEnded = null;
    climb(next);
  }
  passing = false;
}

function climb(ended: Kiobuf): void {
  let io = ended;
  for (let parent = io.parent; parent !== null; parent = io.parent) {
    collate(parent, io, io.pages === parent.pages ? io.offset - parent.offset : 0);
    if (--parent.count > 0 || !tellLayer(parent)) return;
    io = parent;
  }
  io.request?.finished(io);
}

/** The count has dropped to zero; false when the layer holds the I/O. */
function tellLayer(io: Kiobuf): boolean {
  const outer = inDone;
  inDone = io;
  if (io.layer !== null && callDone(io.layer, io, io.frame) !== null) io.held = false;
  inDone = outer;
  return !io.held;
}

/** The clone design without tracking. */
export const cloneKiobuf: Strategy = {
  name: 'cloneKiobuf',
  capabilities: { pull: 'by searching every request queue' },
  root(request) {
    const { operation, position, range, length, fua } = request;
    const io = new Kiobuf(null, operation, position, range?.pages ?? null, range?.offset ?? 0, length, fua);
    io.request = request;
    return io;
  },
};
