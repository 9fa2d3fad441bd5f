import type { BlockDevice } from '../io/device.js';
import type { ByteRange, IoError } from '../io/io-error.js';
import type { PagePool } from '../io/pages.js';
import { sumOf } from '../io/ranges.js';
import { WaitingList, type Slot } from '../io/waiting-list.js';
import { copyRanges, type Copied } from './copy-range.js';
import type { Member, MemberRecords, PresentMember } from './member-records.js';
import { OwnWork } from './own-work.js';
import { RangeLock, type Hold } from './range-lock.js';

/** How a mirror's members lie and what they are made of. */
interface MirrorShape {
  /** Bytes of data, on each member and of the mirror. */
  readonly size: number;
  /** Where data begins on each member. */
  readonly dataStart: number;
  readonly blockSize: number;
  readonly regionSize: number;
}

/** A range that is written back to a member which could not read it. */
interface Healing {
  readonly member: PresentMember;
  readonly range: ByteRange;
}

/**
 * What the requests of one mirror share: its members and what is written down of them, the locks, the memory, and the
 * work that goes on behind the requests.
 */
export class MirrorArray {
  readonly shape: MirrorShape;
  readonly pool: PagePool;
  readonly records: MemberRecords;
  readonly lock: RangeLock = new RangeLock();
  readonly work: OwnWork = new OwnWork();
  /** Members that a rebuild is running for, and onto what. */
  readonly rebuilding: Map<number, BlockDevice> = new Map<number, BlockDevice>();
  /** Writes that wait until their regions are marked on the members. */
  readonly marking: WaitingList = new WaitingList((slot) => this.withdrawals.get(slot)?.());
  /** What is to be undone when one of them is withdrawn. */
  readonly withdrawals: Map<Slot, () => void> = new Map<Slot, () => void>();
  /** Bytes that were written back to members that could not read them. */
  healedBytes = 0;
  /** What is being written back, or waits for that: no range twice, however often it is read meanwhile. */
  private readonly healing = new Set<Healing>();

  constructor(shape: MirrorShape, records: MemberRecords, pool: PagePool) {
    this.shape = shape;
    this.records = records;
    this.pool = pool;
  }

  /** The regions that a range of bytes touches. */
  regionsOf(position: number, length: number): number[] {
    const { regionSize } = this.shape;
    const first = Math.floor(position / regionSize);
    const last = Math.floor((position + length - 1) / regionSize);
    return Array.from({ length: last - first + 1 }, (_, i) => first + i);
  }

  /** Copies ranges of the data from the first that can be read to the others. */
  copy(
    from: readonly Member[],
    to: readonly Member[],
    ranges: readonly ByteRange[],
    fua: boolean,
    then: (copied: Copied) => void,
  ): void {
    const { pool } = this;
    const { blockSize, dataStart } = this.shape;
    copyRanges(
      {
        sources: devicesOf(from),
        targets: devicesOf(to),
        start: dataStart,
        ranges,
        blockSize,
        pool,
        fua,
      },
      then,
    );
  }

  /**
   * Writes what a member could not read back to it, behind the request that has found out; a member that does not take
   * it is dropped. Nothing is marked: the member holds what the others do, or what cannot be read anyway.
   */
  heal(member: PresentMember, range: ByteRange): void {
    const end = range.offset + range.length;
    for (const { member: other, range: own } of this.healing) {
      if (other === member && own.offset <= range.offset && own.offset + own.length >= end) return;
    }
    const healing = { member, range };
    this.healing.add(healing);
    this.work.run((ended) => {
      this.lock.acquire(range.offset, end, null, (hold) => {
        this.healLocked(member, range, () => {
          this.healing.delete(healing);
          this.lock.release(hold);
          ended();
        });
      });
    });
  }

  /** Locks a range for work of the mirror's own. */
  locked(start: number, end: number): Promise<Hold> {
    return new Promise((resolve) => this.lock.acquire(start, end, null, resolve));
  }

  /** Copies a range from the members in sync to one that is being rebuilt. */
  copied(to: PresentMember, range: ByteRange): Promise<Copied> {
    return new Promise((resolve) => this.copy(this.records.inSync, [to], [range], false, resolve));
  }

  private healLocked(member: PresentMember, range: ByteRange, then: () => void): void {
    const sources = this.records.inSync.filter(({ index }) => index !== member.index);
    if (member.state !== 'in-sync' || sources.length === 0) {
      then();
      return;
    }
    this.copy(sources, [member], [range], false, ({ failed, unread }) => {
      const missed = failed.get(member.device);
      this.healedBytes += range.length - sumOf(merged([...unread, ...(missed ?? [])]));
      if (missed === undefined) {
        then();
        return;
      }
      this.records.drop(member);
      this.records.settled(then);
    });
  }
}

/** A range in whole blocks. */
export function inBlocks({ offset, length }: ByteRange, blockSize: number): ByteRange {
  const start = offset - (offset % blockSize);
  return { offset: start, length: Math.ceil((offset + length - start) / blockSize) * blockSize };
}

/** Ranges in order, with those that touch or overlap made one. */
export function merged(ranges: readonly ByteRange[]): ByteRange[] {
  const result: { offset: number; length: number }[] = [];
  for (const { offset, length } of ranges.filter((range) => range.length > 0).sort((a, b) => a.offset - b.offset)) {
    const last = result.at(-1);
    if (last === undefined || last.offset + last.length < offset) result.push({ offset, length });
    else last.length = Math.max(last.length, offset + length - last.offset);
  }
  return result;
}

/** An error that a cancel, and not a device, has brought. */
export function isCancel(error: IoError | null): boolean {
  return error?.code === 'ECANCELED';
}

function devicesOf(members: readonly Member[]): BlockDevice[] {
  return members.flatMap(({ device }) => (device === null ? [] : [device]));
}
