import type { BlockDevice } from '../io/device.js';
import type { Io } from '../io/io.js';
import type { Layer } from '../io/layer.js';
import type { PagePool } from '../io/pages.js';
import { StateError } from '../wait/errors.js';
import { IntentLog } from './intent-log.js';
import { ParityDoubts } from './parity-doubts.js';
import type { ParityMap } from './parity-map.js';
import type { ParityStore } from './parity-store.js';
import { OwnWork } from './own-work.js';
import { StripeLock, type Waiter } from './stripe-lock.js';
import type { MemberState } from './superblock.js';

/** What is done for one header: a frame that knows what comes next. */
export interface StripeOperation extends Waiter {
  begin(io: Io): void;
  child(part: Io, tag: unknown): void;
  done(io: Io): void;
}

/** The layer, as its operations know it. */
export type ParityLayer = Layer<StripeOperation | null>;

/**
 * The members of an array, which of them holds what, and what of that is stored on them. A member is **given up** when a
 * write to it has failed, since it holds something old then; nobody is told of a write that one member lacks before that
 * is stored on the others. When a second one fails the array is **broken**: nothing more is written to it, also no
 * superblock, so that the members stay as they were when it happened.
 */
export class ParityArray {
  readonly map: ParityMap;
  readonly pool: PagePool;
  readonly lock: StripeLock = new StripeLock();
  readonly log: IntentLog;
  readonly doubts: ParityDoubts;
  readonly work: OwnWork = new OwnWork();
  /** Bytes that were written back to members that could not read them. */
  healedBytes = 0;
  readonly states: MemberState[];
  private readonly devices: (BlockDevice | null)[];
  private readonly store: ParityStore;
  private readonly stripesPerRegion: number;
  /** Stripes of a member that is being rebuilt which it holds already, from the first. */
  private rebuiltStripes = 0;
  /** How many of them are stable there: the checkpoint, which is stored. */
  private safeStripes = 0;
  /** Whether a rebuild is running. */
  rebuilding = false;
  /** How often states have changed, and how much of that is stored. */
  private changes = 0;
  private storedChanges = 0;
  private storing: Promise<void> | null = null;
  private next: Promise<void> | null = null;

  constructor(
    map: ParityMap,
    devices: readonly (BlockDevice | null)[],
    states: readonly MemberState[],
    dirty: Uint8Array,
    store: ParityStore,
    pool: PagePool,
  ) {
    this.map = map;
    this.devices = [...devices];
    this.states = [...states];
    this.store = store;
    this.pool = pool;
    this.stripesPerRegion = store.identity.regionSize / map.chunk;
    this.log = new IntentLog(dirty, () => void this.save());
    this.doubts = new ParityDoubts(map, this.log, (stripe) => this.regionOf(stripe));
  }

  /** Of the array, as its superblocks say. */
  get uuid(): string {
    return this.store.identity.uuid;
  }

  /** How often a change of a member's state was stored. */
  get generation(): number {
    return this.store.generation;
  }

  /** @throws StateError `ERR_MEMBER` when it is absent, which {@link holds} tells */
  device(member: number): BlockDevice {
    const device = this.deviceOrNull(member);
    if (device === null) throw new StateError('ERR_MEMBER', `Member ${String(member)} is not there`);
    return device;
  }

  deviceOrNull(member: number): BlockDevice | null {
    return this.devices[member] ?? null;
  }

  /** Whether a member has what belongs to it in a stripe. */
  holds(member: number, stripe: number): boolean {
    const state = this.states[member];
    return state === 'in-sync' || (state === 'rebuilding' && stripe < this.rebuiltStripes);
  }

  /** The members that lack what belongs to them in a stripe. */
  missing(stripe: number): number[] {
    return this.all.filter((member) => !this.holds(member, stripe));
  }

  others(member: number): number[] {
    return this.all.filter((other) => other !== member);
  }

  /** Whether all other members hold their part of the stripe. */
  canCompute(member: number, stripe: number): boolean {
    return this.others(member).every((other) => this.holds(other, stripe));
  }

  /** Members that are written to. */
  get present(): number[] {
    return this.all.filter((member) => this.states[member] !== 'failed');
  }

  /** Whether data may be lost: more than one member is not in sync. */
  get broken(): boolean {
    return this.states.filter((state) => state !== 'in-sync').length > 1;
  }

  regionOf(stripe: number): number {
    return Math.floor(stripe / this.stripesPerRegion);
  }

  /** The stripes of a region, first and behind the last. */
  stripesOf(region: number): [number, number] {
    const first = region * this.stripesPerRegion;
    return [first, Math.min(first + this.stripesPerRegion, this.map.stripes)];
  }

  /** Gives back what it holds. Nothing may be in flight. */
  close(): void {
    this.store.close();
  }

  /** Calls `then` once a stripe is marked as being written; {@link settled} has to follow. */
  marked(stripe: number, then: () => void): void {
    this.log.begin(this.regionOf(stripe), then);
  }

  /** A write to a stripe has ended. Calls `then` once the members know what they have to know of it. */
  settled(stripe: number, then: () => void): void {
    this.log.end(this.regionOf(stripe));
    this.whenStored(then);
  }

  /** Calls `then` when every change of a state is on the members, or the array is broken. */
  whenStored(then: () => void): void {
    if (this.storedChanges === this.changes || this.broken) then();
    else void this.save().then(then);
  }

  /**
   * A member has failed to keep something. {@link whenStored} has to follow. What a device fails that another has replaced
   * meanwhile is not held against the other, which will have it when it is rebuilt.
   */
  givesUp(member: number, device: BlockDevice | null = this.deviceOrNull(member)): void {
    if (device === this.deviceOrNull(member)) this.setState(member, 'failed');
  }

  setState(member: number, state: MemberState): void {
    if (this.states[member] === state) return;
    this.states[member] = state;
    this.changes++;
  }

  /**
   * Puts another device in a member's place, which holds nothing yet.
   * @throws IoError `ENOMEM`; nothing changed
   */
  replace(member: number, device: BlockDevice): void {
    this.store.place(member, device, null);
    this.devices[member] = device;
    this.rebuiltStripes = this.safeStripes = 0;
    this.setState(member, 'rebuilding');
  }

  /** The member that is being rebuilt now holds the stripes up to, but not including, `stripes`. */
  rebuilt(stripes: number): void {
    this.rebuiltStripes = stripes;
  }

  /** Stripes of the member that is being rebuilt which it holds. */
  get rebuiltSoFar(): number {
    return this.rebuiltStripes;
  }

  /** A member that was being rebuilt when the array stopped holds so many bytes. */
  resumeAt(bytes: number): void {
    this.rebuiltStripes = this.safeStripes = Math.floor(bytes / this.map.chunk);
  }

  /**
   * Stores how far a rebuild has come, once that is stable on the member.
   * @throws IoError when it cannot be flushed: it is given up
   */
  async checkpoint(member: number): Promise<void> {
    const stripes = this.rebuiltStripes;
    try {
      await this.device(member).flush().promise();
      this.safeStripes = stripes;
    } catch (error) {
      this.givesUp(member);
      throw error;
    } finally {
      await this.save();
    }
  }

  /** Bytes of a member that is being rebuilt which it holds for certain. */
  safeBytes(member: number): number {
    return this.states[member] === 'rebuilding' ? this.safeStripes * this.map.chunk : 0;
  }

  /** Stores states and dirty regions as they are now, or newer. Never rejects: a member that cannot keep them has failed. */
  save(): Promise<void> {
    if (this.storing === null) {
      this.storing = this.storeAll().finally(() => (this.storing = null));
      return this.storing;
    }
    return (this.next ??= this.storing.then(() => {
      this.next = null;
      return this.save();
    }));
  }

  private async storeAll(): Promise<void> {
    while (!this.broken) {
      const { changes } = this;
      const bits = this.log.snapshot();
      const devices = [...this.devices];
      const failed = await this.store.store(
        [...this.states],
        this.all.map((member) => this.safeBytes(member)),
        bits,
        changes !== this.storedChanges,
      );
      if (failed.length === 0) {
        this.storedChanges = changes;
        this.log.saved(bits);
        return;
      }
      for (const member of failed) this.givesUp(member, devices[member]);
    }
    this.log.abandon();
  }

  private get all(): number[] {
    return this.states.map((_, member) => member);
  }
}
