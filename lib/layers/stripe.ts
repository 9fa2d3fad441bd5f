import type { BlockDevice, DeviceOptions } from '../io/device.js';
import { ExtentCursor, ExtentList, type ExtentState } from '../io/extents.js';
import type { Io } from '../io/io.js';
import { Layer } from '../io/layer.js';
import { OptionError } from '../io/option-error.js';
import { createSet, openSet, type MemberSet, type MemberSetOptions } from './member-set.js';
import { joinGeometry, someMembers, spread } from './members.js';

/** How a {@link Stripe} deals out its bytes. */
export interface StripeOptions extends DeviceOptions {
  /** Bytes on one member before the next is taken, a multiple of the members' block size. Default 64 KiB. */
  chunk?: number;
  /** @internal Where data lies, as superblocks say. */
  set?: MemberSet;
}

/** RAID-0: chunks go round the members in turn. Its size is that of the smallest member, in whole chunks, times n. */
export class Stripe extends Layer {
  readonly chunk: number;
  /** Where data begins on each member. */
  private readonly start: number;

  /**
   * Chunks from the start of each member on. Nothing on the members says so: who opens them in another order reads
   * something else. {@link create} writes it down.
   * @throws ArgumentError `ERR_MEMBERS` without a member; ArgumentRangeError `ERR_CHUNK`
   */
  constructor(members: readonly BlockDevice[], options: StripeOptions = {}) {
    const { set } = options;
    const all = someMembers('Stripe', members);
    const { blockSize } = joinGeometry(all);
    const chunk = checkedChunk(options.chunk, blockSize);
    const sizes = set?.dataSizes ?? all.map(({ size }) => size);
    const chunks = sizes.reduce((least, size) => Math.min(least, Math.floor(size / chunk)), Infinity);
    const stripe = chunk * all.length;
    super('stripe', all, { size: chunks * stripe, blockSize, preferredSize: stripe }, options);
    this.chunk = chunk;
    this.start = set?.dataStart ?? 0;
  }

  /**
   * A stripe over new members, with a superblock on each that says who they are and in which order: {@link open} opens
   * them given in any. Some 8 KiB of each member are taken. What was on the members is lost. One whose making a crash has
   * cut off is refused by {@link open}, and made again with `overwrite`.
   * @throws what the constructor throws; ArgumentError `ERR_MEMBER_IN_USE` for a member of something, unless it is to be
   *   overwritten; ArgumentRangeError `ERR_GEOMETRY` for one too small; IoError
   */
  static async create(members: readonly BlockDevice[], options: StripeOptions & MemberSetOptions): Promise<Stripe> {
    const chunk = checkedChunk(options.chunk, joinGeometry(someMembers('Stripe', members)).blockSize);
    const set = await createSet('stripe', members, chunk, (room) => room - (room % chunk), options);
    return new Stripe(set.devices, { ...options, chunk, set });
  }

  /**
   * The stripe that its members say they are, given in any order; all are needed. Its chunk is that of its creation.
   * @throws ArgumentError `ERR_NOT_A_MEMBER`, `ERR_FOREIGN_MEMBER`, `ERR_DUPLICATE_MEMBER` for one that does not belong,
   *   `ERR_MEMBERS` when one is missing; IoError when one cannot be read
   */
  static async open(
    members: readonly BlockDevice[],
    options: DeviceOptions & Pick<MemberSetOptions, 'pool'>,
  ): Promise<Stripe> {
    const set = await openSet('stripe', members, options.pool);
    return new Stripe(set.devices, { ...options, chunk: set.chunk, set });
  }

  submit(io: Io): void {
    const { chunk, lowers } = this;
    if (io.operation === 'flush') {
      spread(this, io, lowers);
      return;
    }
    let number = Math.floor(io.position / chunk);
    let within = io.position % chunk;
    if (within + io.length <= chunk) {
      io.pass(this, lowers[number % lowers.length] as BlockDevice, this.memberPosition(number) + within, null);
      return;
    }
    const split = io.split(this, null);
    for (let done = 0; done < io.length; number++) {
      const length = Math.min(chunk - within, io.length - done);
      split.piece(lowers[number % lowers.length] as BlockDevice, this.memberPosition(number) + within, done, length);
      done += length;
      within = 0;
    }
    split.seal();
  }

  done(): void {
    // The sum of the pieces is the answer.
  }

  /** Each member is asked for its part, which lies together there; then the chunks are dealt out again. */
  protected override async knownExtents(position: number, length: number): Promise<ExtentState[]> {
    const { chunk, lowers } = this;
    const spans = this.memberSpans(position, length);
    const asked = lowers.map(async (member, i) => {
      const { start = 0, end = 0 } = spans[i] ?? {};
      return new ExtentCursor(end > start ? await member.extents(start, end - start) : []);
    });
    const cursors = await Promise.all(asked);
    const list = new ExtentList();
    for (let at = position; at < position + length; at = position + list.length) {
      const cursor = cursors[Math.floor(at / chunk) % lowers.length] as ExtentCursor;
      const { state } = cursor;
      if (state === null) break;
      const step = Math.min(cursor.left, chunk - (at % chunk), position + length - at);
      if (!list.add(step, state)) break;
      cursor.advance(step);
    }
    return list.extents;
  }

  /** Where the bytes lie on each member that has any of them. */
  private memberSpans(position: number, length: number): { start: number; end: number }[] {
    const { chunk, lowers } = this;
    const first = Math.floor(position / chunk);
    const last = Math.floor((position + length - 1) / chunk);
    const spans: { start: number; end: number }[] = [];
    // The first chunks of a member, and the last: what is between lies between.
    for (let i = 0; i < Math.min(lowers.length, last - first + 1); i++) {
      const member = (first + i) % lowers.length;
      const final = last - ((last - member) % lowers.length);
      const start = this.memberPosition(first + i) + (i === 0 ? position % chunk : 0);
      const end = this.memberPosition(final) + (final === last ? ((position + length - 1) % chunk) + 1 : chunk);
      spans[member] = { start, end };
    }
    return spans;
  }

  private memberPosition(chunkNumber: number): number {
    return this.start + Math.floor(chunkNumber / this.lowers.length) * this.chunk;
  }
}

function checkedChunk(chunk = 64 * 1024, blockSize: number): number {
  if (Number.isSafeInteger(chunk) && chunk > 0 && chunk % blockSize === 0) return chunk;
  throw new OptionError(
    'ERR_CHUNK',
    'chunk',
    `must be a positive multiple of the members' block size, ${String(blockSize)}, got ${String(chunk)}`,
  );
}
