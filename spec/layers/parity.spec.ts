import { expect } from 'chai';
import { MemoryDevice } from '../../lib/devices/memory.js';
import type { BlockDevice } from '../../lib/io/device.js';
import type { Strategy } from '../../lib/io/io.js';
import { IoError } from '../../lib/io/io-error.js';
import { PagePool } from '../../lib/io/pages.js';
import { RequestQueue } from '../../lib/io/request-queue.js';
import { Crypt } from '../../lib/layers/crypt.js';
import { Parity } from '../../lib/layers/parity.js';
import { Pass } from '../../lib/layers/pass.js';
import { deviceContract } from '../conformance/device-contract.js';
import { programs, Random, rareOnes, runPrograms, seed } from '../conformance/random.js';
import { designs } from '../conformance/strategies.js';
import { answerAll, BLOCK, Kit, outcomeOf, someDisks, turn, wrongParityAt } from './parity-kit.js';
import { ParityProgram } from './parity-program.js';

describe('Parity', () => {
  for (const { strategy } of designs) {
    describe(`under ${strategy.name}`, () => {
      it('keeps what was written, over random programs with a bad disk and cancels (I4, I5, I8)', async () => {
        const counts = new Map<string, number>();
        const pool = new PagePool({ maxBytes: 1 << 22 });
        await runPrograms(programs, (random) => new ParityProgram(strategy, random, pool, counts).run());
        const floors = { reopened: 0.9, 'parity checked': 0.2, rebuild: 0.02, 'fault of read': 0.1, 'fault of write': 0.02, 'write done': 1, 'write cancelled': 0.1 }; // prettier-ignore
        expect(rareOnes(floors, counts, programs)).to.deep.equal([]);
      }).timeout(300_000);

      it('lets overlapping writes end as one of them, block by block, and parity agree (I8)', async () => {
        const kit = await Kit.make(4, strategy);
        kit.hold();
        const random = new Random(seed);
        const requests = Array.from({ length: 30 }, (_, i) => kit.write(random.below(5), 1 + random.below(8), i + 1));
        while (kit.disks.some(({ pending }) => pending.length > 0) || requests.some(({ settled }) => !settled)) {
          const disk = random.pick(kit.disks);
          if (disk.pending.length > 0) random.pick(disk.pending).answer();
          if (random.chance(20)) await turn();
        }
        await kit.release();
        expect(requests.map(({ state }) => state)).to.deep.equal(requests.map(() => 'done'));
        expect(await kit.read()).to.not.include(-1);
        expect(wrongParityAt(kit.disks)).to.equal(-1);
      });

      it('writes parity of the bytes that it has written, whatever becomes of the caller’s (I8)', async () => {
        const kit = await Kit.make(3, strategy);
        kit.hold();
        const pages = kit.pool.allocate(BLOCK);
        const request = kit.parity.write(pages.range(0, BLOCK), { position: 0 });
        for (let value = 1; !request.settled; value++) {
          pages.set(new Uint8Array(BLOCK).fill(value));
          for (const disk of kit.disks) disk.pending[0]?.answer();
          await turn();
        }
        await kit.release();
        expect(wrongParityAt(kit.disks)).to.equal(-1);
      });

      it('finishes a stripe that it has begun when the write is cancelled (I5)', async () => {
        const kit = await Kit.make(4, strategy);
        await kit.write(0, 30, 9);
        kit.hold();
        const request = kit.write(0, 1, 1);
        for (const member of [1, 2]) kit.disks[member]?.only.answer();
        await turn();
        expect(kit.disks.map(({ pending }) => pending.map(({ operation }) => operation))).to.deep.equal([['write'], [], [], ['write']]); // prettier-ignore
        kit.disks[0]?.only.answer();
        expect(request.cancel()).to.equal('requested');
        expect([request.state, kit.disks[3]?.only.cancelled]).to.deep.equal(['pending', false]);
        await kit.release();
        expect([request.state, (await kit.read(0, 2))[0], wrongParityAt(kit.disks)]).to.deep.equal(['done', 1, -1]);
      });

      it('writes nothing when it is cancelled while it reads, and hands the stripe on (I5)', async () => {
        const kit = await Kit.make(5, strategy);
        kit.hold();
        const [first, second] = [kit.write(0, 1, 1), kit.write(0, 1, 2)];
        expect(first.cancel()).to.equal('requested');
        await kit.release();
        expect([outcomeOf(first), outcomeOf(second)]).to.deep.equal([['cancelled', 'ECANCELED', []], ['done', '', ['0+1']]]); // prettier-ignore
        expect([(await kit.read(0, 1))[0], wrongParityAt(kit.disks)]).to.deep.equal([2, -1]);
      });

      it('bears that one member is gone, and tells exactly what is lost with a second (I4)', async () => {
        const kit = await Kit.make(3, strategy);
        await kit.write(0, 20, 5);
        await kit.parity.fail(1);
        expect(await kit.read()).to.deep.equal(new Array<number>(20).fill(5));
        await kit.write(2, 3, 6);
        expect((await kit.read()).slice(0, 6)).to.deep.equal([5, 5, 6, 6, 6, 5]);
        for (const op of ['write', 'read'] as const) {
          const disk = kit.disks[0];
          if (disk === undefined) throw new Error('no disk');
          disk.inline = false;
          // Chunk 0 is on member 0, chunk 1 was on member 1.
          const request = op === 'write' ? kit.write(0, 4, 7) : kit.parity.read(kit.pool.allocate(4096).range(0, 4 * BLOCK), { position: 0 }); // prettier-ignore
          for (let i = 0; i < 8 && !request.settled; i++) {
            disk.pending[0]?.fail();
            await turn();
          }
          expect(outcomeOf(request), op).to.deep.equal(['failed', 'EIO', []]);
          disk.inline = true;
        }
        expect(kit.parity.members.map(({ state }) => state)).to.deep.equal(['failed', 'failed', 'in-sync']);
        expect(outcomeOf(kit.write(0, 1, 8))).to.deep.equal(['failed', 'EIO', []]);
        // The parity of stripe 1 is on member 1, its first chunk on member 2, and so on round.
        const pages = kit.pool.allocate(kit.parity.size);
        const read = kit.parity.read(pages.range(0, kit.parity.size), { position: 0 });
        await turn();
        expect(outcomeOf(read)).to.deep.equal(['failed', 'EIO', ['4+2', '10+2', '16+2']]);
        expect(outcomeOf(kit.parity.flush())).to.deep.equal(['failed', 'EIO', []]);
      });

      it('answers from the others what one disk cannot read, heals it, and goes on with that disk', async () => {
        const kit = await Kit.make(4, strategy);
        await kit.write(0, 30, 5);
        kit.hold();
        const request = kit.parity.read(kit.pool.allocate(4096).range(0, 6 * BLOCK), { position: 0 });
        kit.disks[1]?.only.fail('EIO', [{ offset: 600, length: 100 }]);
        await kit.release();
        expect([outcomeOf(request), kit.parity.members[1]?.state]).to.deep.equal([['done', '', ['0+6']], 'in-sync']);
        expect(kit.logs.map((log) => log.at(-1))).to.deep.equal(['read 1+1', 'write 1+1', 'read 1+1', 'read 1+1']);
      });
    });
  }

  describe('as a device', () => {
    deviceContract('Parity', (options) => make(options), 60);
  });

  describe('as a device that lacks a member, over queues, under Crypt and Pass', () => {
    deviceContract(
      'Parity without a member',
      async (options) => {
        const parity = await make(options, (disk) => new RequestQueue(disk, { depth: 2 }));
        await parity.fail(1);
        return new Crypt(new Pass(parity), { key: new Uint8Array(32).map((_, i) => i), pool: new PagePool() });
      },
      60,
    );
  });

  async function make(
    { size, strategy }: { size: number; strategy?: Strategy },
    over: (disk: BlockDevice) => BlockDevice = (disk) => disk,
  ): Promise<Parity> {
    const options = { size: size / 4 + 8192, ...(strategy === undefined ? {} : { strategy }) };
    const members = Array.from({ length: 5 }, () => over(new MemoryDevice(options)));
    return Parity.create(members, { chunk: 2048, regionSize: 4096, pool: new PagePool(), assumeClean: true });
  }

  describe('create', () => {
    it('reads back nothing that was there, makes parity of it, and reports its layout', async () => {
      const disks = someDisks(3, 7);
      for (const [n, { contents }] of disks.entries())
        for (let i = 0; i < contents.length; i++) contents[i] = i * (n + 7);
      const pool = new PagePool();
      const parity = await Parity.create(disks, { chunk: 1024, pool });
      expect([parity.size, parity.chunk, parity.blockSize, parity.geometry.preferredSize]).to.deep.equal([6144, 1024, 512, 2048]); // prettier-ignore
      expect(wrongParityAt(disks, 8192 + 3072)).to.equal(-1);
      await parity.close();
      expect(pool.pagesInUse).to.equal(0);
    });

    for (const [title, disks, options, code] of [
      ['two members', someDisks(2, 9), {}, 'ERR_MEMBERS'],
      ['a member twice', [...someDisks(2, 9), ...someDisks(1, 9), ...someDisks(1, 9)].map((d, i, all) => (i === 3 ? (all[0] ?? d) : d)), {}, 'ERR_MEMBERS'], // prettier-ignore
      ['an odd chunk', someDisks(3, 9), { chunk: 700 }, 'ERR_CHUNK'],
      ['members without room', someDisks(3, 1), { chunk: 1024 }, 'ERR_GEOMETRY'],
      ['an odd region', someDisks(3, 9), { chunk: 1024, regionSize: 1536 }, 'ERR_REGION_SIZE'],
    ] as const) {
      it(`refuses ${title} before anything is written (I6)`, async () => {
        const error: unknown = await Parity.create(disks, { pool: new PagePool(), ...options }).catch(
          (e: unknown) => e,
        );
        expect((error as { code: string }).code).to.equal(code);
        expect(disks.flatMap(({ log }) => log)).to.deep.equal([]);
      });
    }

    it('fails when a superblock cannot be written', async () => {
      const disks = someDisks(3, 9);
      const [, , last] = disks;
      if (last === undefined) throw new Error('no disk');
      last.inline = false;
      last.onSubmit = (op) => (op.fail(), false);
      const options = { pool: new PagePool(), chunk: 512, overwrite: true };
      const error: unknown = await Parity.create(disks, options).catch((e: unknown) => e);
      expect(String(error)).to.equal('IoError: EIO: No superblock could be written to disk 2');
    });
  });

  it('refuses discard: parity is that of what can be read', async () => {
    const { parity } = await Kit.make(3);
    expect(() => parity.discard(512, { position: 0 })).to.throw(IoError, 'EOPNOTSUPP');
  });

  it('reads nothing to write a whole stripe, and marks a region once', async () => {
    const kit = await Kit.make(4);
    kit.clearLogs();
    await kit.write(0, 6, 1);
    expect(kit.logs).to.deep.equal([['write 0+2'], ['write 0+2'], ['write 0+2'], ['write 0+2']]);
    const before = kit.disks.map(({ log }) => log.length);
    await kit.write(6, 6, 2);
    expect(kit.disks.map(({ log }, i) => log.length - (before[i] ?? 0))).to.deep.equal([1, 1, 1, 1]);
  });

  it('fails with ENOMEM when the pool is used up, and changes nothing', async () => {
    const kit = await Kit.make(3);
    await kit.write(0, 20, 4);
    const held = kit.pool.allocate((1024 - kit.pool.pagesInUse - 1) * 4096);
    expect(outcomeOf(kit.write(0, 1, 5))).to.deep.equal(['failed', 'ENOMEM', []]);
    held.free();
    expect((await kit.read(0, 1))[0]).to.equal(4);
    await kit.parity.fail(0);
    const taken = kit.pool.allocate((1024 - kit.pool.pagesInUse) * 4096);
    const request = kit.parity.read(taken.range(0, 4 * BLOCK), { position: 0 });
    await answerAll(kit.disks);
    expect(outcomeOf(request)).to.deep.equal(['failed', 'ENOMEM', ['2+2']]);
  });

  describe('fua', () => {
    it('reaches data and parity, and nothing else does without it (I7)', async () => {
      const kit = await Kit.make(3);
      await kit.write(0, 1, 7, { fua: true });
      expect(kit.disks.map(({ stable }) => stable[8192])).to.deep.equal([7, 0, 7]);
      await kit.write(0, 1, 8);
      expect(kit.disks.map(({ stable }) => stable[8192])).to.deep.equal([7, 0, 7]);
      await kit.parity.flush();
      expect(kit.disks.map(({ stable }) => stable[8192])).to.deep.equal([8, 0, 8]);
    });
  });

  describe('fail', () => {
    it('refuses a number that no member has, and a second member', async () => {
      const { parity } = await Kit.make(3);
      const codeOf = (run: Promise<void>): Promise<unknown> => run.then(null, (error: unknown) => (error as { code: string }).code); // prettier-ignore
      expect([await codeOf(parity.fail(3)), await codeOf(parity.fail(-1))]).to.deep.equal(['ERR_MEMBER', 'ERR_MEMBER']);
      await parity.fail(2);
      await parity.fail(2);
      expect(await codeOf(parity.fail(1))).to.equal('ERR_MEMBER_STATE');
      expect(parity.members.map(({ state }) => state)).to.deep.equal(['in-sync', 'in-sync', 'failed']);
    });
  });
});
