import type { ByteRange, IoError } from '../io/io-error.js';
import type { Io, Split } from '../io/io.js';
import type { Layer } from '../io/layer.js';
import type { PageVector } from '../io/pages.js';
import { complementOf, sumOf, without } from '../io/ranges.js';
import type { PresentMember } from './member-records.js';
import { inBlocks, isCancel, merged, type MirrorArray } from './mirror-array.js';
import type { MirrorFrame } from './mirror-frame.js';

/** What a member could not read. */
interface Lacking {
  readonly member: PresentMember;
  readonly ranges: readonly ByteRange[];
}

/**
 * A read from one member. What fails there is read from the next, range by range, until it has been read or no member is
 * left, and then block by block, where more than one has answered `EIO`; what a member answered `EIO` for and another could
 * read is written back to it, behind the read.
 */
export class MirrorRead implements MirrorFrame {
  protected readonly layer: Layer<MirrorFrame>;
  protected readonly array: MirrorArray;
  private readonly tried = new Set<PresentMember>();
  /** What has not been read, in bytes from the header's start; null before the first attempt has ended. */
  private missing: readonly ByteRange[] | null = null;
  private failure: IoError | null = null;
  private lacking: Lacking[] = [];
  /** Whether it is read block by block: each may be one that another member cannot read. */
  private singly = false;

  constructor(layer: Layer<MirrorFrame>, array: MirrorArray) {
    this.layer = layer;
    this.array = array;
  }

  /** Reads all of it from a member. */
  start(io: Io, member: PresentMember): void {
    this.tried.add(member);
    io.pass(this.layer, member.device, this.array.shape.dataStart + io.position, this);
  }

  child(_io: Io, _part: Io, _tag: unknown): void {
    // Pieces are summed up.
  }

  done(io: Io): void {
    // Of pieces, only what failed is known: the rest had been read before.
    const missing =
      this.missing === null ? complementOf(io.succeededRanges(), io.length) : merged(io.failedRanges ?? []);
    const [member] = [...this.tried].slice(-1);
    if (member !== undefined) this.note(member, missing, io.failure);
    this.goOn(io, missing);
  }

  /** A member has ended, with this not read. */
  protected note(member: PresentMember, missing: readonly ByteRange[], failure: IoError | null): void {
    this.tried.add(member);
    this.failure ??= failure;
    if (failure?.code === 'EIO') this.lacking.push({ member, ranges: missing });
  }

  /** Reads what is missing from the next member, or ends. */
  protected goOn(io: Io, missing: readonly ByteRange[]): void {
    const next = this.next(missing);
    if (missing.length === 0 || next === undefined || isCancel(this.failure) || !io.retry()) {
      this.end(io, missing);
      return;
    }
    const { blockSize, dataStart } = this.array.shape;
    this.missing = merged(missing.map((range) => inBlocks(range, blockSize)));
    this.tried.add(next);
    const split = io.split(this.layer, this);
    for (const range of this.missing) {
      const step = this.singly ? blockSize : range.length;
      for (let offset = range.offset; offset < range.offset + range.length; offset += step) {
        split.piece(next.device, dataStart + io.position + offset, offset, step);
      }
    }
    split.seal();
  }

  /** The next member to try. When all were, what they answered for the whole may be for one block each: a second round. */
  private next(missing: readonly ByteRange[]): PresentMember | undefined {
    const { records, shape } = this.array;
    const next = records.inSync.find((member) => !this.tried.has(member));
    const isWide = missing.some(({ length }) => length > shape.blockSize);
    if (next !== undefined || this.singly || this.lacking.length < 2 || !isWide) return next;
    this.singly = true;
    this.tried.clear();
    this.lacking = [];
    return records.inSync[0];
  }

  private end(io: Io, missing: readonly ByteRange[]): void {
    io.failure = missing.length === 0 ? null : this.failure;
    io.bytes = io.length - sumOf(missing);
    io.failedRanges = missing.length === 0 ? null : [...missing];
    for (const { member, ranges } of this.lacking) {
      for (const range of without(ranges, missing, io.length)) {
        const { offset, length } = inBlocks(range, this.array.shape.blockSize);
        this.array.heal(member, { offset: io.position + offset, length });
      }
    }
  }
}

/**
 * A read from two members at once. Each has pages of its own, so that the loser, which is asked to cancel and joined,
 * never writes to the winner's; what has come in is copied when both have ended.
 */
export class FastestRead extends MirrorRead {
  private split: Split | null = null;
  private readonly contenders: { readonly member: PresentMember; readonly pages: PageVector }[];
  private readonly good = new Map<PresentMember, readonly ByteRange[]>();
  private winner: PresentMember | null = null;

  constructor(
    layer: Layer<MirrorFrame>,
    array: MirrorArray,
    contenders: { readonly member: PresentMember; readonly pages: PageVector }[],
  ) {
    super(layer, array);
    this.contenders = contenders;
  }

  race(io: Io): void {
    const { length, position } = io;
    const split = (this.split = io.split(this.layer, this));
    for (const { member, pages } of this.contenders) {
      const at = this.array.shape.dataStart + position;
      split.spawn(member.device, { operation: 'read', position: at, pages, offset: 0, length, fua: false }, member);
    }
    split.seal();
  }

  override child(_io: Io, part: Io, tag: unknown): void {
    const member = tag as PresentMember;
    const succeeded = part.succeededRanges();
    this.good.set(member, succeeded);
    const missing = complementOf(succeeded, part.length);
    if (missing.length > 0 && !(this.winner !== null && isCancel(part.failure)))
      this.note(member, missing, part.failure);
    if (missing.length > 0 || this.winner !== null) return;
    this.winner = member;
    this.split?.cancelParts();
  }

  override done(io: Io): void {
    if (this.split === null) {
      super.done(io);
      return;
    }
    this.split = null;
    for (const { member, pages } of this.contenders) {
      const wanted = this.winner === null || this.winner === member;
      for (const { offset, length } of (wanted ? this.good.get(member) : null) ?? []) {
        let at = io.offset + offset;
        for (const view of pages.views(offset, length)) {
          io.pages?.set(view, at);
          at += view.length;
        }
      }
      pages.free();
    }
    this.goOn(io, complementOf([...this.good.values()].flat(), io.length));
  }
}
