import type { Io } from '../io/io.js';
import { IoError } from '../io/io-error.js';
import { PAGE_SIZE, type PageVector } from '../io/pages.js';
import { complementOf } from '../io/ranges.js';
import { writeMember } from './member-io.js';
import type { ParityArray, ParityLayer, StripeOperation } from './parity-array.js';
import type { ChunkPart } from './parity-map.js';
import { hullOf, planRecovery, plansInDoubt, planWrite, type ChunkRange, type WritePlan } from './parity-plan.js';
import { copyInto, xorInto } from './xor.js';

/**
 * A write, or a write of zeroes, within one stripe, which is locked from the first read to the last write (I8). While it
 * waits for the lock and while it reads, a cancel ends it and nothing has been changed. Then the stripe is marked as being
 * written, and data and parity are written by the layer's own I/O, which no cancel reaches: a stripe that was begun is
 * finished (I5). The data is copied once: parity is that of the bytes that are written, whatever becomes of the caller's.
 *
 * A member that a write fails on is given up, which is stored on the others before anyone is told of success.
 */
export class StripeWrite implements StripeOperation {
  private readonly array: ParityArray;
  private readonly layer: ParityLayer;
  private readonly stripe: number;
  private readonly parts: readonly ChunkPart[];
  /** The part of each chunk that is read, changed or written. */
  private readonly from: number;
  private readonly length: number;
  private readonly slotSize: number;
  /** A slot for that part of every member. */
  private slots: PageVector | null = null;
  private plan: WritePlan = { kind: 'full stripe', reads: [] };
  /** What to try when that cannot be read, where parity is in doubt. */
  private plans: WritePlan[] | null = null;
  /** Which member's slot is computed, under the plan `recover`. */
  private recovered = -1;
  /** Whether it answered `EIO`: then what was computed of it, but is not written, is written back to it as well. */
  private heals = false;
  /** Members that something could not be read from. */
  private readonly unread = new Set<number>();
  /** Members that something could not be written to. */
  private readonly unwritten = new Set<number>();
  private failure: IoError | null = null;
  /** Whether writing has begun. */
  private begun = false;
  /** Writes that have not ended, and one while they are being made. */
  private pending = 0;

  constructor(array: ParityArray, layer: ParityLayer, io: Io) {
    this.array = array;
    this.layer = layer;
    this.stripe = array.map.stripeOf(io.position);
    this.parts = array.map.partsOf(io.position, io.length);
    ({ from: this.from, length: this.length } = hullOf(this.parts));
    this.slotSize = Math.ceil(this.length / PAGE_SIZE) * PAGE_SIZE;
  }

  begin(io: Io): void {
    this.array.lock.acquire(this.stripe, io, this);
  }

  locked(io: Io): void {
    const { array, stripe, parts } = this;
    const missing = array.missing(stripe);
    if (io.cancelled || array.broken) {
      this.failure = new IoError(io.cancelled ? 'ECANCELED' : 'EIO');
      this.end(io);
      return;
    }
    try {
      this.slots = array.pool.allocate(this.slotSize * array.map.members);
    } catch (error) {
      this.failure = error as IoError;
      this.end(io);
      return;
    }
    if (array.doubts.about(stripe, this.from, this.length).length > 0) {
      const certain = (range: ChunkRange): ChunkRange[] => array.doubts.certain(stripe, range);
      this.plans = plansInDoubt(array.map, stripe, parts, missing[0] ?? null, certain);
      this.tryNext(io, this.slots, this.plans);
      return;
    }
    this.plan = planWrite(array.map, stripe, parts, missing[0] ?? null);
    if (this.plan.kind === 'recover') this.recovered = missing[0] ?? -1;
    this.read(io, this.slots);
  }

  /** Reads what the next plan needs; ends when there is none. */
  private tryNext(io: Io, slots: PageVector, plans: WritePlan[]): void {
    const plan = plans.shift();
    if (plan === undefined) {
      this.failure = this.array.doubts.error(this.stripe, this.from, this.length, this.failure) ?? this.failure;
      this.end(io);
      return;
    }
    this.plan = plan;
    this.failure = null;
    this.unread.clear();
    // It may not read all that its parity is made of: what is not known there is not to be what the memory held before.
    for (const view of slots.views()) view.fill(0);
    this.read(io, slots);
  }

  child(part: Io, tag: unknown): void {
    if (part.failure === null && part.bytes === part.length) return;
    this.unread.add((tag as ChunkRange).member);
    this.failure ??= part.failure ?? new IoError('EIO');
  }

  /** What had to be read has been. */
  done(io: Io): void {
    const { slots, failure } = this;
    if (slots === null) return;
    if (failure?.code === 'ECANCELED' || !io.retry()) {
      this.failure ??= new IoError('ECANCELED');
      this.tell(io);
      this.letGo();
    } else if (failure === null) this.change(io, slots);
    else if (this.plans !== null) this.tryNext(io, slots, this.plans);
    else if (this.canReadOtherwise()) this.read(io, slots);
    else this.end(io);
  }

  private read(io: Io, slots: PageVector): void {
    if (this.plan.reads.length === 0) {
      this.change(io, slots);
      return;
    }
    const split = io.split(this.layer, this);
    for (const range of this.plan.reads) {
      const { member, within, length } = range;
      const position = this.array.map.positionOf(this.stripe) + within;
      const own = { operation: 'read', position, pages: slots, length, fua: false } as const;
      split.spawn(this.array.device(member), { ...own, offset: this.slotOf(member, within) }, range);
    }
    split.seal();
  }

  /** Whether, one member being unreadable, all others will do; if so, they are what is read next. */
  private canReadOtherwise(): boolean {
    const { array, stripe, unread } = this;
    const [bad] = unread;
    const missing = array.missing(stripe).filter((member) => member !== bad);
    if (this.plan.kind === 'recover' || unread.size !== 1 || bad === undefined || missing.length > 0) return false;
    this.plan = planRecovery(array.map, stripe, this.parts, bad);
    this.recovered = bad;
    this.heals = this.failure?.code === 'EIO' && bad !== array.map.parityOf(stripe);
    this.failure = null;
    unread.clear();
    return true;
  }

  /** The new data and the new parity are put together, and the stripe is marked. From here on nothing stops it. */
  private change(io: Io, slots: PageVector): void {
    const { kind } = this.plan;
    const { map } = this.array;
    const parity = map.parityOf(this.stripe);
    const data = Array.from({ length: map.members - 1 }, (_, index) => map.memberOf(this.stripe, index));
    if (kind === 'recover' && this.recovered !== parity) {
      const others = [...data, parity].filter((member) => member !== this.recovered);
      this.sum(slots, this.recovered, others);
    }
    for (const part of this.parts) {
      const at = this.slotOf(part.member, part.within);
      const parityAt = this.slotOf(parity, part.within);
      if (kind === 'modify') xorInto(slots, parityAt, slots, at, part.length);
      if (io.pages !== null) copyInto(slots, at, io.pages, io.offset + part.offset, part.length);
      else for (const view of slots.views(at, part.length)) view.fill(0);
      if (kind === 'modify') xorInto(slots, parityAt, slots, at, part.length);
    }
    if (kind !== 'modify' && kind !== 'data only') this.sum(slots, parity, data);
    this.array.marked(this.stripe, () => {
      this.write(io, slots);
    });
  }

  private write(io: Io, slots: PageVector): void {
    const { array, stripe } = this;
    const parity = array.map.parityOf(stripe);
    const { from, length: hull } = this;
    const changed: ChunkRange[] = this.parts.filter(({ member }) => !this.heals || member !== this.recovered);
    if (this.heals) changed.push({ member: this.recovered, within: from, length: hull });
    if (this.plan.kind !== 'data only') changed.push({ member: parity, within: from, length: hull });
    const alive = !array.broken;
    this.begun = alive;
    this.pending = 1;
    for (const { member, within, length } of changed) {
      if (!alive || !array.holds(member, stripe)) {
        this.unwritten.add(member);
        continue;
      }
      this.pending++;
      const range = slots.range(this.slotOf(member, within), length);
      const position = array.map.positionOf(stripe) + within;
      const device = array.device(member);
      writeMember(device, range, { position, fua: io.fua }, (error) => {
        if (error === null && member === this.recovered) {
          // Where it does not heal, all that is written there is the caller's own.
          const own = this.parts.find((part) => part.member === member);
          array.healedBytes += length - (own?.length ?? 0);
        }
        if (error !== null) {
          this.unwritten.add(member);
          this.failure ??= error;
          array.givesUp(member, device);
        }
        this.written(io);
      });
    }
    this.written(io);
  }

  private written(io: Io): void {
    if (--this.pending > 0) return;
    const { array, stripe, plan } = this;
    // Where there is no parity it will be made anew when it is rebuilt.
    const anew = plan.kind !== 'modify' && plan.kind !== 'recover';
    if (anew && !this.unwritten.has(array.map.parityOf(stripe))) array.doubts.settle(stripe, this.from, this.length);
    array.settled(stripe, () => {
      // With one member missing everything is there, on the member or in the parity.
      if (!array.broken) {
        this.failure = null;
        this.unwritten.clear();
      } else this.failure ??= new IoError('EIO');
      this.end(io);
    });
  }

  /** Ends the header, which has called no verb since it was submitted or taken back. */
  private end(io: Io): void {
    this.tell(io);
    const { bytes, failure } = io;
    this.letGo();
    io.finish(bytes, failure);
  }

  private tell(io: Io): void {
    const { parts, failure, begun, unwritten } = this;
    const good = failure === null ? parts : begun ? parts.filter(({ member }) => !unwritten.has(member)) : [];
    const bad = complementOf(good, io.length);
    io.bytes = bad.reduce((left, { length }) => left - length, io.length);
    io.failedRanges = bad.length === 0 ? null : bad;
    io.failure = bad.length === 0 ? null : this.failure;
  }

  private letGo(): void {
    this.slots?.free();
    this.slots = null;
    this.array.lock.release(this.stripe);
  }

  /** Makes a member's slot the XOR of others'. */
  private sum(slots: PageVector, member: number, others: readonly number[]): void {
    const at = this.slotOf(member, this.from);
    for (const [i, other] of others.entries()) {
      (i === 0 ? copyInto : xorInto)(slots, at, slots, this.slotOf(other, this.from), this.length);
    }
  }

  /** Where a byte of a member's chunk is in the slots. */
  private slotOf(member: number, within: number): number {
    return member * this.slotSize + within - this.from;
  }
}
