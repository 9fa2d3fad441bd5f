import { MemoryDevice } from '../../lib/devices/memory.js';
import type { BlockDevice } from '../../lib/io/device.js';
import type { Operation, Strategy } from '../../lib/io/io.js';
import { PagePool } from '../../lib/io/pages.js';
import { RequestQueue } from '../../lib/io/request-queue.js';
import { WaitingList } from '../../lib/io/waiting-list.js';
import { COPY_CHUNK } from '../../lib/layers/copy-range.js';
import type { Member } from '../../lib/layers/member-records.js';
import { Mirror } from '../../lib/layers/mirror.js';
import { readSuperblock } from '../../lib/layers/superblock.js';
import type { FaultyDevice, Op } from '../conformance/faulty-device.js';
import type { Random } from '../conformance/random.js';
import { DATA, disk, isSuperblock } from './mirror-support.js';
import { BLOCK, demand, idOf, OverlappingLoad, SETTLED, turn, type Values } from './overlapping-load.js';
import { powerLossImage } from './power-loss-image.js';

/*
 * One random program against a mirror under one design. Requests overlap, disks answer in any order, fail, and are
 * pulled from queues by cancels; in the end all is answered, or power is lost. Some programs give members up and rebuild
 * them onto spares while requests go on; these are interrupted, also by the loss of power, and go on from where they were.
 */

const SIZE = 32 * BLOCK;
/** Of a mirror whose members are rebuilt: several chunks, so that a rebuild stands between them while others write. */
const LARGE = 2 * COPY_CHUNK + SIZE;

export class MirrorProgram {
  readonly pool: PagePool = new PagePool({ maxBytes: 1 << 22 });
  private readonly strategy: Strategy;
  private readonly random: Random;
  private readonly tally: Map<string, number>;
  private readonly disks: FaultyDevice[];
  private readonly members: BlockDevice[];
  private readonly load: OverlappingLoad;
  private readonly rebuilds: boolean;
  private readonly size: number;
  private readonly writeFaults: number;
  private readonly readFaults: number;
  /** A rebuild that is under way: what interrupts it. */
  private rebuilding: AbortController | null = null;

  constructor(strategy: Strategy, random: Random, tally: Map<string, number>) {
    this.strategy = strategy;
    this.random = random;
    this.tally = tally;
    this.rebuilds = random.chance(12);
    this.size = this.rebuilds ? LARGE : SIZE;
    this.load = new OverlappingLoad({
      random,
      pool: this.pool,
      blocks: this.size / BLOCK,
      count: (what) => this.count(what),
      uses: (pages) => this.disks.some(({ pending }) => pending.some((op) => op.pages === pages)),
      // Whatever was written, it is not acknowledged when the mirror cannot store what it knows.
      isVague: ({ message }) => message.includes('cannot be stored'),
    });
    this.disks = Array.from({ length: 2 + random.below(2) }, (_, i) => disk(`disk ${String(i)}`, strategy, this.size));
    this.members = this.disks.map((each) => this.queued(each));
    // Where a read of a chunk fails it is read block by block, and no rebuild gets through many faults.
    this.readFaults = !random.chance(60) ? 0 : this.rebuilds ? 1 : 15;
    this.writeFaults = !random.chance(40) ? 0 : this.rebuilds ? 1 : 8;
  }

  async run(): Promise<void> {
    try {
      await this.go();
    } finally {
      // What it has left when it failed, or lost power: others look for what waits.
      for (const list of [...WaitingList.all]) for (const slot of [...list]) list.take(slot);
    }
  }

  private async go(): Promise<void> {
    const { random, pool } = this;
    const mirror = await Mirror.create(this.members, {
      pool,
      strategy: this.strategy,
      assumeEqual: true,
      regionSize: random.pick([1024, 4096, SIZE]),
      reads: random.pick(['first', 'round-robin', 'fastest']),
    });
    const used = pool.pagesInUse;
    for (const each of this.disks) each.inline = false;
    for (let steps = (this.rebuilds ? 150 : 20) + random.below(60); steps > 0; steps--) {
      this.step(mirror);
      if (this.rebuilds) await this.disturb(mirror);
    }
    this.load.check();
    if (random.chance(50)) {
      await this.losePower(mirror);
      return;
    }
    do {
      for (let op = this.anyOp(); op !== null; op = this.anyOp()) this.answer(op);
      if (this.rebuilds) await turn();
    } while (this.rebuilding !== null || this.anyOp() !== null);
    this.load.end();
    demand(pool.pagesInUse === used, 'pages were left in use');
    demand([...WaitingList.all].length === 0, 'something waits');
    for (const each of this.disks) each.inline = true;
    for (const { state } of mirror.members) this.count(`member ${state}`);
    await this.check(mirror, this.load.possible);
    if (this.rebuilds) await this.rebuildAll(mirror, this.load.possible);
    await mirror.close();
    demand(pool.pagesInUse === 0, 'pages were left in use by the mirror');
    demand(mirror.dirtyBytes === 0, 'something is marked');
    this.count('ended');
  }

  private step(mirror: Mirror): void {
    const { random } = this;
    const dice = random.below(100);
    if (dice < (this.rebuilds ? 25 : 40)) this.submit(mirror);
    else if (dice < 44) this.load.start(mirror, 'flush', 0, 0);
    else if (dice < 88) {
      const op = this.anyOp();
      if (op !== null) this.answer(op);
    } else this.load.cancel();
  }

  private queued(each: FaultyDevice): BlockDevice {
    const { random } = this;
    return random.chance(60) ? new RequestQueue(each, { depth: 1 + random.below(3) }) : each;
  }

  /** Gives a member up, begins to rebuild one, or interrupts that; and lets what goes on in turns of its own go on. */
  private async disturb(mirror: Mirror): Promise<void> {
    const { random } = this;
    await turn();
    const lost = mirror.members.find(({ state }) => state !== 'in-sync');
    if (this.rebuilding !== null) {
      if (random.below(150) === 0) this.rebuilding.abort();
    } else if (lost !== undefined) {
      if (random.chance(50)) this.rebuild(mirror, lost);
    } else if (random.chance(10)) {
      this.count('given up');
      mirror.fail(random.below(mirror.members.length)).catch(() => undefined);
    }
  }

  private rebuild(mirror: Mirror, { index, state, device }: Member): void {
    const { random } = this;
    const goesOn = state === 'rebuilding' && device !== null && random.chance(70);
    const controller = (this.rebuilding = new AbortController());
    const ended = (how: string): void => {
      this.count(how);
      this.rebuilding = null;
    };
    mirror.rebuild(index, goesOn ? device : this.spare(), { signal: controller.signal, checkpointSize: 1 }).then(
      () => ended(goesOn ? 'rebuilt, from where it was' : 'rebuilt'),
      () => ended(controller.signal.aborted ? 'rebuild interrupted' : 'rebuild failed'),
    );
  }

  /** Rebuilds that were interrupted go on, without faults, and leave each member as it ought to be. */
  private async rebuildAll(mirror: Mirror, values: Values): Promise<void> {
    for (const { index, state, device } of mirror.members) {
      if (state !== 'rebuilding' || device === null) continue;
      await mirror.rebuild(index, device);
      await this.check(mirror, values);
      this.count(values === this.load.safe ? 'rebuilt after power loss' : 'rebuilt, from where it was');
    }
  }

  /** Another disk, whose blocks hold what nothing may hold. */
  private spare(): BlockDevice {
    const spare = disk(`disk ${String(this.disks.length)}`, this.strategy, this.size);
    new Uint16Array(spare.contents.buffer).fill(SETTLED);
    new Uint16Array(spare.stable.buffer).fill(SETTLED);
    spare.inline = false;
    this.disks.push(spare);
    return this.queued(spare);
  }

  private submit(mirror: Mirror): void {
    const { random } = this;
    const count = 1 + random.below(random.chance(20) ? 16 : 5);
    // In a large one about where a rebuild stands from time to time.
    const border = (random.below(this.rebuilds ? 3 : 1) * COPY_CHUNK) / BLOCK;
    const first = Math.max(0, border - (border === 0 ? 0 : 16)) + random.below(SIZE / BLOCK - count + 1);
    const operation: Operation = random.pick(['read', 'read', 'write', 'write', 'write', 'writeZeroes']);
    this.load.start(mirror, operation, first, count);
  }

  private anyOp(): Op | null {
    const waiting = this.disks.filter(({ pending }) => pending.length > 0);
    return waiting.length === 0 ? null : this.random.pick(this.random.pick(waiting).pending);
  }

  private answer(op: Op): void {
    const { random } = this;
    const faults =
      op.operation === 'read' ? this.readFaults : isSuperblock(op) ? this.writeFaults / 4 : this.writeFaults;
    if (!random.chance(faults)) {
      op.answer();
      return;
    }
    this.count(`fault ${op.operation}`);
    const blocks = op.length / BLOCK;
    const from = random.below(blocks + 1);
    const missing = [{ offset: from * BLOCK, length: (1 + random.below(blocks - from + 1)) * BLOCK }].map((range) => ({
      offset: range.offset,
      length: Math.min(range.length, op.length - range.offset),
    }));
    if (op.operation === 'flush' || random.chance(40)) op.fail('EIO');
    else if (random.chance(20)) op.answer({ missing });
    else op.fail(random.pick(['EIO', 'ENXIO']), missing);
  }

  private async losePower(lost: Mirror): Promise<void> {
    const { random, strategy } = this;
    const members = lost.members.map(({ device }) => (device?.lowers[0] ?? device) as FaultyDevice);
    const images = members.map((member) => powerLossImage(member, random, strategy));
    // Who has asked is told, and nothing is left behind, also where there is nothing to store that on.
    for (const each of this.disks) each.goAway();
    while (this.rebuilding !== null) await turn();
    this.load.checkSettled();
    const pool = new PagePool({ maxBytes: 1 << 20 });
    // A spare on which nothing was stored yet is none.
    const found: MemoryDevice[] = [];
    for (const image of images) if ((await readSuperblock(image, pool)) !== null) found.push(image);
    const mirror = await Mirror.open(found, { pool });
    for (const { state } of mirror.members) this.count(`after power loss ${state}`);
    await this.check(mirror, this.load.safe);
    await this.rebuildAll(mirror, this.load.safe);
    await mirror.close();
    demand(pool.pagesInUse === 0, 'pages were left in use after power loss');
    this.count('power lost');
  }

  private async check(mirror: Mirror, values: Values): Promise<void> {
    for (const { device, state } of mirror.members) {
      const bottom = device?.lowers[0] ?? device;
      if (state !== 'in-sync' || bottom === null) continue;
      const { contents } = bottom as FaultyDevice | MemoryDevice;
      for (const [block, allowed] of values.entries()) {
        const found = idOf(contents.subarray(DATA + block * BLOCK, DATA + (block + 1) * BLOCK));
        const text = `${bottom.name} holds ${String(found)} in block ${String(block)}, not ${[...allowed].join()}`;
        demand(allowed.has(found), text);
      }
    }
    const data = mirror.members
      .filter(({ state }) => state === 'in-sync')
      .map(({ device }) => (device?.lowers[0] ?? device) as FaultyDevice)
      .map(({ contents }) => contents.subarray(DATA, DATA + this.size));
    for (const other of data) demand(Buffer.compare(other, data[0] ?? other) === 0, 'members differ');
    const pages = this.pool.allocate(this.size);
    await mirror.read(pages.range(0, this.size), { position: 0 });
    demand(Buffer.compare(pages.bytes(0, this.size), data[0] ?? new Uint8Array()) === 0, 'the mirror reads otherwise');
    pages.free();
  }

  private count(what: string): void {
    this.tally.set(what, (this.tally.get(what) ?? 0) + 1);
  }
}
