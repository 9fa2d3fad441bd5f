import { StateError } from '../wait/errors.js';
import { BlockDevice, type DeviceOptions } from '../io/device.js';
import type { Io } from '../io/io.js';
import { IoError } from '../io/io-error.js';
import { Seeded } from '../io/seeded.js';
import { waitQueue } from '../io/strategy/wait-queue.js';
import { OptionError } from '../io/option-error.js';

/** How big a {@link VolatileDevice} is, and what a loss of power leaves whole. */
export interface VolatileOptions extends DeviceOptions {
  /** Bytes, a multiple of the block size. */
  size: number;
  /** Bytes, a power of two. Default 512. */
  blockSize?: number;
  /** What a loss of power leaves whole, in bytes; divides the block size. Default: the block size. */
  sectorSize?: number;
  /** Keep requests back until {@link VolatileDevice.proceed}, so that power can fail while they are in flight. Default false. */
  deferred?: boolean;
}

/** What a write brought to one sector, while that is only in the cache. */
interface Version {
  /** Which write it was. */
  readonly write: number;
  readonly data: Uint8Array;
}

/** What a loss of power makes of a write that was not stable. */
type Fate = 'lost' | 'kept' | 'torn';
const FATES: readonly Fate[] = ['lost', 'kept', 'torn'];

/**
 * A device in memory with a volatile cache, for tests of durability. What was written is stable after a `flush`, or
 * when it was written with `fua` (I7). When power is lost, each write that is not stable is lost, kept, or torn at sector
 * boundaries, by a seed, and each sector may hold any of those that were kept. Requests in flight fail, later ones too,
 * and what survived is read from the device that {@link reopened} makes.
 */
export class VolatileDevice extends BlockDevice {
  readonly lowers: readonly BlockDevice[] = [];
  /** What reads see: the cache over what is stable. */
  readonly contents: Uint8Array;
  /** What survives for certain. Since power was lost: what has survived. */
  readonly stable: Uint8Array;
  private readonly options: VolatileOptions;
  private readonly sectorSize: number;
  /** The sectors that are not stable, with what was written to them, oldest first. */
  private readonly cached = new Map<number, Version[]>();
  private readonly waiting: Io[] = [];
  private writes = 0;
  private requests = 0;
  private lossAt = Infinity;
  private lossSeed = 0;
  private off = false;

  /** @throws ArgumentRangeError `ERR_GEOMETRY`, `ERR_BLOCK_SIZE`, `ERR_SECTOR_SIZE` */
  constructor(options: VolatileOptions) {
    const { size, blockSize = 512, sectorSize = blockSize } = options;
    super(options.name ?? 'volatile', options.strategy ?? waitQueue, { size, blockSize, preferredSize: blockSize });
    if (!Number.isSafeInteger(sectorSize) || sectorSize <= 0 || blockSize % sectorSize !== 0) {
      throw new OptionError(
        'ERR_SECTOR_SIZE',
        'sectorSize',
        `must divide the block size, ${String(blockSize)}, got ${String(sectorSize)}`,
      );
    }
    this.options = options;
    this.sectorSize = sectorSize;
    this.contents = new Uint8Array(size);
    this.stable = new Uint8Array(size);
  }

  /** Whether power was lost. */
  get lostPower(): boolean {
    return this.off;
  }

  /** How many requests have come so far. */
  get requestsSeen(): number {
    return this.requests;
  }

  /** How many sectors would be at risk. */
  get unstableSectors(): number {
    return this.cached.size;
  }

  /** Of a deferred device: how many requests wait. */
  get inFlight(): number {
    return this.waiting.length;
  }

  submit(io: Io): void {
    if (++this.requests > this.lossAt && !this.off) this.powerLoss(this.lossSeed);
    if (this.off) fail(io);
    else if (this.options.deferred === true) this.waiting.push(io);
    else this.carryOut(io);
  }

  /** Of a deferred device: carries out the oldest requests, by default all that wait. Answers how many. */
  proceed(count: number = Infinity): number {
    let done = 0;
    for (; done < count; done++) {
      const io = this.waiting.shift();
      if (io === undefined) break;
      this.carryOut(io);
    }
    return done;
  }

  /** Lets power fail when so many more requests have been carried out, before the next one. */
  powerLossAfter(requests: number, seed: number): void {
    this.lossAt = this.requests + requests;
    this.lossSeed = seed;
  }

  /**
   * Power is lost, now. Writes in flight fare as those that were cached. Requests in flight fail with `ENXIO`; with
   * `silent` they are never answered.
   * @throws StateError `ERR_POWER` when it was lost before
   */
  powerLoss(seed: number, { silent = false }: { silent?: boolean } = {}): void {
    const inFlight = this.cut(seed);
    if (!silent) for (const io of inFlight) fail(io);
  }

  /**
   * Power is lost on several devices at once: what was in flight on any of them fails when it is gone on all, so that
   * nobody acts on the failure of one by writing to another. Throws as {@link powerLoss}, and then of none.
   */
  static powerLossOfAll(devices: readonly VolatileDevice[], seed: number): void {
    for (const device of devices) device.checkPower();
    const inFlight = devices.flatMap((device, i) => device.cut(seed + i));
    for (const io of inFlight) fail(io);
  }

  private checkPower(): void {
    if (this.off) throw new StateError('ERR_POWER', `${this.name} has lost power before`);
  }

  private cut(seed: number): Io[] {
    this.checkPower();
    this.off = true;
    const inFlight = this.waiting.splice(0);
    for (const io of inFlight) this.cache(io);
    const random = new Seeded(seed);
    const fates = new Map<number, Fate>();
    const sectors = [...this.cached].sort(([a], [b]) => a - b);
    for (const [sector, versions] of sectors) {
      const kept = versions.filter(({ write }) => {
        const fate = fates.get(write) ?? FATES[random.below(FATES.length)] ?? 'lost';
        fates.set(write, fate);
        return fate === 'kept' || (fate === 'torn' && random.chance(0.5));
      });
      // Which of them reached the medium last is not told by the order they came in.
      const last = kept[random.below(kept.length)];
      if (last !== undefined) this.stable.set(last.data, sector * this.sectorSize);
    }
    this.cached.clear();
    this.contents.set(this.stable);
    return inFlight;
  }

  /**
   * What survived, as a new device with power. Throws while there is power, for nothing is settled then.
   * @throws StateError `ERR_POWER`
   */
  reopened(): VolatileDevice {
    if (!this.off) throw new StateError('ERR_POWER', `${this.name} has not lost power`);
    const device = new VolatileDevice({ ...this.options, name: this.name, strategy: this.strategy });
    device.contents.set(this.stable);
    device.stable.set(this.stable);
    return device;
  }

  private carryOut(io: Io): void {
    const { operation, position, pages, offset, length } = io;
    if (operation === 'read') pages?.set(this.contents.subarray(position, position + length), offset);
    else if (operation === 'flush') this.settle([...this.cached.keys()]);
    else {
      const sectors = this.cache(io);
      if (io.fua) this.settle(sectors);
    }
    io.finish(length, null);
  }

  /** Puts what a header writes into the cache. Answers the sectors. */
  private cache(io: Io): number[] {
    const { operation, position, pages, offset, length } = io;
    if (operation === 'read' || operation === 'flush') return [];
    const write = this.writes++;
    const data = operation === 'write' ? pages?.bytes(offset, length) : undefined;
    this.contents.set(data ?? new Uint8Array(length), position);
    const sectors: number[] = [];
    for (let at = position; at < position + length; at += this.sectorSize) {
      const sector = at / this.sectorSize;
      const versions = this.cached.get(sector) ?? [];
      versions.push({ write, data: this.contents.slice(at, at + this.sectorSize) });
      this.cached.set(sector, versions);
      sectors.push(sector);
    }
    return sectors;
  }

  private settle(sectors: readonly number[]): void {
    for (const sector of sectors) {
      const start = sector * this.sectorSize;
      this.stable.set(this.contents.subarray(start, start + this.sectorSize), start);
      this.cached.delete(sector);
    }
  }
}

function fail(io: Io): void {
  io.finish(0, new IoError('ENXIO', { message: 'The device has lost power' }));
}
