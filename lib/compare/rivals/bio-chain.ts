import type { BlockDevice, IoRequest, Layer, OwnIo, PageVector, RootIo, Split, Strategy } from '../../io/index.js';
import { collate, ended, Header, partEnded, pullWaiting, submit } from '../../io/strategy/index.js';
import type { HeaderKind } from '../../io/strategy/index.js';

/*
 * Clone and chain: what the block layer of Linux settled on since (`struct bio`, block/bio.c, drivers/md/dm.c, as of v6.1).
 *
 * - Vectors are immutable and shared; a bio's own is a cursor into one, its `bvec_iter` (K. Overstreet,
 *   Documentation/block/biovecs.rst, v3.14). What was submitted stays readable when the I/O has ended.
 * - A layer that is to be told of the end sends a clone, as device mapper does for every target (`alloc_tio`). The clone's
 *   `bi_end_io` is the layer's, and the layer's data lie in front of the clone, in one allocation (`front_pad` of its
 *   `bio_set`, `per_io_data_size`): here they are fields of the clone. Linear md and partitions are not told of ends; they
 *   write their position into the bio that they were given and make no clone. Every layer here is told.
 * - A split is `bio_split` and `bio_chain`: the pieces share the vector and count in their parent's `__bi_remaining`, in
 *   which the parent counts itself until it is sealed, as the bio of a device-mapper table does (`bio_inc_remaining` in
 *   `dm_split_and_process_bio`, v5.18). A bio that was never chained is not marked `BIO_CHAIN` and has no count to drop.
 *   The layer that carved it up hooks its end, as `dm_hook_bio` does (drivers/md/dm-cache-target.c), and unhooks it
 *   before it is told.
 * - `bio_endio` loops from a bio to what its end brings to an end, so that chains do not recurse. The first error stays
 *   in `bi_status`. A layer may keep a bio that has ended (`DM_ENDIO_INCOMPLETE`), and submit again what its cursor says
 *   (`dm_bio_restore`, which dm-raid1 tries another member with).
 * - Bios that are submitted during a submission wait on `current->bio_list`: the engine's `submit` is that list.
 * - Nothing leads from a bio to its clones, and the block layer cannot cancel what was submitted. What it has is a walk
 *   over all requests of a tag set (`blk_mq_tagset_busy_iter`), from which drivers end those that they know
 *   (`nvme_cancel_tagset`). A cancel here does the same: it searches every request queue for what hangs below.
 */

/** `bi_end_io`: what is done when a bio has ended. Answers the bio that ends next, or null. */
type EndIo = (bio: Bio) => Bio | null;

/** @internal A bio: of a request, a clone, or a piece. */
export class Bio extends Header implements RootIo, Split {
  readonly endIo: EndIo;
  /** Of all but the request's: the bio that it was cloned or split from (`bi_private`, `orig_bio`). */
  readonly parent: Bio | null;
  /** In front of a clone, what belongs to the layer that made it; of a part, its tag; of a request's, the edge. */
  readonly layer: Layer<unknown> | null;
  readonly data: unknown;
  /** The layer that carved this up and hooked its end, until it is told. */
  hook: Layer<unknown> | null = null;
  hookData: unknown = null;
  /** `BIO_CHAIN`, `__bi_remaining`: the parts that have not ended, and one for the bio itself; 1 unless chained. */
  private chained = false;
  private remaining = 1;
  private asked = false;
  private partsAsked = false;

  constructor(
    kind: HeaderKind,
    position: number,
    pages: PageVector | null,
    offset: number,
    length: number,
    endIo: EndIo,
    parent: Bio | null,
    layer: Layer<unknown> | null,
    data: unknown,
  ) {
    super(kind, position, pages, offset, length, parent);
    this.endIo = endIo;
    this.parent = parent;
    this.layer = layer;
    this.data = data;
  }

  /** Upwards there is a way: whether the request was asked, or the parts of one that it hangs below. Costs O(depth). */
  get cancelled(): boolean {
    let bio = this as Bio;
    for (let { parent } = bio; parent !== null; { parent } = bio) {
      if (parent.partsAsked) return true;
      bio = parent;
    }
    return bio.asked;
  }

  pass<F>(layer: Layer<F>, target: BlockDevice, position: number, frame: F): void {
    submit(target, new Bio(this, position, this.pages, this.offset, this.length, endClone, this, layer, frame));
  }

  /** A bio with a vector of its own, as dm-crypt allocates for a write; its end is the layer's as a clone's is. */
  substitute<F>(layer: Layer<F>, target: BlockDevice, position: number, pages: PageVector, frame: F): void {
    submit(target, new Bio(this, position, pages, 0, this.length, endClone, this, layer, frame));
  }

  split<F>(layer: Layer<F>, frame: F): Split {
    this.hook = layer;
    this.hookData = frame;
    this.remaining = 1;
    return this;
  }

  /** `bio_split` and `bio_chain`. */
  piece(target: BlockDevice, position: number, offset: number, length: number): void {
    const at = this.offset + offset;
    this.chain(target, new Bio(this, position, this.pages, at, length, endChained, this, null, null));
  }

  fanOut(target: BlockDevice, position: number, tag: unknown): void {
    this.chain(target, new Bio(this, position, this.pages, this.offset, this.length, endPart, this, null, tag));
  }

  spawn(target: BlockDevice, own: OwnIo, tag: unknown): void {
    this.chain(target, new Bio(own, own.position, own.pages, own.offset, own.length, endPart, this, null, tag));
  }

  seal(): void {
    if (this.remainingDone()) ended(this);
  }

  cancelParts(): void {
    this.partsAsked = true;
    this.pullBelow();
  }

  cancelAll(): void {
    this.asked = true;
    this.pullBelow();
  }

  /** `dm_bio_restore`: the cursor says what was submitted, and nothing is to be restored but what has come of it. */
  override retry(): boolean {
    if (!super.retry()) return false;
    this.partsAsked = false;
    return true;
  }

  parked(): void {
    // Nothing: a bio knows no queue, and no queue is told of cancels.
  }

  unparked(): void {
    // As above.
  }

  /** `bio_endio`: ends this bio and, in a loop, what that brings to an end. */
  passUp(): void {
    for (let bio = this as Bio | null; bio !== null;) bio = bio.end();
  }

  private end(): Bio | null {
    if (!this.remainingDone()) return null;
    const { hook, hookData } = this;
    if (hook !== null) {
      this.hook = null;
      if (!this.tell(hook, hookData)) return null;
    }
    return this.endIo(this);
  }

  /** `bio_remaining_done`: whether this was the last end of a bio that is chained, or the only one of another. */
  private remainingDone(): boolean {
    if (!this.chained) return true;
    if (--this.remaining > 0) return false;
    this.chained = false;
    return true;
  }

  /** `bio_chain`, and the submission. */
  private chain(target: BlockDevice, part: Bio): void {
    this.chained = true;
    this.remaining++;
    submit(target, part);
  }

  private pullBelow(): void {
    pullWaiting((io) => io instanceof Bio && io.isBelow(this));
  }

  private isBelow(ancestor: Bio): boolean {
    let bio = this as Bio | null;
    while (bio !== null && bio !== ancestor) bio = bio.parent;
    return bio !== null;
  }
}

/** `clone_endio`: the layer that made the clone is told of the bio that it was given. */
function endClone(clone: Bio): Bio | null {
  const given = clone.parent as Bio;
  collate(given, clone, 0);
  return given.tell(clone.layer as Layer<unknown>, clone.data) ? given : null;
}

/** `bio_chain_endio`. */
function endChained(piece: Bio): Bio {
  const parent = piece.parent as Bio;
  collate(parent, piece, piece.offset - parent.offset);
  return parent;
}

/** The end of a part that the layer collates itself, as md's raid1 does in `raid1_end_write_request`. */
function endPart(part: Bio): Bio {
  const parent = part.parent as Bio;
  partEnded(parent, parent.hook as Layer<unknown>, parent.hookData, part, 0, part.data);
  return parent;
}

function endRequest(bio: Bio): null {
  (bio.data as IoRequest).finished(bio);
  return null;
}

/** Clone and chain, as today's block layer does it. */
export const bioChain: Strategy = {
  name: 'bioChain',
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
  root(request) {
    const { range, position, length } = request;
    return new Bio(
      request,
      position,
      range?.pages ?? null,
      range?.offset ?? 0,
      length,
      endRequest,
      null,
      null,
      request,
    );
  },
};
