import { expect } from 'chai';
import { MemoryDevice } from '../../lib/devices/memory.js';
import { PagePool } from '../../lib/io/pages.js';
import { Checksum } from '../../lib/layers/checksum.js';
import { Mirror, type ReadPolicy } from '../../lib/layers/mirror.js';
import { deviceContract } from '../conformance/device-contract.js';
import { programs, rareOnes, runPrograms, seed } from '../conformance/random.js';
import { designs } from '../conformance/strategies.js';
import { cutPower, noToll, type Durable } from '../real/power-loss.js';
import { MirrorProgram } from './mirror-program.js';
import { DATA, disk, errorOf, states } from './mirror-support.js';

describe('Mirror keeps the contract of devices', () => {
  for (const reads of ['round-robin', 'fastest'] as const) {
    describe(`reading ${reads}`, () => {
      deviceContract(
        'Mirror',
        ({ size, strategy }) => {
          const members = [0, 1].map(() => new MemoryDevice({ size: size + DATA, ...(strategy && { strategy }) }));
          return Mirror.create(members, { pool: new PagePool(), reads });
        },
        40,
      );
    });
  }
});

for (const { strategy } of designs) {
  describe(`Mirror under ${strategy.name}`, () => {
    it('survives random programs with overlaps, faults, cancels and losses of power (I4, I5, I7, I8)', async function () {
      this.timeout(300_000);
      const tally = new Map<string, number>();
      await runPrograms(programs, (random) => new MirrorProgram(strategy, random, tally).run());
      const floors = {
        'read done': 3,
        'write done': 3,
        'write cancelled': 0.5,
        'fault read': 0.2,
        'fault write': 0.1,
        'flush done': 0.5,
        'power lost': 0.2,
        ended: 0.2,
        rebuilt: 0.002,
        'rebuilt, from where it was': 0.005,
        'rebuilt after power loss': 0.005,
      };
      expect(rareOnes(floors, tally, programs)).to.deep.equal([]);
    });

    it('over Checksum reads the good copy of a block that is corrupt on a member, and heals it', async () => {
      for (const reads of ['first', 'round-robin', 'fastest'] as const satisfies readonly ReadPolicy[]) {
        const pool = new PagePool();
        const disks = ['left', 'right'].map((name) => new MemoryDevice({ size: 1 << 18, name, strategy }));
        const members = disks.map((each) => new Checksum(each, { pool }));
        const mirror = await Mirror.create(members, { pool, reads, assumeEqual: true });
        const pages = pool.allocate(16384);
        pages.set(Uint8Array.from({ length: 16384 }, (_, i) => 1 + (i % 251)));
        await mirror.write(pages, { position: 4096 });
        const [left] = disks;
        const at = Buffer.from(left!.contents.buffer).indexOf(Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8)) + 5000;
        left!.contents[at] = (left!.contents[at] ?? 0) ^ 0xff;
        for (let i = 0; i < 2; i++) {
          const back = pool.allocate(16384);
          await mirror.read(back, { position: 4096 });
          expect(Buffer.compare(back.bytes(), pages.bytes())).to.equal(0);
          back.free();
        }
        await mirror.drain();
        expect([mirror.healedBytes > 0, states(mirror)]).to.deep.equal([true, ['in-sync', 'in-sync']]);
        const healed = pool.allocate(4096);
        // What the member itself holds, behind the mirror's superblocks.
        expect(await members[0]!.read(healed, { position: 8192 + 8192 })).to.equal(4096);
        healed.free();
        pages.free();
        await mirror.close();
      }
    });

    it('gives a member up when it is told to, and keeps the last one', async () => {
      const pool = new PagePool();
      const disks = [disk('left', strategy), disk('right', strategy)];
      const mirror = await Mirror.create(disks, { pool, assumeEqual: true });
      await mirror.fail(0);
      expect(mirror.members.map(({ state }) => state)).to.deep.equal(['failed', 'in-sync']);
      expect((await errorOf(mirror.fail(1))).code).to.equal('ERR_MEMBER_STATE');
      for (const index of [2, -1, 0.5]) expect((await errorOf(mirror.fail(index))).code).to.equal('ERR_MEMBER');
      // A rebuild of it ends, and so does an interrupted one.
      const failing = mirror.rebuild(0, disks[0]!, { onProgress: () => void mirror.fail(0) });
      expect((await errorOf(failing)).message).to.match(/^EIO/);
      const again = await Mirror.open([disks[0]!, disks[1]!], { pool });
      expect(again.members.map(({ state }) => state)).to.deep.equal(['failed', 'in-sync']);
      await again.close();
      await mirror.close();
    });

    it('waits in close for what it heals, and leaves no mark', async () => {
      const pool = new PagePool();
      const disks = [disk('left', strategy), disk('right', strategy)];
      const mirror = await Mirror.create(disks, { pool, assumeEqual: true });
      const pages = pool.allocate(512);
      await mirror.write(pages.range(0, 512), { position: 0 });
      for (const each of disks) each.inline = false;
      const read = mirror.read(pages.range(0, 512), { position: 0 });
      disks[0]!.only.fail();
      disks[1]!.only.answer();
      expect([read.value, mirror.dirtyBytes > 0]).to.deep.equal([512, true]);
      let closed = false;
      const closing = mirror.close().then(() => (closed = true));
      await new Promise((resolve) => setImmediate(resolve));
      expect(closed).to.equal(false);
      for (const each of disks) each.inline = true;
      disks[1]!.answerAll();
      await closing;
      expect([mirror.healedBytes, mirror.dirtyBytes, disks.every((each) => each.closed)]).to.deep.equal([512, 0, true]);
      pages.free();
      expect(pool.pagesInUse).to.equal(0);
      expect((await errorOf(Promise.resolve().then(() => mirror.flush()))).code).to.equal('ERR_CLOSED');
    });

    it('loses nothing that a flush or fua acknowledged when power is cut, and its members agree (I7, I8)', async () => {
      for (let round = 0; round < 20; round++) {
        await cutPower(durable(2, 'first', 1024), strategy, seed + round, noToll());
        await cutPower(durable(3, 'fastest', 4096), strategy, seed + round, noToll());
      }
    });
  });
}

/** A mirror for cutting its power. One disk may lose it before another, and is dropped then: members in sync agree. */
function durable(members: number, reads: ReadPolicy, regionSize: number): Durable {
  let mirror: Mirror | null = null;
  return {
    name: `Mirror of ${String(members)}`,
    members,
    memberSize: DATA + 32 * 512,
    build: async (disks, pool, create) =>
      (mirror = await (create
        ? Mirror.create(disks, { pool, reads, regionSize })
        : Mirror.open(disks, { pool, reads }))),
    views: async (disks, pool) => {
      const views: Mirror[] = [];
      for (const { index, state } of mirror?.members ?? []) {
        if (state === 'in-sync') views.push(await Mirror.open([disks[index]!], { pool }));
      }
      return views;
    },
  };
}
