import { VolatileDevice } from '../../lib/devices/volatile.js';
import type { BlockDevice } from '../../lib/io/device.js';
import type { Strategy } from '../../lib/io/io.js';
import type { IoRequest } from '../../lib/io/io-request.js';
import { PagePool } from '../../lib/io/pages.js';
import { Random } from '../conformance/random.js';
import { BLOCK, readIds, stamp } from './stamps.js';

/*
 * Power is cut at a random moment of a random load, and the stack is opened again on what survived. Each block must then
 * hold one of the writes that may be there: the last that was acknowledged by `fua` or before a completed flush, or any
 * that came after it. Requests that are in flight together never share a block, so which came after is known.
 */

/** A stack whose durability is tried. */
export interface Durable {
  readonly name: string;
  readonly members: number;
  /** Bytes of each member. */
  readonly memberSize: number;
  /** Of each member; sectors of 512 bytes are what a loss of power leaves whole. Default 512. */
  readonly blockSize?: number;
  /** Makes the stack anew on blank members, or opens it on what is there. */
  build(members: readonly BlockDevice[], pool: PagePool, create: boolean): Promise<BlockDevice> | BlockDevice;
  /** Further ways to open it, each of which must read the same: with a member missing, from one member alone. */
  views?(members: readonly BlockDevice[], pool: PagePool): Promise<BlockDevice[]>;
  /** Between two steps of the load: time for what takes more than a turn, such as a way over sockets. */
  breathe?(): Promise<void>;
  /** After the loss: ends what the stack was reached through. */
  lost?(top: BlockDevice): Promise<void>;
}

/** What happened, over all rounds. */
interface Toll {
  rounds: number;
  writes: number;
  fua: number;
  flushes: number;
  /** Rounds whose power failed while requests were in flight. */
  inFlight: number;
  /** Blocks that came back with an older write than the newest. */
  rolledBack: number;
  /** Blocks of a write that was not acknowledged, and came back all the same. */
  survived: number;
}

export const noToll = (): Toll => ({
  rounds: 0,
  writes: 0,
  fua: 0,
  flushes: 0,
  inFlight: 0,
  rolledBack: 0,
  survived: 0,
});

export interface Write {
  /** 0 for zeroes. */
  readonly id: number;
  acknowledged: boolean;
}

/** One round; throws at the first lost block. */
export async function cutPower(durable: Durable, strategy: Strategy, seed: number, toll: Toll): Promise<void> {
  const random = new Random(seed);
  const pool = new PagePool({ maxBytes: 1 << 24 });
  const blockSizes = { blockSize: durable.blockSize ?? BLOCK, sectorSize: BLOCK };
  const options = { size: durable.memberSize, strategy, deferred: true, ...blockSizes };
  const disks = Array.from({ length: durable.members }, () => new VolatileDevice(options));
  const pump = setInterval(() => disks.forEach((disk) => disk.proceed()), 0);
  const top = await settled(Promise.resolve(durable.build(disks, pool, true)), disks);
  await settled(top.flush().promise(), disks);
  clearInterval(pump);

  const blocks = top.size / BLOCK;
  // The writes that a block may hold, oldest first; the first one is certain.
  const candidates: Write[][] = Array.from({ length: blocks }, () => [{ id: 0, acknowledged: true }]);
  const load = new Load(top, pool, random, candidates, toll);
  const steps = 3 + random.below(40);
  for (let step = 0; step < steps; step++) {
    load.submit();
    await durable.breathe?.();
    await carryOut(disks, random, step + 1 === steps);
  }
  toll.rounds++;
  if (load.busy) toll.inFlight++;
  VolatileDevice.powerLossOfAll(disks, seed);
  await durable.lost?.(top);

  const members = disks.map((disk) => inline(disk, strategy, disk.stable));
  const again = await durable.build(members, pool, false);
  const ids = await readIds(again, pool);
  check(ids, candidates, durable.name, seed, toll);
  // Closed, it leaves the members agreeing: any of them that may be missing is told by the others.
  await again.close();
  const closed = members.map((member) => inline(member, strategy, member.contents));
  for (const view of (await durable.views?.(closed, pool)) ?? []) {
    const other = await readIds(view, pool);
    const differs = other.findIndex((id, block) => id !== ids[block]);
    if (differs >= 0)
      throw new Error(`${durable.name}, seed ${String(seed)}: members disagree on block ${String(differs)}`);
  }
}

/** A device with these bytes that answers at once. */
function inline(disk: VolatileDevice, strategy: Strategy, bytes: Uint8Array): VolatileDevice {
  const device = new VolatileDevice({ size: disk.size, blockSize: disk.blockSize, strategy });
  device.contents.set(bytes);
  device.stable.set(bytes);
  return device;
}

async function settled<T>(work: Promise<T>, disks: readonly VolatileDevice[]): Promise<T> {
  let done = false;
  const result = work.finally(() => {
    done = true;
  });
  while (!done) {
    for (const disk of disks) disk.proceed();
    await new Promise<void>((resolve) => setImmediate(resolve));
  }
  return result;
}

/** Lets the disks carry out some of what waits there, in turn, and what follows from it. */
async function carryOut(disks: readonly VolatileDevice[], random: Random, last: boolean): Promise<void> {
  for (let turn = random.below(last ? 3 : 6); turn > 0; turn--) {
    random.pick(disks).proceed(1 + random.below(3));
    if (random.chance(30)) await new Promise<void>((resolve) => setImmediate(resolve));
  }
}

/** Random writes and flushes, whose acknowledgements tell what may be on each block. */
export class Load {
  private readonly top: BlockDevice;
  private readonly pool: PagePool;
  private readonly random: Random;
  private readonly candidates: Write[][];
  private readonly toll: Toll;
  private readonly open = new Set<IoRequest>();
  /** Blocks that a request in flight is writing. */
  private readonly taken = new Set<number>();
  private nextId: number;

  /** @param firstId the number of the first write */
  constructor(top: BlockDevice, pool: PagePool, random: Random, candidates: Write[][], toll: Toll, firstId = 1) {
    this.nextId = firstId;
    this.top = top;
    this.pool = pool;
    this.random = random;
    this.candidates = candidates;
    this.toll = toll;
  }

  get busy(): boolean {
    return this.open.size > 0;
  }

  /** The number that the next write will have. */
  get next(): number {
    return this.nextId;
  }

  submit(): void {
    const { random, top } = this;
    if (random.chance(15)) this.flush();
    else this.write(random.chance(10) && top.operations.includes('writeZeroes'));
  }

  private flush(): void {
    // What was acknowledged before the flush was asked for is certain once it has ended.
    const certain = this.candidates.map((writes) => writes.filter((write) => write.acknowledged).at(-1));
    this.track(this.top.flush(), () => {
      this.toll.flushes++;
      certain.forEach((write, block) => {
        const writes = this.candidates[block] as Write[];
        const index = write === undefined ? -1 : writes.indexOf(write);
        if (index > 0) writes.splice(0, index);
      });
    });
  }

  private write(zeroes: boolean): void {
    const { random, candidates } = this;
    const unit = Math.max(BLOCK, this.top.blockSize) / BLOCK;
    const units = candidates.length / unit;
    const first = random.below(units) * unit;
    const count = Math.min((1 + random.below(12)) * unit, candidates.length - first);
    const range = Array.from({ length: count }, (_, i) => first + i);
    if (range.some((block) => this.taken.has(block))) return;
    const write: Write = { id: zeroes ? 0 : this.nextId++, acknowledged: false };
    const pages = this.pool.allocate(count * BLOCK);
    for (const [i, block] of range.entries()) {
      this.taken.add(block);
      (candidates[block] as Write[]).push(write);
      pages.set(stamp(write.id, block), i * BLOCK);
    }
    const fua = random.chance(20);
    this.toll.writes++;
    if (fua) this.toll.fua++;
    const options = { position: first * BLOCK, fua };
    const request = zeroes
      ? this.top.writeZeroes(count * BLOCK, options)
      : this.top.write(pages.range(0, count * BLOCK), options);
    this.track(request, () => {
      write.acknowledged = true;
      if (!fua) return;
      for (const block of range) {
        const writes = candidates[block] as Write[];
        writes.splice(0, writes.indexOf(write));
      }
    });
    request.notify(() => {
      for (const block of range) this.taken.delete(block);
      pages.free();
    });
  }

  private track(request: IoRequest, onDone: () => void): void {
    this.open.add(request);
    request.notify(({ state }) => {
      this.open.delete(request);
      if (state === 'done') onDone();
    });
  }
}

/** Demands that each block holds one of the writes that may be there. */
export function check(
  ids: readonly number[],
  candidates: readonly Write[][],
  name: string,
  seed: number,
  toll: Toll,
): void {
  ids.forEach((id, block) => {
    const writes = candidates[block] as Write[];
    const found = writes.find((write) => write.id === id);
    if (found === undefined) {
      const may = writes.map((write) => write.id).join(', ');
      throw new Error(
        `${name}, seed ${String(seed)}: block ${String(block)} holds write ${String(id)}, not one of ${may}`,
      );
    }
    if (found !== writes.at(-1)) toll.rolledBack++;
    if (!found.acknowledged) toll.survived++;
  });
}
