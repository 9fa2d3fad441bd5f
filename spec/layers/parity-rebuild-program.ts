import { MemoryDevice } from '../../lib/devices/memory.js';
import type { BlockDevice } from '../../lib/io/device.js';
import type { Operation, Strategy } from '../../lib/io/io.js';
import { PagePool } from '../../lib/io/pages.js';
import { RequestQueue } from '../../lib/io/request-queue.js';
import { WaitingList } from '../../lib/io/waiting-list.js';
import { Parity, type ParityMember } from '../../lib/layers/parity.js';
import { ParityMap } from '../../lib/layers/parity-map.js';
import { readSuperblock, type Superblock } from '../../lib/layers/superblock.js';
import { FaultyDevice, type Op } from '../conformance/faulty-device.js';
import type { Random } from '../conformance/random.js';
import { BLOCK, demand, idOf, OverlappingLoad, SETTLED, turn, type Values } from './overlapping-load.js';
import { DATA_START, wrongParityAt } from './parity-kit.js';
import { powerLossImage } from './power-loss-image.js';

/*
 * One random program against an array under one design, whose members are given up and rebuilt onto spares while requests
 * overlap and go on. Disks answer in any order, fail, and are pulled from queues by cancels; rebuilds are interrupted, also
 * by the loss of power, and go on from where they were. A second member that is lost breaks the array: then what is told
 * as read still is right, and what is told as written is there.
 */

type Image = MemoryDevice;

export class ParityRebuildProgram {
  private readonly pool = new PagePool({ maxBytes: 1 << 22 });
  private readonly strategy: Strategy;
  private readonly random: Random;
  private readonly tally: Map<string, number>;
  private readonly map: ParityMap;
  private readonly disks: FaultyDevice[] = [];
  private readonly load: OverlappingLoad;
  private readonly readFaults: number;
  private readonly writeFaults: number;
  /** A rebuild that is under way: what interrupts it. */
  private rebuilding: AbortController | null = null;

  constructor(strategy: Strategy, random: Random, tally: Map<string, number>) {
    this.strategy = strategy;
    this.random = random;
    this.tally = tally;
    this.map = new ParityMap(3 + random.below(2), BLOCK * (1 + random.below(3)), 4 + random.below(5), DATA_START);
    this.readFaults = random.pick([0, 0, 1, 4]);
    this.writeFaults = random.pick([0, 0, 1]);
    this.load = new OverlappingLoad({
      random,
      pool: this.pool,
      blocks: this.map.size / BLOCK,
      count: (what) => this.count(what),
      uses: (pages) => this.disks.some(({ pending }) => pending.some((op) => op.pages === pages)),
      // What two members have not taken is lost, or computed from those that have; also when one that was all but rebuilt
      // has been in sync since.
      isVague: () => this.isBroken(),
    });
  }

  private array: Parity | null = null;
  private wasBroken = false;

  private isBroken(): boolean {
    this.wasBroken ||= this.array?.members.filter(({ state }) => state !== 'in-sync').length === 2;
    return this.wasBroken;
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
    const { random, pool, map, strategy } = this;
    const members = Array.from({ length: map.members }, () => this.queued(this.disk()));
    const regionSize = map.chunk * (1 + random.below(2));
    for (const each of this.disks) each.inline = true;
    const parity = (this.array = await Parity.create(members, { chunk: map.chunk, regionSize, pool, strategy, assumeClean: true })); // prettier-ignore
    demand(parity.size === map.size, `The array has ${String(parity.size)} bytes`);
    const used = pool.pagesInUse;
    for (const each of this.disks) each.inline = false;
    await this.steps(parity, 80 + random.below(120));
    if (random.chance(50)) {
      // Flushed in between, so that stripes are not all torn.
      if (random.chance(60)) {
        await this.quiet();
        this.load.start(parity, 'flush', 0, 0);
        await this.quiet();
        await this.steps(parity, random.below(30));
      }
      await this.losePower(parity);
      return;
    }
    await this.quiet();
    this.load.end();
    demand(pool.pagesInUse === used, 'pages were left in use');
    demand([...WaitingList.all].length === 0, 'something waits');
    for (const each of this.disks) each.inline = true;
    await this.checkAll(parity, this.load.possible);
    await parity.close();
    demand(pool.pagesInUse === 0, 'pages were left in use by the array');
    this.count('ended');
  }

  private async steps(parity: Parity, count: number): Promise<void> {
    for (let left = count; left > 0; left--) {
      this.step(parity);
      await this.disturb(parity);
      this.load.check();
    }
  }

  private step(parity: Parity): void {
    const { random, load } = this;
    const dice = random.below(100);
    if (dice < 20) {
      const blocks = this.map.size / BLOCK;
      const count = 1 + random.below(Math.min(blocks, random.chance(20) ? 16 : 5));
      const operation: Operation = random.pick(['read', 'read', 'write', 'write', 'write', 'writeZeroes']);
      load.start(parity, operation, random.below(blocks - count + 1), count);
    } else if (dice < 25) load.start(parity, 'flush', 0, 0);
    else if (dice < 93) {
      for (let i = 0; i < 2; i++) {
        const op = this.anyOp();
        if (op !== null) this.answer(op);
      }
    } else load.cancel();
  }

  /** Gives a member up, begins to rebuild one, or interrupts that; and lets what goes on in turns of its own go on. */
  private async disturb(parity: Parity): Promise<void> {
    const { random } = this;
    await turn();
    const lost = parity.members.filter(({ state }) => state !== 'in-sync');
    const [first] = lost;
    if (this.rebuilding !== null) {
      if (random.below(100) === 0) this.rebuilding.abort();
      else if (first !== undefined && random.below(400) === 0) this.giveUp(parity, first.index);
    } else if (lost.length === 1 && first !== undefined) {
      if (random.chance(40)) this.rebuild(parity, first);
    } else if (lost.length === 0 && random.chance(5)) this.giveUp(parity, random.below(parity.members.length));
  }

  private giveUp(parity: Parity, index: number): void {
    this.count('given up');
    parity.fail(index).catch(() => undefined);
  }

  private rebuild(parity: Parity, { index, state, device }: ParityMember): void {
    const { random } = this;
    const goesOn = state === 'rebuilding' && device !== null && random.chance(70);
    // The device that was given up holds what is out of date, another what nothing may hold.
    const again = !goesOn && state === 'failed' && device !== null && random.chance(30);
    const controller = (this.rebuilding = new AbortController());
    const ended = (how: string): void => {
      this.count(how);
      this.rebuilding = null;
    };
    const spare = (goesOn || again) && device !== null ? device : this.queued(this.disk());
    const checkpointSize = this.map.chunk * (1 + random.below(3));
    parity.rebuild(index, spare, { signal: controller.signal, checkpointSize }).then(
      () => ended(goesOn ? 'rebuilt, from where it was' : again ? 'rebuilt, on the same disk' : 'rebuilt'),
      () => ended(controller.signal.aborted ? 'rebuild interrupted' : 'rebuild failed'),
    );
  }

  /** A disk whose data is what nothing may hold, unless it is one of the first, which are blank. */
  private disk(): FaultyDevice {
    const { map, strategy, disks } = this;
    const name = `disk ${String(disks.length)}`;
    const disk = new FaultyDevice({ size: DATA_START + map.chunk * map.stripes, name, strategy });
    if (disks.length >= map.members) {
      new Uint16Array(disk.contents.buffer).fill(SETTLED);
      new Uint16Array(disk.stable.buffer).fill(SETTLED);
    }
    disks.push(disk);
    return disk;
  }

  private queued(each: FaultyDevice): BlockDevice {
    const { random } = this;
    return random.chance(50) ? new RequestQueue(each, { depth: 1 + random.below(3) }) : each;
  }

  private async quiet(): Promise<void> {
    for (let idle = 0; idle < 3 || this.rebuilding !== null; idle++) {
      for (let op = this.anyOp(); op !== null; op = this.anyOp()) {
        this.answer(op);
        idle = 0;
      }
      await turn();
    }
  }

  private anyOp(): Op | null {
    const waiting = this.disks.filter(({ pending }) => pending.length > 0);
    return waiting.length === 0 ? null : this.random.pick(this.random.pick(waiting).pending);
  }

  private answer(op: Op): void {
    const { random } = this;
    const superblock = op.operation === 'write' && op.position < DATA_START;
    const faults = op.operation === 'read' ? this.readFaults : superblock ? this.writeFaults / 4 : this.writeFaults;
    if (!random.chance(faults)) {
      op.answer();
      return;
    }
    this.count(`fault ${op.operation}`);
    const blocks = op.length / BLOCK;
    const from = random.below(Math.max(1, blocks));
    const missing = [{ offset: from * BLOCK, length: (1 + random.below(blocks - from)) * BLOCK }];
    if (blocks === 0 || random.chance(40)) op.fail('EIO');
    else if (random.chance(20)) op.answer({ missing });
    else op.fail(random.pick(['EIO', 'ENXIO']), missing);
    this.isBroken();
  }

  /** What is there is what it ought to be, also after rebuilds that were interrupted have gone on. */
  private async checkAll(parity: Parity, values: Values): Promise<void> {
    await this.check(parity, values, () => true);
    const lost = parity.members.filter(({ state }) => state !== 'in-sync');
    const [{ index, state, device } = { index: 0, state: 'in-sync', device: null }] = lost;
    this.count(lost.length === 0 ? 'whole' : lost.length === 1 ? 'degraded' : 'broken');
    if (lost.length > 1 || state !== 'rebuilding' || device === null) return;
    await parity.rebuild(index, device);
    await this.check(parity, values, () => true);
    this.count(values === this.load.safe ? 'rebuilt after power loss' : 'rebuilt, from where it was');
  }

  /**
   * Reads each block, which holds one of its values; where two members are missing it need not be readable.
   * @param demanded whether a block has to hold one
   */
  private async check(parity: Parity, values: Values, demanded: (block: number) => boolean): Promise<void> {
    const lost = parity.members.filter(({ state }) => state !== 'in-sync').length;
    const pages = this.pool.allocate(BLOCK);
    for (const [block, allowed] of values.entries()) {
      const request = parity.read(pages.range(0, BLOCK), { position: block * BLOCK });
      const read = await request.promise().catch(() => 0);
      demand(read === BLOCK || lost > 1, `block ${String(block)} cannot be read: ${String(request.error)}`);
      const found = idOf(pages.bytes(0, BLOCK));
      if (read < BLOCK || !demanded(block) || allowed.has(found)) continue;
      throw new Error(`the array holds ${String(found)} in block ${String(block)}, not ${[...allowed].join()}`);
    }
    pages.free();
    if (lost > 0) return;
    const bottoms = parity.members.map(({ device }) => (device?.lowers[0] ?? device) as FaultyDevice);
    const at = wrongParityAt(bottoms);
    demand(at < 0, `parity is wrong at ${String(at)} of the members`);
  }

  private async losePower(lost: Parity): Promise<void> {
    const { random, strategy } = this;
    const bottoms = lost.members.map(({ device }) => (device?.lowers[0] ?? device) as FaultyDevice);
    const images = bottoms.map((disk) => powerLossImage(disk, random, strategy));
    const missing = lost.members.filter(({ state }) => state !== 'in-sync').length;
    for (const each of this.disks) each.goAway();
    await this.quiet();
    this.load.checkSettled();
    const pool = new PagePool({ maxBytes: 1 << 20 });
    // A spare on which nothing was stored yet is none.
    const found: { image: Image; superblock: Superblock }[] = [];
    for (const image of images) {
      const superblock = await readSuperblock(image, pool);
      if (superblock !== null) found.push({ image, superblock });
    }
    const devices = found.map(({ image }) => image);
    const parity = await Parity.open(devices, { pool }).catch((error: unknown) => codeOf(error));
    if (typeof parity === 'string') await this.mayRefuse(parity, found, missing, pool);
    else {
      await this.checkAll(parity, this.load.safe);
      await parity.close();
      this.count('power lost');
    }
    demand(pool.pagesInUse === 0, 'pages were left in use after power loss');
  }

  /**
   * A member was missing and stripes may be torn: what the others hold is right all the same, and all of the stripes that
   * were not being written.
   */
  private async mayRefuse(
    code: string,
    found: readonly { image: Image; superblock: Superblock }[],
    missing: number,
    pool: PagePool,
  ): Promise<void> {
    demand(code === 'ERR_DIRTY' && missing > 0, `it is refused with ${code}, ${String(missing)} were missing`);
    const devices = found.map(({ image }) => image);
    const parity = await Parity.open(devices, { pool, force: true });
    const { map } = this;
    const marked = found.flatMap(({ superblock }) => [superblock]);
    const torn = (stripe: number): boolean =>
      marked.some(({ dirty, regionSize }) => {
        const region = Math.floor((stripe * map.chunk) / regionSize);
        return (((dirty[region >> 3] ?? 0) >> (region & 7)) & 1) === 1;
      });
    const holds = (member: number, stripe: number): boolean => {
      const { state, rebuilt } = parity.members[member] as ParityMember;
      return state === 'in-sync' || (state === 'rebuilding' && stripe * map.chunk < rebuilt);
    };
    await this.check(parity, this.load.safe, (block) => {
      const stripe = map.stripeOf(block * BLOCK);
      const [part] = map.partsOf(block * BLOCK, BLOCK);
      return !torn(stripe) || (part !== undefined && holds(part.member, stripe));
    });
    await parity.close();
    this.count('refused after power loss');
  }

  private count(what: string): void {
    this.tally.set(what, (this.tally.get(what) ?? 0) + 1);
  }
}

function codeOf(error: unknown): string {
  return String((error as { code?: unknown }).code ?? error);
}
