import type { BlockDevice } from './device.js';
import type { ByteRange, IoError } from './io-error.js';
import type { IoClass } from './io-class.js';
import type { IoRequest } from './io-request.js';
import type { Layer } from './layer.js';
import type { PageVector } from './pages.js';
import type { Slot } from './waiting-list.js';

/** What can be asked of a block device. */
export type Operation = 'read' | 'write' | 'flush' | 'discard' | 'writeZeroes';

/** All operations, for whoever has to refuse others. */
export const OPERATIONS: readonly Operation[] = ['read', 'write', 'flush', 'discard', 'writeZeroes'];

/**
 * I/O in flight, as devices and layers see it: a header with a position and a range of pages, and the stacking verbs
 * (docs/design.md lists them). What is behind it is the strategy's own: one container all the way down, or a clone per layer.
 *
 * Who may write: position and range belong to the verbs; `bytes`, `failure` and `failedRanges` to the device that finishes it
 * and to the layer that is in `done`.
 */
export interface Io {
  readonly operation: Operation;
  /** Byte position on the device that the header was submitted to. */
  readonly position: number;
  /** The memory; null for operations without data. */
  readonly pages: PageVector | null;
  /** Bytes from the start of `pages`. */
  readonly offset: number;
  readonly length: number;
  /** A write that is to be on stable storage when it ends. */
  readonly fua: boolean;
  /** Whose I/O it is, to request queues; null when nobody said. Parts have that of their header. */
  readonly ioClass: IoClass | null;

  /** Bytes transferred: the sum over all pieces, not a prefix (I4). */
  bytes: number;
  /** The first error in time, or null. */
  failure: IoError | null;
  /** The parts that failed, when known in more detail than "all behind `bytes`"; null otherwise. */
  failedRanges: ByteRange[] | null;

  /** Whether the request this belongs to was asked to cancel, as far as the strategy can tell from here. */
  readonly cancelled: boolean;

  /** One to one: on to `target` at another position, the same memory. `layer.done` follows. */
  pass<F>(layer: Layer<F>, target: BlockDevice, position: number, frame: F): void;
  /** On to `target` with the layer's own memory, which it frees in `layer.done`, when the I/O below is quiet. */
  substitute<F>(layer: Layer<F>, target: BlockDevice, position: number, pages: PageVector, frame: F): void;
  /** Into pieces that do not overlap; `layer.done` follows when it is sealed and all pieces have ended. */
  split<F>(layer: Layer<F>, frame: F): Split;
  /** Ends the I/O here: a device that has done it, a layer that can answer, whoever refuses it. */
  finish(bytes: number, error: IoError | null): void;
  /** Called in `layer.done`: nobody above is told until the returned function is called. */
  suspend(): () => void;
  /**
   * Called in `layer.done`, or while suspended: takes the header back to as it was submitted to the layer, so that it
   * calls a verb again: another attempt, another member, the next phase (N8). False after a cancel, and nothing changed.
   */
  retry(): boolean;
  /** The parts that succeeded, whatever carved the request up below (N13). */
  succeededRanges(): ByteRange[];

  /** The header waits in a request queue, from which a cancel may take it out. */
  parked(slot: Slot): void;
  /** It waits no longer. */
  unparked(slot: Slot): void;
}

/** What a device at the bottom has to know of a header, and how it answers. */
export type Transfer = Pick<Io, 'operation' | 'position' | 'pages' | 'offset' | 'length' | 'fua' | 'finish'>;

/** I/O of a layer's own, on behalf of a header. */
export interface OwnIo {
  readonly operation: Operation;
  readonly position: number;
  /** The layer's own memory; the header's in a {@link Split.fanOut}. */
  readonly pages: PageVector | null;
  readonly offset: number;
  readonly length: number;
  readonly fua: boolean;
  /** Default: the header's. */
  readonly ioClass?: IoClass | null;
}

/** A header being carved up. Parts are submitted at once, and `layer.done` follows when all have ended. */
export interface Split {
  /** The bytes from `offset` (counted from the header's start) to `target`; the outcome is added to the header's (I4). */
  piece(target: BlockDevice, position: number, offset: number, length: number): void;
  /** All of the header's bytes to `target`, as to others: a mirror's. The outcome goes to `layer.child` with `tag`. */
  fanOut(target: BlockDevice, position: number, tag: unknown): void;
  /** I/O of the layer's own: to read what it has to modify, to write what it has computed. Outcome as of `fanOut`. */
  spawn(target: BlockDevice, own: OwnIo, tag: unknown): void;
  /** Asks the parts that have not ended to cancel, as far as the design reaches. */
  cancelParts(): void;
  /** No more pieces; until then the pieces' completions do not add up to the parent's (E2). */
  seal(): void;
}

/** What a design can do, and what it does where it cannot, for those who compare. A spec holds each claim against it. */
export interface Capabilities {
  /** How queued sub-I/O of a cancelled request is found (I5, N14). */
  readonly pull: 'through the chain' | 'through the links' | 'by searching every request queue';
  /** What is looked at to find it: a cost that the rest of the system has a part in, or not. */
  readonly looksAt: 'what belongs to the request' | 'everything that waits';
  /** What becomes of a part that a layer is handing down when the cancel comes. */
  readonly onTheWayDown: 'is stopped' | 'runs out';
  /** What goes down through a layer that passes a request on (N1). */
  readonly container: 'one for all layers' | 'a clone for each layer';
  /** What the caller of a request that failed in part learns of its parts (N13). */
  readonly knows: 'which parts succeeded' | 'how many bytes' | 'the first error';
  /** What is sent again after a failure (N8). */
  readonly retries: 'the parts that failed' | 'the whole request' | 'none';
  /** Where an end can be held back, and go on in another turn (N6). */
  readonly holds: 'at every layer' | 'at the top' | 'nowhere';
  /** What several requests are told that one operation below has served (N12). */
  readonly merged: 'each its own outcome' | 'all the same outcome' | 'not possible';
}

/** The root header of a request, which the edge cancels through. */
export interface RootIo extends Io {
  /** Pulls what is still queued; what runs is left to finish (N14). Called at most once, before it has finished. */
  cancelAll(request: IoRequest): void;
}

/** A design: how headers are made and joined. Choosing one is one word (I3). */
export interface Strategy {
  readonly name: string;
  readonly capabilities: Capabilities;
  /** The header at the top of the stack; when it ends, `request.finished(header)` is called. */
  root(request: IoRequest): RootIo;
}
