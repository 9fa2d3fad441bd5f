import type { ByteRange } from '../io/io-error.js';

/** The part of a request that lies in one chunk of a stripe. */
export interface ChunkPart extends ByteRange {
  /** Which member it is on. */
  readonly member: number;
  /** Bytes from the start of the chunk. */
  readonly within: number;
}

/**
 * Where what lies in RAID-5: pure arithmetic, in bytes. A **stripe** is one chunk on every member, at the same place; one
 * of them is the parity of the others. The parity goes round from the last member to the first, and the data of a stripe
 * begins behind it (Linux md's ALGORITHM_LEFT_SYMMETRIC, its default: `raid5_compute_sector`), so that chunks in a row are
 * on members in a row, and a long read keeps all of them busy.
 *
 * ```
 * member    0  1  2  3
 * stripe 0  0  1  2  P
 * stripe 1  4  5  P  3
 * stripe 2  8  P  6  7
 * stripe 3  P  9 10 11
 * ```
 */
export class ParityMap {
  readonly members: number;
  /** Bytes on one member before the next is taken. */
  readonly chunk: number;
  readonly stripes: number;
  /** Bytes of data in a stripe. */
  readonly stripeSize: number;
  /** Where the first stripe begins on each member, in bytes. */
  readonly start: number;

  /** All are checked before: `members` at least 3, `chunk` positive, `stripes` and `start` not negative. */
  constructor(members: number, chunk: number, stripes: number, start = 0) {
    this.members = members;
    this.chunk = chunk;
    this.stripes = stripes;
    this.stripeSize = chunk * (members - 1);
    this.start = start;
  }

  /** Bytes of data in all. */
  get size(): number {
    return this.stripes * this.stripeSize;
  }

  stripeOf(position: number): number {
    return Math.floor(position / this.stripeSize);
  }

  /** Which member has the parity of a stripe. */
  parityOf(stripe: number): number {
    return this.members - 1 - (stripe % this.members);
  }

  /** Which member has the data chunk `index` of a stripe, counted from 0. */
  memberOf(stripe: number, index: number): number {
    return (this.parityOf(stripe) + 1 + index) % this.members;
  }

  /** Where a stripe's chunk begins on its member. */
  positionOf(stripe: number): number {
    return this.start + stripe * this.chunk;
  }

  /** Where the data of a member's chunk in a stripe begins on the array. It is not the member that has the parity. */
  dataPositionOf(stripe: number, member: number): number {
    const index = (member - this.parityOf(stripe) - 1 + this.members) % this.members;
    return stripe * this.stripeSize + index * this.chunk;
  }

  /** The parts of `length` bytes from `position` on, in order; all in one stripe. Offsets count from `position`. */
  partsOf(position: number, length: number): ChunkPart[] {
    const stripe = this.stripeOf(position);
    const inStripe = position - stripe * this.stripeSize;
    const parts: ChunkPart[] = [];
    let index = Math.floor(inStripe / this.chunk);
    let within = inStripe % this.chunk;
    for (let offset = 0; offset < length; index++) {
      const bytes = Math.min(this.chunk - within, length - offset);
      parts.push({ member: this.memberOf(stripe, index), within, offset, length: bytes });
      offset += bytes;
      within = 0;
    }
    return parts;
  }
}
