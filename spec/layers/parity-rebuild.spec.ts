import { expect } from 'chai';
import { VolatileDevice } from '../../lib/devices/volatile.js';
import type { BlockDevice } from '../../lib/io/device.js';
import { PagePool } from '../../lib/io/pages.js';
import { Parity } from '../../lib/layers/parity.js';
import { Pass } from '../../lib/layers/pass.js';
import { FaultyDevice } from '../conformance/faulty-device.js';
import { programs, Random, rareOnes, runPrograms, seed } from '../conformance/random.js';
import { designs } from '../conformance/strategies.js';
import { answerAll, BLOCK, codeOf, copyOf, Kit, someDisks, turn, valuesOf, wrongParityAt } from './parity-kit.js';
import { ParityRebuildProgram } from './parity-rebuild-program.js';

/** Each takes as long as ten others. */
const REBUILDS = Math.ceil(programs / 10);

async function contentsOf(device: BlockDevice, pool: PagePool): Promise<number[]> {
  const pages = pool.allocate(device.size);
  await device.read(pages.range(0, device.size), { position: 0 });
  const bytes = pages.bytes(0, device.size);
  pages.free();
  return valuesOf(bytes);
}

/** The disk in a machine that lost its power: each block that was not stable is there or not. */
function crashed(disk: FaultyDevice, random: Random): FaultyDevice {
  const image = copyOf(disk);
  for (let at = 0; at < disk.size; at += BLOCK) {
    if (random.chance(50)) image.contents.set(disk.stable.subarray(at, at + BLOCK), at);
  }
  return image;
}

describe('repairParity', () => {
  it('makes parity right after a write was cut anywhere, so that a lost member can be computed', async () => {
    // After each number of I/Os that reach the disks: marking, reading, data, parity.
    for (let reached = 0, cut = true; cut; reached++) {
      const { parity: before, disks, write, pool } = await freshKit();
      let left = reached;
      for (const disk of disks) {
        disk.inline = false;
        disk.onSubmit = () => left-- > 0;
      }
      write();
      for (let i = 0; i < 8; i++) await turn();
      cut = disks.some(({ pending }) => pending.length > 0);
      const survived = disks.map(copyOf);
      for (const disk of disks) disk.goAway();
      const parity = await Parity.open([...survived].reverse(), { pool });
      const found = await contentsOf(parity, pool);
      expect(found.slice(1, 4).every((value) => value === 5 || value === 6)).to.equal(true);
      expect(found.filter((_, i) => i < 1 || i > 3)).to.deep.equal(new Array<number>(found.length - 3).fill(5));
      expect(wrongParityAt(survived), `cut after ${String(reached)}`).to.equal(-1);
      await parity.close();
      for (let lost = 0; lost < 4; lost++) {
        const three = await Parity.open(survived.map(copyOf).filter((_, i) => i !== lost), { pool }); // prettier-ignore
        expect(await contentsOf(three, pool), `without ${String(lost)}`).to.deep.equal(found);
      }
      expect(before.uuid).to.equal(parity.uuid);
      expect(reached).to.be.below(20);
    }
  });

  /** An array that was closed and opened again, all fives, and a write to it of which nobody is told. */
  async function freshKit(): Promise<{ parity: Parity; disks: FaultyDevice[]; pool: PagePool; write(): void }> {
    const kit = await Kit.make(4);
    await kit.write(0, 30, 5);
    await kit.parity.close();
    const disks = kit.disks.map(copyOf);
    const parity = await Parity.open(disks, { pool: kit.pool });
    const pages = kit.pool.allocate(3 * BLOCK);
    pages.set(new Uint8Array(3 * BLOCK).fill(6));
    const write = (): void => {
      parity.write(pages.range(0, 3 * BLOCK), { position: BLOCK }).notify(() => undefined);
    };
    return { parity, disks, pool: kit.pool, write };
  }

  for (const { strategy } of designs) {
    it(`keeps what was flushed when power fails at any moment, under ${strategy.name} (I7)`, async () => {
      const random = new Random(seed);
      for (let run = 0; run < 15; run++) await loseAndReopen(random);
    });

    async function loseAndReopen(random: Random): Promise<void> {
      const pool = new PagePool({ maxBytes: 1 << 22 });
      const size = 8192 + 12 * BLOCK;
      const disks = Array.from({ length: 3 + random.below(2) }, () => new VolatileDevice({ size, strategy, deferred: true })); // prettier-ignore
      const drive = async <T>(made: Promise<T>): Promise<T> => {
        let ended = false;
        made.then(
          () => (ended = true),
          () => (ended = true),
        );
        while (!ended) {
          for (const disk of disks) disk.proceed(1);
          await turn();
        }
        return made;
      };
      const options = { chunk: 2 * BLOCK, regionSize: 4 * BLOCK, pool, assumeClean: true };
      const parity = await drive(Parity.create(disks, options));
      const blocks = parity.size / BLOCK;
      /** What a block may hold after a crash: what it held when it was last made safe, and all since. */
      const may = Array.from({ length: blocks }, () => new Set([0]));
      const held = new Array<number>(blocks).fill(0);
      let lossIn = random.below(60);
      let value = 0;
      while (lossIn >= 0) {
        const flush = random.chance(15);
        const start = random.below(blocks);
        const count = 1 + random.below(Math.min(6, blocks - start));
        const fua = random.chance(15);
        const pages = pool.allocate(count * BLOCK);
        pages.set(new Uint8Array(count * BLOCK).fill(++value));
        if (!flush) for (let i = start; i < start + count; i++) may[i]?.add(value);
        const request = flush
          ? parity.flush()
          : parity.write(pages.range(0, count * BLOCK), { position: start * BLOCK, fua });
        request.notify(() => undefined);
        for (; !request.settled && lossIn >= 0; lossIn--) {
          random.pick(disks).proceed(1);
          await turn();
        }
        if (!request.settled) break;
        if (!flush) held.fill(value, start, start + count);
        for (let i = 0; i < blocks; i++) {
          if (flush || (fua && i >= start && i < start + count)) may[i] = new Set([held[i] ?? 0]);
        }
        pages.free();
      }
      VolatileDevice.powerLossOfAll(disks, random.below(1 << 30));
      const survived = disks.map((disk) => disk.reopened());
      disks.splice(0, disks.length, ...survived);
      const opened = await drive(Parity.open(survived, { pool }));
      const found = await drive(contentsOf(opened, pool));
      for (const [i, each] of found.entries()) expect([...(may[i] ?? [])], `block ${String(i)}`).to.include(each);
      expect(wrongParityAt(survived)).to.equal(-1);
      await drive(opened.close());
    }
  }
});

describe('Parity.rebuild', () => {
  const spareFor = ({ disks }: Kit): FaultyDevice => (someDisks(1, 10)[0] ?? disks[0]) as FaultyDevice;
  const tally = new Map<string, number>();

  for (const { strategy } of designs) {
    it(`survives random programs with overlaps, faults, cancels and losses of power, under ${strategy.name} (I4, I5, I7, I8)`, async () => {
      await runPrograms(REBUILDS, (random) => new ParityRebuildProgram(strategy, random, tally).run());
    }).timeout(300_000);
  }

  it('came upon everything often enough in them', () => {
    const floors = {
      'read done': 5,
      'write done': 5,
      'write cancelled': 1,
      'flush done': 3,
      'fault read': 0.3,
      'fault write': 0.08,
      'given up': 0.5,
      rebuilt: 0.06,
      'rebuilt, from where it was': 0.1,
      'rebuilt, on the same disk': 0.01,
      'rebuild interrupted': 0.4,
      'rebuild failed': 0.2,
      'power lost': 0.03,
      'refused after power loss': 0.1,
      'rebuilt after power loss': 0.005,
      broken: 0.015,
      ended: 0.3,
    };
    expect(rareOnes(floors, tally, REBUILDS, designs.length)).to.deep.equal([]);
  });

  it('puts a spare in a member’s place while writes go on, and stores that (I8)', async () => {
    const kit = await Kit.make(4);
    await kit.write(0, 30, 5);
    await kit.parity.fail(2);
    const spare = spareFor(kit);
    const progress: string[] = [];
    const rebuilt = kit.parity.rebuild(2, spare, { onProgress: (done, total) => progress.push(`${String(done / 1024)} of ${String(total / 1024)}`) }); // prettier-ignore
    for (let i = 0; i < 40; i++) {
      await kit.write((i * 7) % 28, 2, i + 6);
      if (i % 3 === 0) await turn();
    }
    await rebuilt;
    expect(progress).to.deep.equal(['1 of 5', '2 of 5', '3 of 5', '4 of 5', '5 of 5']);
    expect(kit.parity.members.map(({ state }) => state)).to.deep.equal(new Array(4).fill('in-sync'));
    expect(kit.parity.members[2]?.device).to.equal(spare);
    const members = kit.disks.map((disk, i) => (i === 2 ? spare : disk));
    expect([wrongParityAt(members), kit.parity.lowers.includes(spare), kit.parity.lowers.length]).to.deep.equal([-1, true, 4]); // prettier-ignore
    const held = await kit.read();
    await kit.parity.close();
    const opened = await Parity.open(members.map(copyOf), { pool: kit.pool });
    expect([opened.degraded, await contentsOf(opened, kit.pool)]).to.deep.equal([false, held]);
    // The one before has missed that: it does not come back.
    expect(await codeOf(Parity.open(kit.disks.map(copyOf), { pool: kit.pool }))).to.equal('ERR_REPLACED');
    // Nor beside its successor, whichever comes first.
    for (const both of [
      [...kit.disks, spare],
      [spare, ...kit.disks],
    ]) {
      expect((await Parity.open(both.map(copyOf), { pool: kit.pool })).degraded).to.equal(false);
    }
  });

  it('can use the device that was given up again', async () => {
    const kit = await Kit.make(3);
    await kit.write(0, 20, 5);
    await kit.parity.fail(0);
    await kit.write(0, 20, 6);
    await kit.parity.rebuild(0, kit.disks[0] as never);
    expect([kit.parity.degraded, wrongParityAt(kit.disks), kit.parity.lowers.length]).to.deep.equal([false, -1, 3]);
  });

  it('gives the spare up when it fails, and is interrupted when a member cannot be read, it is aborted, or the array is closed', async () => {
    for (const [end, code] of [
      ['spare', 'EIO'],
      ['member', 'EIO'],
      ['abort', 'stop'],
      ['close', 'ERR_CLOSED'],
    ] as const) {
      const kit = await Kit.make(3);
      await kit.write(0, 20, 5);
      await kit.parity.fail(1);
      const spare = spareFor(kit);
      const controller = new AbortController();
      const closed: Promise<void>[] = [];
      const onProgress = (done: number): void => {
        if (done !== 2048) return;
        if (end === 'abort') controller.abort('stop');
        if (end === 'close') closed.push(kit.parity.close());
        const bad = end === 'spare' ? spare : end === 'member' ? kit.disks[0] : undefined;
        if (bad === undefined) return;
        bad.inline = false;
        bad.onSubmit = (op) => (op.fail(), false);
      };
      expect(await codeOf(kit.parity.rebuild(1, spare, { signal: controller.signal, onProgress })), end).to.equal(code);
      await Promise.all(closed);
      // A member that cannot take the superblock any more is the second to fail.
      const states =
        end === 'member'
          ? ['failed', 'rebuilding', 'in-sync']
          : ['in-sync', end === 'spare' ? 'failed' : 'rebuilding', 'in-sync'];
      expect(kit.parity.members.map(({ state }) => state), end).to.deep.equal(states); // prettier-ignore
      if (end === 'spare' || end === 'abort') expect(await kit.read()).to.deep.equal(new Array<number>(20).fill(5));
    }
  });

  it('goes on from where it was, after an abort, and after a close and an open', async () => {
    const kit = await Kit.make(3);
    await kit.write(0, 20, 5);
    await kit.parity.fail(1);
    const spare = spareFor(kit);
    const interrupt = async (parity: Parity, device: BlockDevice, at: number): Promise<number[]> => {
      const steps: number[] = [];
      const controller = new AbortController();
      const onProgress = (done: number): void => {
        steps.push(done / 1024);
        if (done === at * 1024) controller.abort('stop');
      };
      await codeOf(parity.rebuild(1, device, { signal: controller.signal, onProgress }));
      return steps;
    };
    expect(await interrupt(kit.parity, spare, 2)).to.deep.equal([1, 2]);
    // Where it holds its part it is written to and read from, behind that it is not.
    await kit.write(0, 20, 6);
    expect(await interrupt(kit.parity, spare, 3)).to.deep.equal([3]);
    expect(await kit.read()).to.deep.equal(new Array<number>(20).fill(6));
    const disks = [kit.disks[0], spare, kit.disks[2]] as FaultyDevice[];
    await kit.parity.close();
    const copies = disks.map(copyOf);
    const again = await Parity.open(copies, { pool: kit.pool });
    expect(again.members.map(({ state }) => state)).to.deep.equal(['in-sync', 'rebuilding', 'in-sync']);
    expect(await interrupt(again, copies[1] as FaultyDevice, -1)).to.deep.equal([4, 5]);
    expect([again.degraded, wrongParityAt(copies)]).to.deep.equal([false, -1]);
    expect(await contentsOf(again, kit.pool)).to.deep.equal(new Array<number>(20).fill(6));
    expect(await codeOf(again.rebuild(1, spare, { checkpointSize: 0 }))).to.equal('ERR_CHECKPOINT_SIZE');
    await again.close();
  });

  it('begins anew on another device, and does not take the one before for it', async () => {
    const kit = await Kit.make(3);
    await kit.write(0, 20, 5);
    await kit.parity.fail(1);
    const [spare, other] = [spareFor(kit), spareFor(kit)];
    const stopAt = (at: number) => {
      const controller = new AbortController();
      return {
        signal: controller.signal,
        onProgress: (done: number): void => {
          if (done === at) controller.abort('stop');
        },
      };
    };
    await codeOf(kit.parity.rebuild(1, spare, stopAt(4096)));
    const before = copyOf(spare);
    await codeOf(kit.parity.rebuild(1, other, stopAt(2048)));
    await kit.parity.close();
    const copies = [kit.disks[0], kit.disks[2]].map((disk) => copyOf(disk as FaultyDevice));
    const again = await Parity.open([...copies, before], { pool: kit.pool });
    expect(again.members.map(({ state }) => state)).to.deep.equal(['in-sync', 'failed', 'in-sync']);
    await again.close();
  });

  it('goes on from its last checkpoint after a crash, and what was being written is right (I8)', async () => {
    const random = new Random(seed);
    for (let round = 0; round < 40; round++) {
      const kit = await Kit.make(3);
      await kit.write(0, 20, 5);
      await kit.parity.flush();
      await kit.parity.fail(1);
      const spare = spareFor(kit);
      const disks = [kit.disks[0], spare, kit.disks[2]] as FaultyDevice[];
      const cut = random.pick([3, 5]);
      let images: FaultyDevice[] = [];
      const controller = new AbortController();
      const onProgress = (done: number): void => {
        if (done !== cut * 1024) return;
        // Checkpoints are a stripe behind: whole regions before that.
        for (let i = 0; i < 3; i++) kit.write(random.below((cut - 1) * 4), 1, 6);
        images = disks.map((disk) => crashed(disk, random));
        controller.abort('stop');
      };
      await codeOf(kit.parity.rebuild(1, spare, { signal: controller.signal, onProgress, checkpointSize: 1024 }));
      const pool = new PagePool();
      const again = await Parity.open(images, { pool });
      expect(again.members[1]?.state, `seed ${String(seed)}`).to.equal('rebuilding');
      const steps: number[] = [];
      await again.rebuild(1, images[1] as FaultyDevice, { onProgress: (done) => steps.push(done / 1024) });
      expect(steps[0]).to.equal(cut);
      const values = await contentsOf(again, pool);
      expect(
        values.every((value) => value === 5 || value === 6),
        values.join(),
      ).to.equal(true);
      expect([again.degraded, wrongParityAt(images)], `seed ${String(seed)}`).to.deep.equal([false, -1]);
      await again.close();
      expect(pool.pagesInUse).to.equal(0);
    }
  });

  it('is refused after a crash in which stripes behind its checkpoint may be torn, unless forced', async () => {
    const kit = await Kit.make(3);
    await kit.write(0, 20, 5);
    await kit.parity.flush();
    await kit.parity.fail(1);
    const spare = spareFor(kit);
    const controller = new AbortController();
    const onProgress = (done: number): void => {
      if (done !== 2048) return;
      kit.write(8, 1, 6);
      controller.abort('stop');
    };
    await codeOf(kit.parity.rebuild(1, spare, { signal: controller.signal, onProgress, checkpointSize: 1024 }));
    const disks = [kit.disks[0], spare, kit.disks[2]].map((disk) => copyOf(disk as FaultyDevice));
    expect(await codeOf(Parity.open(disks, { pool: kit.pool }))).to.equal('ERR_DIRTY');
    const forced = await Parity.open(disks, { pool: kit.pool, force: true });
    await forced.close();
    await kit.parity.close();
  });

  it('lets a cancelled or waiting write wait for no more than one stripe', async () => {
    const kit = await Kit.make(3);
    await kit.parity.fail(0);
    await kit.write(0, 1, 9);
    const spare = spareFor(kit);
    spare.inline = false;
    const rebuilt = kit.parity.rebuild(0, spare);
    for (let i = 0; i < 10 && spare.pending[0]?.position !== 8192; i++) {
      spare.pending[0]?.answer();
      await turn();
    }
    const [waiting, beside] = [kit.write(0, 1, 1), kit.write(4, 1, 2)];
    await turn();
    expect([waiting.state, beside.state]).to.deep.equal(['pending', 'done']);
    expect([waiting.cancel(), waiting.state]).to.deep.equal(['cancelled', 'cancelled']);
    spare.inline = true;
    await answerAll([spare]);
    await rebuilt;
    expect(wrongParityAt([spare, ...kit.disks.slice(1)])).to.equal(-1);
  });

  it('refuses what cannot be rebuilt, and devices that do not fit (I6)', async () => {
    const kit = await Kit.make(3);
    const other = await Kit.make(3);
    const rebuild = (member: number, device: BlockDevice): Promise<unknown> => codeOf(kit.parity.rebuild(member, device)); // prettier-ignore
    expect(await rebuild(3, spareFor(kit))).to.equal('ERR_MEMBER');
    expect(await rebuild(0, spareFor(kit))).to.equal('ERR_MEMBER_STATE');
    await kit.parity.fail(0);
    expect(await rebuild(0, someDisks(1, 9)[0] as never)).to.equal('ERR_SPARE');
    expect(await rebuild(0, kit.disks[1] as never)).to.equal('ERR_SPARE');
    expect(await rebuild(0, other.disks[1] as never)).to.equal('ERR_MEMBER_IN_USE');
    const pass = new Pass(kit.disks[1] as FaultyDevice);
    expect(await rebuild(0, pass)).to.equal('ERR_MEMBER_IN_USE');
    expect(await codeOf(kit.parity.rebuild(0, pass, { overwrite: true }))).to.equal('ERR_MEMBER_IN_USE');
    const signal = AbortSignal.abort('stop');
    expect(await codeOf(kit.parity.rebuild(0, other.disks[1] as never, { overwrite: true, signal }))).to.equal('stop');
    expect(kit.parity.members[0]?.state).to.equal('failed');
    // Reads go to callers' memory, which is aligned to nothing, as the array asks for.
    const aligned = new FaultyDevice({ size: 1 << 16, memoryAlignment: 512, inline: true });
    expect(await rebuild(0, aligned)).to.equal('ERR_SPARE');
    await kit.parity.rebuild(0, other.disks[1] as never, { overwrite: true });
    expect(kit.parity.degraded).to.equal(false);
  });

  it('writes nothing once the array is closed (I6)', async () => {
    const kit = await Kit.make(3);
    const whole = await Kit.make(3);
    await kit.parity.fail(0);
    for (const { parity } of [kit, whole]) await parity.close();
    for (const each of [kit, whole]) each.clearLogs();
    const spare = spareFor(kit);
    expect(await codeOf(kit.parity.rebuild(0, spare))).to.equal('ERR_CLOSED');
    expect(await codeOf(whole.parity.fail(1))).to.equal('ERR_CLOSED');
    expect([spare, ...kit.disks, ...whole.disks].flatMap(({ log }) => log)).to.deep.equal([]);
    expect(whole.parity.degraded).to.equal(false);
  });
});
