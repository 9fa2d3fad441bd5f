import type { Io } from '../io/io.js';
import { IoError, type ByteRange } from '../io/io-error.js';
import { PAGE_SIZE, type PageVector } from '../io/pages.js';
import { complementOf, inBlocks } from '../io/ranges.js';
import { writeMember } from './member-io.js';
import type { ParityArray, ParityLayer, StripeOperation } from './parity-array.js';
import type { ChunkPart } from './parity-map.js';
import { copyInto, xorInto } from './xor.js';

/** A range of one chunk that its member cannot give, and the same bytes of all others, from which it is computed. */
interface Lost {
  readonly part: ChunkPart;
  /** One slot for each of the others, `slotSize` bytes apart. */
  readonly others: PageVector;
  readonly slotSize: number;
  /** What could not be read of them. */
  readonly failed: ByteRange[];
  /** Whether the member was asked for it and answered `EIO`: what is computed is written back to it. */
  readonly heals: boolean;
}

/**
 * A read within one stripe. What members can give is read into the caller's memory, without a lock. What one cannot give,
 * being missing or failing, is the XOR of the same bytes of all others, which are read with the stripe locked: half of a
 * write would give noise (I8), and so would parity that is in doubt. Where that cannot be done as a whole it is tried block
 * by block. What can be had neither way is told as failed, and nothing else is (I4). What a member answered `EIO` for and
 * could be computed is written back to it.
 */
export class StripeRead implements StripeOperation {
  private readonly array: ParityArray;
  private readonly layer: ParityLayer;
  private readonly stripe: number;
  /** What members gave into the caller's memory, or what was computed there; bytes from the header's start. */
  private readonly good: ByteRange[] = [];
  private missed: ChunkPart[] = [];
  /** Members that were not asked for theirs; null when what failed is not to be written back. */
  private unasked: ReadonlySet<number> | null = null;
  private lost: Lost[] = [];
  private computing = false;
  /** Whether, with the stripe locked, each block is read alone: others that cannot be read may be of another row. */
  private singly = false;
  /** What is to be written back in the end. */
  private readonly healing: Lost[] = [];
  /** The first error in time. */
  private failure: IoError | null = null;

  constructor(array: ParityArray, layer: ParityLayer, io: Io) {
    this.array = array;
    this.layer = layer;
    this.stripe = array.map.stripeOf(io.position);
  }

  begin(io: Io): void {
    const parts = this.array.map.partsOf(io.position, io.length);
    const readable = parts.filter(({ member }) => this.array.holds(member, this.stripe));
    const [first] = readable;
    if (first === undefined) {
      this.missed = parts;
      this.array.lock.acquire(this.stripe, io, this);
      return;
    }
    if (parts.length === 1) {
      io.pass(this.layer, this.array.device(first.member), this.positionOf(first), this);
      return;
    }
    this.missed = parts.filter((part) => !readable.includes(part));
    const split = io.split(this.layer, this);
    for (const part of readable) {
      split.piece(this.array.device(part.member), this.positionOf(part), part.offset, part.length);
    }
    split.seal();
  }

  done(io: Io): void {
    if (this.computing) {
      this.compute(io);
      return;
    }
    const bad = this.badOf(io);
    if (bad.length === 0 && !this.singly) {
      io.failure = null; // An error that has kept nothing back: the data is there.
      return;
    }
    this.good.push(...complementOf(bad, io.length));
    this.failure = io.failure;
    // What a cancel pulled is not read in another way.
    if (bad.length === 0 || io.failure?.code === 'ECANCELED' || !io.retry()) {
      if (this.singly) this.conclude(io);
      else this.tell(io);
      return;
    }
    if (this.failure?.code === 'EIO') this.unasked = new Set(this.missed.map(({ member }) => member));
    this.missed = this.wholeBlocks(io, bad);
    if (this.singly) this.locked(io);
    else {
      this.array.lock.acquireOwn(this.stripe, () => {
        this.locked(io);
      });
    }
  }

  locked(io: Io): void {
    this.computing = true;
    const { array, stripe, missed } = this;
    if (!io.cancelled) {
      for (const part of missed) {
        if (!array.canCompute(part.member, stripe)) continue;
        for (const certain of array.doubts.certain(stripe, part)) {
          const lost = this.prepare({ ...certain, offset: part.offset + certain.within - part.within });
          if (lost !== null) this.lost.push(lost);
        }
        this.failure = array.doubts.error(stripe, part.within, part.length, this.failure) ?? this.failure;
      }
    }
    if (this.lost.length === 0) {
      this.conclude(io);
      io.finish(io.bytes, io.failure);
      return;
    }
    const split = io.split(this.layer, this);
    for (const lost of this.lost) {
      const { part, others: pages, slotSize } = lost;
      const others = array.others(part.member);
      for (const [slot, member] of others.entries()) {
        const position = this.positionOf(part);
        const range = { pages, offset: slot * slotSize, length: part.length };
        split.spawn(array.device(member), { operation: 'read', position, ...range, fua: false }, lost);
      }
    }
    split.seal();
  }

  child(part: Io, tag: unknown): void {
    this.failure ??= part.failure;
    (tag as Lost).failed.push(...complementOf(part.succeededRanges(), part.length));
  }

  /** The others have been read: what is there of all of them is XORed into the caller's memory. */
  private compute(io: Io): void {
    const { array } = this;
    for (const lost of this.lost) {
      const { part, others, slotSize, failed } = lost;
      for (const { offset, length } of complementOf(failed, part.length)) {
        const range = { offset: part.offset + offset, length };
        if (io.pages !== null) {
          const at = io.offset + range.offset;
          copyInto(io.pages, at, others, offset, length);
          for (let slot = 1; slot < array.map.members - 1; slot++) {
            xorInto(io.pages, at, others, slot * slotSize + offset, length);
          }
        }
        this.good.push(range);
      }
      if (lost.heals) this.healing.push(lost);
      else others.free();
    }
    if (!this.again(io)) this.conclude(io);
  }

  /** Begins to read what is left block by block, unless that was done or cannot help. */
  private again(io: Io): boolean {
    const { array, lost, stripe } = this;
    const isWide = lost.some(({ part, failed }) => failed.length > 0 && part.length > this.layer.blockSize);
    if (this.singly || !isWide || this.failure?.code !== 'EIO' || !io.retry()) return false;
    this.singly = true;
    this.computing = false;
    this.lost = [];
    const blocks = this.wholeBlocks(io, complementOf(this.good, io.length));
    const readable = blocks.filter(({ member }) => array.holds(member, stripe));
    this.missed = blocks.filter((part) => !readable.includes(part));
    if (readable.length === 0) {
      this.locked(io);
      return true;
    }
    const split = io.split(this.layer, this);
    for (const part of readable) {
      split.piece(array.device(part.member), this.positionOf(part), part.offset, part.length);
    }
    split.seal();
    return true;
  }

  /** Tells what came of it, and unlocks the stripe when what is written back has been. */
  private conclude(io: Io): void {
    const { array, healing, stripe } = this;
    this.tell(io);
    if (healing.length === 0) {
      array.lock.release(stripe);
      return;
    }
    array.work.run((ended) => {
      let left = healing.length;
      for (const lost of healing) {
        this.heal(lost, () => {
          if (--left > 0) return;
          array.whenStored(() => {
            array.lock.release(stripe);
            ended();
          });
        });
      }
    });
  }

  /**
   * Writes what was computed back to the member, behind the read and with the stripe still locked; a member that does not
   * take it is given up. Nothing is marked: it is what the member ought to hold, over what cannot be read anyway.
   */
  private heal({ part, others, slotSize, failed }: Lost, then: () => void): void {
    const { array, stripe } = this;
    const ranges = complementOf(failed, part.length);
    let pending = 1;
    const ended = (): void => {
      if (--pending > 0) return;
      others.free();
      then();
    };
    for (const { offset, length } of ranges) {
      if (array.broken || !array.holds(part.member, stripe)) break;
      for (let slot = 1; slot < array.map.members - 1; slot++) {
        xorInto(others, offset, others, slot * slotSize + offset, length);
      }
      pending++;
      const device = array.device(part.member);
      const options = { position: this.positionOf(part) + offset, fua: false };
      writeMember(device, others.range(offset, length), options, (error) => {
        if (error === null) array.healedBytes += length;
        else array.givesUp(part.member, device);
        ended();
      });
    }
    ended();
  }

  /** Puts into the header what came of it. */
  private tell(io: Io): void {
    const bad = complementOf(this.good, io.length);
    io.bytes = bad.reduce((left, { length }) => left - length, io.length);
    io.failedRanges = bad.length === 0 ? null : bad;
    if (bad.length === 0) io.failure = null;
    else io.failure = this.failure ?? (io.cancelled ? new IoError('ECANCELED') : twoAreMissing());
  }

  /** What the first attempt did not bring: what was not asked for, and what failed. */
  private badOf(io: Io): ByteRange[] {
    if (this.missed.length === 0) return complementOf(io.succeededRanges(), io.length);
    return [...this.missed, ...(io.failedRanges ?? [])];
  }

  /** Ranges in whole blocks, as members can be asked for them, in parts that are on one member each. */
  private wholeBlocks({ position, length }: Io, ranges: readonly ByteRange[]): ChunkPart[] {
    const { blockSize } = this.layer;
    return inBlocks(ranges, blockSize, length).flatMap((range) => {
      const parts: ChunkPart[] = [];
      const step = this.singly ? blockSize : range.length;
      for (let offset = range.offset; offset < range.offset + range.length; offset += step) {
        for (const part of this.array.map.partsOf(position + offset, step)) {
          parts.push({ ...part, offset: part.offset + offset });
        }
      }
      return parts;
    });
  }

  /** Memory to compute a part; null, and a failure, when there is none. */
  private prepare(part: ChunkPart): Lost | null {
    const slotSize = Math.ceil(part.length / PAGE_SIZE) * PAGE_SIZE;
    try {
      const others = this.array.pool.allocate(slotSize * (this.array.map.members - 1));
      return { part, others, slotSize, failed: [], heals: this.unasked?.has(part.member) === false };
    } catch (error) {
      this.failure ??= error as IoError;
      return null;
    }
  }

  private positionOf({ within }: ChunkPart): number {
    return this.array.map.positionOf(this.stripe) + within;
  }
}

function twoAreMissing(): IoError {
  return new IoError('EIO', { message: 'Two members of the stripe are missing' });
}
