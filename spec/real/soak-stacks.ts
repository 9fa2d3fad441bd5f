import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { FileDevice } from '../../lib/devices/file.js';
import { MemoryDevice } from '../../lib/devices/memory.js';
import type { BlockDevice } from '../../lib/io/device.js';
import type { Strategy } from '../../lib/io/io.js';
import { PAGE_SIZE, type PagePool } from '../../lib/io/pages.js';
import { RequestQueue } from '../../lib/io/request-queue.js';
import type { Seeded } from '../../lib/io/seeded.js';
import { Cache } from '../../lib/layers/cache.js';
import { Checksum } from '../../lib/layers/checksum.js';
import { Crypt } from '../../lib/layers/crypt.js';
import { Delay } from '../../lib/layers/delay.js';
import { Fault } from '../../lib/layers/fault.js';
import { Linear } from '../../lib/layers/linear.js';
import { loop } from '../../lib/layers/loop.js';
import { Mirror } from '../../lib/layers/mirror.js';
import { Parity } from '../../lib/layers/parity.js';
import { Pass } from '../../lib/layers/pass.js';
import { ReadAhead } from '../../lib/layers/read-ahead.js';
import { Retry } from '../../lib/layers/retry.js';
import { Stripe } from '../../lib/layers/stripe.js';
import { Throttle } from '../../lib/layers/throttle.js';
import { Trace } from '../../lib/layers/trace.js';
import { Unaligned } from '../../lib/layers/unaligned.js';
import { dataStartFor } from '../../lib/layers/superblock.js';
import { Zeroing } from '../../lib/layers/zeroing.js';
import { designs } from '../conformance/strategies.js';
import { BadSectors } from './bad-sectors.js';

const DISK = 1 << 18;
/** Bytes of one member that lie in one row with as many of the others: a chunk of a parity. */
const ROW = PAGE_SIZE;
const KEY = Uint8Array.from({ length: 64 }, (_, i) => i * 7);

/** A disk with sectors that go bad, and what may become of them. */
interface SpoilableDisk {
  readonly disk: BadSectors;
  /** A checksum above it tells what is corrupt. */
  readonly summed: boolean;
  /** Of a member of a curable array: where its data is, and which member of how many it is. Null: all of it may go bad. */
  readonly part: { readonly start: number; readonly end: number; readonly index: number; readonly of: number } | null;
}

/** A random stack of every layer over faulty disks, some of them real files, each of a design of its own. */
export class SoakStack {
  /** All of it, also what a spare has replaced; from the bottom up. */
  readonly devices: BlockDevice[] = [];
  readonly disks: BlockDevice[] = [];
  readonly faults: Fault[] = [];
  readonly queues: RequestQueue[] = [];
  readonly traces: Trace[] = [];
  readonly arrays: (Mirror | Parity)[] = [];
  /** Arrays whose superblocks say in which order their members are. */
  readonly sets: (Stripe | Linear)[] = [];
  readonly spoilable: SpoilableDisk[] = [];
  /**
   * An array with no fault but bad sectors, no two of which lie in one row: all of it can be read at any time, no member is
   * dropped, and a scrub leaves none. Null for other stacks.
   */
  curable: Mirror | Parity | null = null;
  private readonly random: Seeded;
  private readonly pool: PagePool;
  private readonly folder: string;
  private files = 0;

  private constructor(random: Seeded, pool: PagePool, folder: string) {
    this.random = random;
    this.pool = pool;
    this.folder = folder;
  }

  /** @param folder for its files; removed by {@link close} */
  static async make(random: Seeded, pool: PagePool, folder: string): Promise<{ stack: SoakStack; top: BlockDevice }> {
    const stack = new SoakStack(random, pool, folder);
    return { stack, top: await (random.chance(0.2) ? stack.curableDevice() : stack.device(3)) };
  }

  /** A sector goes bad, of a curable array only where the others have what it held. */
  spoil(): void {
    const { random, spoilable } = this;
    const found = spoilable[random.below(Math.max(1, spoilable.length))];
    if (found === undefined) return;
    const { disk, summed, part } = found;
    const { start, end, index, of } = part ?? { start: 0, end: disk.size, index: 0, of: 1 };
    const position = start + random.below(end - start);
    if (Math.floor(position / ROW) % of !== index) return;
    disk.spoil(position, summed && random.chance(0.5) ? 'corrupt' : 'unreadable');
  }

  /** Faults of every kind, from now on. */
  inject(lose: boolean): void {
    for (const fault of this.faults) this.injectInto(fault, lose);
  }

  /** A disk for a member that has failed. */
  async spare(size: number): Promise<BlockDevice> {
    const spare = await this.disk(size);
    this.injectInto(spare, false);
    return spare;
  }

  /** Closes what is below a top that is closed, as far as it is open still, and removes the files. */
  async close(): Promise<void> {
    for (const disk of this.disks) {
      await disk.close();
      if (disk instanceof FileDevice) await rm(disk.path);
    }
  }

  private injectInto(fault: BlockDevice, lose: boolean): void {
    if (!(fault instanceof Fault)) return;
    if (lose) fault.inject({ kind: 'torn', silent: true, rate: 0.05 });
    fault.inject({ kind: 'error', rate: 0.015, operations: ['read', 'write', 'flush'] });
    fault.inject({ kind: 'short', rate: 0.01, operations: ['read', 'write'] });
    fault.inject({ kind: 'torn', rate: 0.005 });
    fault.inject({ kind: 'hang', rate: 0.005 });
  }

  private async device(depth: number): Promise<BlockDevice> {
    const device = await this.made(depth);
    this.devices.push(device);
    return device;
  }

  private async made(depth: number): Promise<BlockDevice> {
    const { random, pool } = this;
    const below = (): Promise<BlockDevice> => this.device(depth - 1);
    switch (depth === 0 ? 99 : random.below(20)) {
      case 0:
        return new Pass(await below());
      case 1:
      case 2:
        return this.queue(await below());
      case 3:
        return this.striped(await this.several(2, depth));
      case 4:
        return this.joined(await this.several(2, depth));
      case 5:
        return new Crypt(await below(), { key: KEY, pool });
      case 6:
        return new Cache(await below(), {
          pool,
          lines: 1 + random.below(8),
          mode: random.chance(0.5) ? 'back' : 'through',
        });
      case 7:
        return new Retry(await below(), { delaysMs: [0, 1] });
      case 8:
        return this.array(await Parity.create(await this.several(3, depth), { pool, chunk: PAGE_SIZE }));
      case 9:
      case 10:
        return this.array(await this.mirror(await this.several(2, depth)));
      case 11:
        return summed(await (random.chance(0.5) ? this.spoilt(true) : below()), pool);
      case 12:
        return this.throttled(await below());
      case 13:
        return this.traced(await below());
      case 14:
        return looped(await below());
      case 15:
      case 16:
        return new ReadAhead(await below(), { pool, maxBytes: 1 << 15, partBytes: 1 << 13 });
      case 17:
        return new Unaligned(await below(), { pool });
      case 18:
        return new Zeroing(await below(), { pool });
      default:
        return this.delayed(await (random.chance(0.3) ? this.spoilt(false) : this.disk(DISK)));
    }
  }

  /** An array of disks, some with checksums, below layers that are one to one. */
  private async curableDevice(): Promise<BlockDevice> {
    const { random, pool } = this;
    const isMirror = random.chance(0.5);
    const of = 2 + random.below(2) + (isMirror ? 0 : 1);
    const members: { device: BlockDevice; disk: BadSectors; summed: boolean }[] = [];
    for (let i = 0; i < of; i++) {
      const disk = new BadSectors(await this.bare(DISK));
      this.devices.push(disk);
      const summed = random.chance(0.5);
      const device = summed ? await Checksum.format(disk, { pool }) : disk;
      if (device !== disk) this.devices.push(device);
      members.push({ device, disk, summed });
    }
    const devices = members.map(({ device }) => device);
    const array = isMirror ? await this.mirror(devices) : await Parity.create(devices, { pool, chunk: ROW });
    this.curable = this.array(array);
    this.devices.push(array);
    const start = dataStartFor(array.blockSize);
    const end = start + (isMirror ? array.size : array.size / (of - 1));
    for (const [index, { disk, summed }] of members.entries()) {
      this.spoilable.push({ disk, summed, part: { start, end, index, of } });
    }
    let top: BlockDevice = array;
    for (let layers = random.below(3); layers > 0; layers--) this.devices.push((top = this.oneToOne(top)));
    return top;
  }

  private oneToOne(lower: BlockDevice): BlockDevice {
    const { random, pool } = this;
    const mode = random.chance(0.5) ? 'back' : 'through';
    switch (random.below(5)) {
      case 0:
        return this.queue(lower);
      case 1:
        return new Crypt(lower, { key: KEY, pool });
      case 2:
        return new Cache(lower, { pool, lines: 1 + random.below(8), mode });
      case 3:
        return new ReadAhead(lower, { pool, maxBytes: 1 << 15, partBytes: 1 << 13 });
      default:
        return new Unaligned(lower, { pool });
    }
  }

  private async several(least: number, depth: number): Promise<BlockDevice[]> {
    const members: BlockDevice[] = [];
    for (let i = least + this.random.below(2); i > 0; i--) members.push(await this.device(depth - 1));
    return members;
  }

  private async disk(size: number): Promise<Fault> {
    const { random } = this;
    const disk = await this.bare(size);
    const fault = new Fault(disk, { seed: random.below(2 ** 31) });
    this.faults.push(fault);
    this.devices.push(fault);
    return fault;
  }

  private async bare(size: number): Promise<BlockDevice> {
    const { random } = this;
    const strategy = (designs[random.below(designs.length)] as { strategy: Strategy }).strategy;
    const isFile = random.chance(0.25);
    const direct = random.chance(0.3) ? 'try' : false;
    const path = join(this.folder, `disk ${String(this.files++)}`);
    const disk = isFile
      ? await FileDevice.open(path, { size, strategy, direct, blocking: !direct && random.chance(0.3) })
      : new MemoryDevice({ size, strategy });
    this.disks.push(disk);
    return disk;
  }

  /** A disk with sectors that go bad, behind its faults. */
  private async spoilt(isSummed: boolean): Promise<BlockDevice> {
    const disk = new BadSectors(await this.disk(DISK));
    this.devices.push(disk);
    this.spoilable.push({ disk, summed: isSummed, part: null });
    return disk;
  }

  private delayed(disk: BlockDevice): BlockDevice {
    const { random } = this;
    return random.chance(0.5) ? new Delay(disk, { delayMs: { min: 0, max: 2 }, seed: random.below(2 ** 31) }) : disk;
  }

  private queue(lower: BlockDevice): RequestQueue {
    const { random } = this;
    const queue = new RequestQueue(lower, {
      depth: 1 + random.below(4),
      mergeBytes: random.chance(0.6) ? 4 * PAGE_SIZE : 0,
      patience: random.below(8),
      autoPlug: random.chance(0.3),
    });
    this.queues.push(queue);
    return queue;
  }

  private throttled(lower: BlockDevice): Throttle {
    return this.random.chance(0.5)
      ? new Throttle(lower, { bytesPerSecond: 1 << 26, burstSeconds: 0.002 })
      : new Throttle(lower, { operationsPerSecond: 20_000, burstSeconds: 0.002 });
  }

  private traced(lower: BlockDevice): Trace {
    const trace = new Trace(lower, { capacity: this.random.below(64) });
    this.traces.push(trace);
    return trace;
  }

  private async striped(members: BlockDevice[]): Promise<Stripe> {
    const { random, pool } = this;
    if (random.chance(0.5)) return new Stripe(members, { chunk: PAGE_SIZE });
    const stripe = await Stripe.create(members, { pool, chunk: PAGE_SIZE });
    this.sets.push(stripe);
    return stripe;
  }

  private async joined(members: BlockDevice[]): Promise<Linear> {
    const { random, pool } = this;
    if (random.chance(0.5)) return new Linear(members);
    const linear = await Linear.create(members, { pool });
    this.sets.push(linear);
    return linear;
  }

  private mirror(members: BlockDevice[]): Promise<Mirror> {
    const { random, pool } = this;
    const reads = (['first', 'round-robin', 'fastest'] as const)[random.below(3)] ?? 'first';
    return Mirror.create(members, { pool, reads, copyWrites: random.chance(0.3) });
  }

  private array<T extends Mirror | Parity>(array: T): T {
    this.arrays.push(array);
    return array;
  }
}

/** With checksums, unless its blocks have no room for them. */
function summed(lower: BlockDevice, pool: PagePool): Promise<Checksum> | BlockDevice {
  return lower.blockSize < 512 ? lower : Checksum.format(lower, { pool });
}

/** Two extents, the later one first. */
function looped(lower: BlockDevice): BlockDevice {
  const { blockSize, size } = lower;
  const half = Math.floor(size / blockSize / 2) * blockSize;
  return loop(lower, [
    { start: half, length: size - half },
    { start: 0, length: half },
  ]);
}

/** A stack as text, from the top down. */
export function describeStack(device: BlockDevice): string {
  const below = device.lowers.map(describeStack).join(', ');
  const name = device instanceof FileDevice ? 'file' : device.name;
  return below === '' ? `${name} ${device.strategy.name}` : `${name}(${below})`;
}
