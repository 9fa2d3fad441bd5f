import type { BlockDevice } from '../io/device.js';
import { IoError } from '../io/io-error.js';
import type { PagePool } from '../io/pages.js';
import { IntentLog } from './intent-log.js';
import type { Copy, MemberState, Superblock } from './superblock.js';
import { SuperblockCopies } from './superblock-copies.js';

/** A device in its place in an array. Another device in the same place is another member. */
export interface Member {
  readonly index: number;
  /** Null when it is not there; then it has failed. */
  readonly device: BlockDevice | null;
  /** May change in any turn. */
  readonly state: MemberState;
  /** While it is rebuilt: bytes of data, from the start, that it holds and that are stable. May change in any turn. */
  readonly rebuilt: number;
}

/** A member as it was found, or is to be. */
export interface MemberStart {
  readonly device: BlockDevice | null;
  readonly state: MemberState;
  /** Default 0. */
  readonly rebuilt?: number;
  /** Where its superblock was found; null, the default, for a new one. */
  readonly copy?: Copy | null;
}

/** A member that is there. */
export interface PresentMember extends Member {
  readonly device: BlockDevice;
}

interface Place extends Member {
  state: MemberState;
  rebuilt: number;
}

type Told = (error: IoError | null) => void;

/**
 * Who is in sync and which regions are being written, in memory and on the members. What is true in memory counts only
 * once it is stored: a write is not acknowledged before it is on the members that a member was dropped which missed it,
 * nor begun before its region is marked there.
 *
 * Every storing goes to all members that are not failed, with one sequence number. One that cannot be written to is
 * dropped, and the rest are told of that before anybody else is. What the last one in sync does not take has failed, and
 * those that are being rebuilt may have taken it: until it takes one they get no other, or they would be ahead of it by
 * more than the one change by which a member may be behind and count as in sync (mirror-open.ts).
 */
export class MemberRecords {
  private readonly all: Place[];
  readonly intent: IntentLog;
  /** Why the last storing has failed: the last member in sync did not take it. Null when it has not. */
  failure: IoError | null = null;
  private readonly identity: Superblock;
  private readonly pool: PagePool;
  /** The superblock of each member that is there. */
  private readonly copies: (SuperblockCopies | undefined)[] = [];
  /** Advanced with each storing of a change of a state. */
  generation: number;
  private sequence: number;
  /** A state has changed since the storing that has begun last … */
  private changed = false;
  /** … or one that has is not stored yet. */
  private unstored = false;
  private waiting: Told[] = [];
  private storing = false;
  private batching = false;

  /**
   * @param identity what is stored, but for states and regions, and for `index`, which is each member's own; its
   *   generation and sequence were stored last
   * @throws IoError `ENOMEM`
   */
  constructor(identity: Superblock, members: readonly MemberStart[], pool: PagePool) {
    this.identity = identity;
    this.generation = identity.generation;
    this.sequence = identity.sequence;
    this.pool = pool;
    this.all = members.map((_, index) => ({ index, device: null, state: 'failed', rebuilt: 0 }));
    try {
      for (const [index, { device, state, rebuilt = 0, copy = null }] of members.entries()) {
        if (device === null) continue;
        this.set(index, state, device, copy);
        this.rebuiltTo(index, rebuilt);
      }
    } catch (error) {
      this.free();
      throw error;
    }
    this.changed = this.unstored = false;
    this.intent = new IntentLog(identity.dirty, () => this.store(() => undefined));
  }

  /** The members by index. */
  get places(): readonly Member[] {
    return this.all;
  }

  /** The members that hold everything. */
  get inSync(): PresentMember[] {
    return this.all.filter(isPresent).filter(({ state }) => state === 'in-sync');
  }

  /** The members that are written to. */
  get written(): PresentMember[] {
    return this.all.filter(isPresent).filter(({ state }) => state !== 'failed');
  }

  /** Drops a member that cannot be relied on. False, and nothing changed, when no other is in sync. */
  drop(member: Member): boolean {
    if (member.state === 'failed') return true;
    if (member.state === 'in-sync' && this.inSync.length === 1) return false;
    this.set(member.index, 'failed');
    return true;
  }

  /**
   * Changes a member's state, or puts a device in its place, as another member. Not stored until {@link store}.
   * @param copy where the device's superblock of this array is; null when it has none
   * @throws IoError `ENOMEM`, for a device; nothing changed
   */
  set(index: number, state: MemberState, device?: BlockDevice, copy: Copy | null = null): void {
    const place = this.all[index];
    if (place === undefined) return;
    if (device === undefined) place.state = state;
    else {
      const copies = new SuperblockCopies(device, this.pool, copy);
      this.copies[index]?.free();
      this.copies[index] = copies;
      this.all[index] = { index, device, state, rebuilt: 0 };
    }
    this.touch();
  }

  /** A member that is being rebuilt holds so many bytes, and they are stable. Not stored until {@link store}. */
  rebuiltTo(index: number, bytes: number): void {
    const place = this.all[index];
    if (place !== undefined) place.rebuilt = bytes;
  }

  /** Of the array. */
  get uuid(): string {
    return this.identity.uuid;
  }

  /** What is in memory differs from what is stored. */
  touch(): void {
    this.changed = this.unstored = true;
  }

  /** Whether every change of a state is stored. */
  get isSettled(): boolean {
    return !this.unstored;
  }

  /** Calls `then` once every change of a state so far is stored: at once when there is none. */
  settled(then: Told): void {
    if (this.unstored) this.store(then);
    else then(null);
  }

  /** Stores what is true now; `then` is told when it is on all members that are not failed, or why it cannot be. */
  store(then: Told): void {
    this.waiting.push(then);
    if (!this.storing && !this.batching) this.run([]);
  }

  /** What `body` asks to be stored is stored in one go. */
  batched(body: () => void): void {
    this.batching = true;
    body();
    this.batching = false;
    if (this.waiting.length > 0 && !this.storing) this.run([]);
  }

  /** Gives the memory back; nothing must be stored any more. */
  free(): void {
    for (const copies of this.copies) copies?.free();
    this.copies.length = 0;
  }

  private run(kept: readonly Told[]): void {
    const told = [...kept, ...this.waiting];
    this.waiting = [];
    this.storing = true;
    if (this.changed) this.generation++;
    this.changed = false;
    this.sequence++;
    const bits = this.intent.snapshot();
    const targets = this.failure === null ? this.written : this.inSync;
    const isForAll = targets.length === this.written.length;
    const failures = new Map<Member, IoError>();
    let pending = targets.length + 1;
    const ended = (): void => {
      if (--pending === 0) this.stored(told, bits, failures, isForAll);
    };
    for (const target of targets) {
      this.write(target, bits, (error) => {
        if (error !== null) failures.set(target, error);
        ended();
      });
    }
    ended();
  }

  private write({ index }: PresentMember, bits: Uint8Array, then: Told): void {
    const { identity, generation, sequence } = this;
    const states = this.all.map(({ state }) => state);
    const rebuilt = this.all.map(({ state, rebuilt: bytes }) => (state === 'rebuilding' ? bytes : 0));
    const copies = this.copies[index];
    // Given back: nobody waits for ever for what came too late.
    if (copies === undefined) then(new IoError('ENXIO', { message: 'The records are closed' }));
    else copies.write({ ...identity, index, generation, sequence, states, rebuilt, dirty: bits }, then);
  }

  private stored(
    told: readonly Told[],
    bits: Uint8Array,
    failures: ReadonlyMap<Member, IoError>,
    isForAll: boolean,
  ): void {
    let failure: IoError | null = null;
    for (const [member, error] of failures) {
      if (!this.drop(member)) failure = new IoError('EIO', { message: 'The state cannot be stored', cause: error });
    }
    this.failure = failure;
    if (failure === null && (failures.size > 0 || !isForAll)) {
      this.run(told);
      return;
    }
    this.storing = false;
    if (failure === null) {
      this.unstored = this.changed;
      this.intent.saved(bits);
    } else {
      this.unstored = true;
      this.intent.abandon();
    }
    for (const then of told) then(failure);
    if (this.waiting.length > 0 && !this.isStoring()) this.run([]);
  }

  /** It may have begun again in a callback. */
  private isStoring(): boolean {
    return this.storing;
  }
}

function isPresent(place: Member): place is PresentMember {
  return place.device !== null;
}
