import { IoError, type ByteRange } from '../io/io-error.js';
import type { Io } from '../io/io.js';
import type { Layer } from '../io/layer.js';
import { complementOf, sumOf, without } from '../io/ranges.js';
import type { PageVector } from '../io/pages.js';
import type { Slot } from '../io/waiting-list.js';
import type { PresentMember } from './member-records.js';
import { inBlocks, isCancel, merged, type MirrorArray } from './mirror-array.js';
import type { MirrorFrame } from './mirror-frame.js';
import type { Hold } from './range-lock.js';
import { copyOf } from './xor.js';

/** How one member has taken a write. */
interface Taken {
  readonly member: PresentMember;
  readonly failure: IoError | null;
  /** What is not on it, in bytes from the header's start. */
  readonly missing: readonly ByteRange[];
  readonly bytes: number;
  /** All of it is on it, and stable if it was to be: an error that tells of no part breaks that promise (I7). */
  readonly whole: boolean;
}

/**
 * A write, discard or writeZeroes on its way to all members:
 *
 *   lock its range (I8) → mark its regions on the members → write to all → make them agree → unlock → tell
 *
 * A member that has failed it is dropped, unless it is the best there is. Members that a cancel has reached in part, or
 * one and not the other, are made to agree by I/O that no cancel reaches: what the best of them holds is copied to the
 * others. So each block ends as one of the writes on all members, and what the best one holds is what is told (I4).
 */
export class MirrorWrite implements MirrorFrame {
  private readonly layer: Layer<MirrorFrame>;
  private readonly array: MirrorArray;
  private readonly regions: readonly number[];
  private hold: Hold | null = null;
  private taken: Taken[] = [];
  private readonly copies: boolean;
  /** The copy of the data that goes to the members, while it does. */
  private copy: PageVector | null = null;

  /** @param copies whether a copy of the data is written, which nobody changes */
  constructor(layer: Layer<MirrorFrame>, array: MirrorArray, io: Io, copies = false) {
    this.copies = copies && io.pages !== null;
    this.layer = layer;
    this.array = array;
    this.regions = array.regionsOf(io.position, io.length);
  }

  start(io: Io): void {
    this.array.lock.acquire(io.position, io.position + io.length, io, (hold) => {
      this.hold = hold;
      this.mark(io);
    });
  }

  child(_io: Io, part: Io, tag: unknown): void {
    const { failure } = part;
    const missing = complementOf(part.succeededRanges(), part.length);
    const bytes = part.length - sumOf(missing);
    const whole = missing.length === 0 && (failure === null || !part.fua);
    this.taken.push({ member: tag as PresentMember, failure, missing, bytes, whole });
  }

  done(io: Io): void {
    this.copy?.free();
    this.copy = null;
    const taken = this.taken.filter(({ member }) => member.state !== 'failed');
    const best = bestOf(taken);
    if (best === undefined) {
      // Dropped while it ran, by another request, which has told those that stay: this one has missed them.
      this.fail(io, new IoError('EIO', { message: 'All members that it was sent to were dropped' }));
      this.end();
      return;
    }
    tell(io, best);
    const { records } = this.array;
    if (taken.every(({ whole }) => whole) && records.isSettled) {
      this.end();
      return;
    }
    for (const { member, failure, whole } of taken) {
      if (member !== best.member && !whole && !isCancel(failure)) records.drop(member);
    }
    const resume = io.suspend();
    this.agree(
      io,
      best,
      taken.filter(({ member }) => member !== best.member && member.state !== 'failed'),
      () => {
        records.settled((error) => {
          if (error !== null) this.fail(io, error);
          this.end();
          resume();
        });
      },
    );
  }

  /** Goes on when the regions are marked on the members: at once, or when that is stored; a cancel may find it there. */
  private mark(io: Io): void {
    const { array, regions } = this;
    const { records, marking, withdrawals } = array;
    let pending = regions.length + 1;
    let slot: Slot | null = null;
    let withdrawn = false;
    const marked = (): void => {
      if (--pending > 0 || withdrawn) return;
      if (slot !== null) {
        withdrawals.delete(slot);
        marking.take(slot);
        if (records.failure !== null) {
          this.end();
          io.finish(0, records.failure);
          return;
        }
      }
      this.send(io);
    };
    records.batched(() => {
      for (const region of regions) records.intent.begin(region, marked);
      if (pending === 1) return;
      slot = marking.park(io);
      withdrawals.set(slot, () => {
        if (slot !== null) withdrawals.delete(slot);
        withdrawn = true;
        this.end();
      });
    });
    marked();
  }

  private send(io: Io): void {
    const { array } = this;
    if (this.copies) {
      try {
        this.copy = copyOf(io, array.pool);
      } catch (error) {
        this.end();
        io.finish(0, error as IoError);
        return;
      }
    }
    const { copy: pages } = this;
    const split = io.split(this.layer, this);
    for (const member of array.records.written) {
      const position = array.shape.dataStart + io.position;
      if (pages === null) split.fanOut(member.device, position, member);
      else {
        const { operation, length, fua } = io;
        split.spawn(member.device, { operation, position, pages, offset: 0, length, fua }, member);
      }
    }
    split.seal();
  }

  /** Copies from the best member to the others what not all of them have, unless none has anything. */
  private agree(io: Io, best: Taken, others: readonly Taken[], then: () => void): void {
    const all = [best, ...others];
    const unlike = merged(all.flatMap(({ missing }) => missing)).map((range) =>
      inBlocks(range, this.array.shape.blockSize),
    );
    if (others.length === 0 || unlike.length === 0 || all.every(({ bytes }) => bytes === 0)) {
      then();
      return;
    }
    const ranges = merged(unlike).map(({ offset, length }) => ({ offset: io.position + offset, length }));
    const targets = others.map(({ member }) => member);
    this.array.copy([best.member], targets, ranges, io.fua, ({ failed, unread, starved }) => {
      const settle = (left: readonly ByteRange[]): void => {
        for (const other of others) {
          const missed = failed.get(other.member.device);
          if (left.length === 0 && missed === undefined) continue;
          // The best one was dropped meanwhile, by another request: then what counts is what the last one holds.
          if (!this.array.records.drop(other.member)) tell(io, copiedIn(io, best, other, [...left, ...(missed ?? [])]));
        }
        then();
      };
      const sources = targets.filter(({ device, state }) => state === 'in-sync' && !failed.has(device));
      if (unread.length === 0 || starved || sources.length === 0) settle(unread);
      else this.agreeOtherwise(io, best, sources, unread, settle);
    });
  }

  /**
   * What the best member cannot read any more is copied from another to all: not all need have it as it was written, and so
   * it is told as missing. No member is lost for a sector that another has.
   */
  private agreeOtherwise(
    io: Io,
    best: Taken,
    sources: readonly PresentMember[],
    ranges: readonly ByteRange[],
    then: (left: readonly ByteRange[]) => void,
  ): void {
    const { records } = this.array;
    this.array.copy(sources, records.written, ranges, io.fua, ({ failed, unread }) => {
      for (const member of records.written) if (failed.has(member.device)) records.drop(member);
      const lost = ranges.map(({ offset, length }) => ({ offset: offset - io.position, length }));
      const missing = merged([...best.missing, ...lost]);
      const failure = best.failure ?? new IoError('ECANCELED');
      tell(io, { ...best, failure, missing, bytes: io.length - sumOf(missing) });
      then(unread);
    });
  }

  private fail(io: Io, error: IoError): void {
    io.failure = error;
    io.bytes = 0;
    io.failedRanges = [{ offset: 0, length: io.length }];
  }

  /** Nothing of it is on its way any more. */
  private end(): void {
    for (const region of this.regions) this.array.records.intent.end(region);
    if (this.hold !== null) this.array.lock.release(this.hold);
    this.hold = null;
  }
}

/** What a member has taken is how the write has ended. */
function tell(io: Io, { failure, missing, bytes }: Taken): void {
  io.failure = failure;
  io.bytes = bytes;
  io.failedRanges = missing.length === 0 ? null : [...missing];
}

/** What a member holds after a copy from the best one that has left some ranges out, as positions on the mirror. */
function copiedIn({ position, length }: Io, best: Taken, other: Taken, left: readonly ByteRange[]): Taken {
  const out = left.map((range) => ({ offset: range.offset - position, length: range.length }));
  const kept = without(other.missing, complementOf(out, length), length);
  const missing = merged([...kept, ...without(best.missing, out, length)]);
  return { ...other, missing, bytes: length - sumOf(missing), whole: missing.length === 0 };
}

/** The member in sync that holds most, without an error if there is one; one that has failed only when all have. */
function bestOf(taken: readonly Taken[]): Taken | undefined {
  const inSync = taken.filter(({ member }) => member.state === 'in-sync');
  const sound = inSync.filter(({ failure, whole }) => whole || isCancel(failure));
  return (sound.length > 0 ? sound : inSync).reduce<Taken | undefined>(
    (best, each) => (best === undefined || isBetter(each, best) ? each : best),
    undefined,
  );
}

function isBetter(one: Taken, other: Taken): boolean {
  return one.bytes > other.bytes || (one.bytes === other.bytes && one.failure === null && other.failure !== null);
}
