import { expect } from 'chai';
import { MemoryDevice } from '../../lib/devices/memory.js';
import { PAGE_SIZE, PagePool } from '../../lib/io/pages.js';
import { Mirror } from '../../lib/layers/mirror.js';
import { Pass } from '../../lib/layers/pass.js';
import { FaultyDevice, type Op } from '../conformance/faulty-device.js';
import { Random, seed } from '../conformance/random.js';
import { designs } from '../conformance/strategies.js';
import {
  answerInline,
  DATA,
  disk,
  errorOf,
  expectAgreement,
  outcomeOf,
  rig,
  states,
  type Rig,
} from './mirror-support.js';

const SIZE = 256 * 1024;

for (const { strategy } of designs) {
  describe(`Mirror.rebuild under ${strategy.name}`, () => {
    const pool = new PagePool();
    afterEach(() => expect(pool.pagesInUse, 'pages in use').to.equal(0));

    /** A mirror that has lost its second member, whose disks answer at once. */
    const degraded = async (size = SIZE, own = pool): Promise<Rig> => {
      const made = await rig(strategy, own, { size });
      const [first, second] = made.disks;
      const pages = own.allocate(512);
      const write = made.mirror.write(pages.range(0, 512), { position: 0 });
      for (const each of made.disks) each.only.answer();
      second?.only.fail();
      first?.only.answer();
      first?.only.answer();
      await write;
      pages.free();
      answerInline(made.disks);
      return made;
    };

    it('copies everything to a spare, which counts as in sync then, also when opened again', async () => {
      const { mirror, disks } = await degraded();
      const spare = disk('spare', strategy, SIZE + 4096);
      const progress: [number, number][] = [];
      await mirror.rebuild(1, spare, { onProgress: (done, total) => progress.push([done, total]) });
      expect(progress).to.deep.equal([65536, 131072, 196608, 262144].map((done) => [done, SIZE]));
      expect([states(mirror), mirror.degraded]).to.deep.equal([['in-sync', 'in-sync'], false]);
      expect(Buffer.compare(spare.stable.subarray(DATA, DATA + SIZE), disks[0]!.contents.subarray(DATA))).to.equal(0);
      expect(mirror.lowers.map(({ name }) => name)).to.deep.equal(['disk 0', 'spare']);
      await mirror.close();
      expect([spare.closed, disks[1]?.closed]).to.deep.equal([true, false]);
      const again = await Mirror.open([copyOf(spare), copyOf(disks[0]!)], { pool, strategy });
      expect(states(again)).to.deep.equal(['in-sync', 'in-sync']);
      await again.close();
      const stale = await errorOf(Mirror.open([copyOf(disks[0]!), copyOf(disks[1]!)], { pool, strategy }));
      expect(stale.code).to.equal('ERR_REPLACED');
    });

    it('goes on while requests do, and the data is the same in the end (I8)', async () => {
      const random = new Random(seed);
      const { mirror, disks } = await degraded();
      const spare = disk('spare', strategy, SIZE);
      const all = [disks[0]!, spare];
      const model = Uint8Array.from(disks[0]!.contents.subarray(DATA));
      const pages = pool.allocate(SIZE);
      // Disks answer some time later, in any order.
      for (const each of all) {
        each.inline = false;
        each.onSubmit = (): boolean => {
          setImmediate(() => each.pending.length > 0 && random.pick(each.pending).answer());
          return false;
        };
      }
      let rebuilding = true;
      const rebuilt = mirror.rebuild(1, spare).finally(() => (rebuilding = false));
      let value = 0;
      let rounds = 0;
      while (rebuilding || rounds < 20) {
        rounds++;
        value = (value + 1) & 0xff;
        const writes = Array.from({ length: 4 }, (_, i) => {
          const length = 512 * (1 + random.below(16));
          const position = i * (SIZE / 4) + 512 * random.below((SIZE / 4 - length) / 512);
          pages.set(new Uint8Array(length).fill(value), position);
          model.fill(value, position, position + length);
          return mirror.write(pages.range(position, length), { position });
        });
        const own = pool.allocate(4096);
        const position = 512 * random.below((SIZE - 4096) / 512);
        await Promise.all([...writes, mirror.read(own, { position }), ...(random.chance(20) ? [mirror.flush()] : [])]);
        own.free();
      }
      await rebuilt;
      expect(states(mirror)).to.deep.equal(['in-sync', 'in-sync']);
      for (const each of all) {
        each.onSubmit = null;
        each.inline = true;
        expect(Buffer.compare(each.contents.subarray(DATA, DATA + SIZE), model), each.name).to.equal(0);
      }
      pages.free();
      await mirror.close();
    });

    it('never reads from the spare before all is there', async () => {
      const { mirror, disks } = await degraded();
      const spare = disk('spare', strategy, SIZE);
      spare.onSubmit = (op: Op): boolean => {
        if (op.operation === 'read' && op.position >= DATA) throw new Error('The spare was read');
        return true;
      };
      const pages = pool.allocate(512);
      let read = 0;
      await mirror.rebuild(1, spare, {
        onProgress: () => {
          read += mirror.read(pages.range(0, 512), { position: 0 }).value ?? 0;
        },
      });
      expect(read).to.equal(4 * 512);
      pages.free();
      answerInline(disks);
      await mirror.close();
    });

    it('reads from the next member what the first cannot, block by block', async () => {
      const { mirror, disks } = await rig(strategy, pool, { members: 3, size: SIZE });
      answerInline(disks);
      const [first, second, third] = disks;
      failOn(third!, (op) => op.operation === 'write');
      const pages = pool.allocate(512);
      await mirror.write(pages.range(0, 512), { position: 0 });
      pages.free();
      const bad = (op: Op, block: number): boolean =>
        op.operation === 'read' && op.position <= DATA + block && op.position + op.length > DATA + block;
      failOn(first!, (op) => bad(op, 4096));
      failOn(second!, (op) => bad(op, 8192));
      const spare = disk('spare', strategy, SIZE);
      await mirror.rebuild(2, spare);
      expect(states(mirror)).to.deep.equal(['in-sync', 'in-sync', 'in-sync']);
      expectAgreement(mirror);
      failOn(first!, null);
      failOn(second!, null);
      await mirror.close();
    });

    it('fails when no member can read a block, or the spare takes no write, and may be tried again', async () => {
      const { mirror, disks } = await degraded();
      const spare = disk('spare', strategy, SIZE);
      failOn(disks[0]!, (op) => op.operation === 'read' && op.position + op.length > DATA + SIZE - 512);
      const unread = await errorOf(mirror.rebuild(1, spare));
      expect([unread.code, unread.message]).to.deep.equal(['EIO', 'EIO: No member can read 512 bytes at 261632 of the mirror']); // prettier-ignore
      expect([states(mirror), mirror.members[1]?.rebuilt]).to.deep.equal([['in-sync', 'rebuilding'], SIZE - 65536]);
      failOn(disks[0]!, null);
      failOn(spare, (op) => op.operation === 'write' && op.position > DATA + 70_000);
      expect((await errorOf(mirror.rebuild(1, spare))).message).to.equal('EIO: spare cannot be written to');
      failOn(spare, (op) => op.operation === 'flush');
      expect((await errorOf(mirror.rebuild(1, spare))).message).to.match(/^EIO/);
      failOn(spare, (op) => op.position < DATA && op.operation === 'write');
      expect((await errorOf(mirror.rebuild(1, spare))).message).to.equal('EIO: spare has failed while it was rebuilt');
      expect(states(mirror)).to.deep.equal(['in-sync', 'failed']);
      failOn(spare, null);
      await mirror.rebuild(1, spare);
      expect(states(mirror)).to.deep.equal(['in-sync', 'in-sync']);
      await mirror.close();
    });

    it('says so when there is no memory to copy with', async () => {
      const own = new PagePool({ maxBytes: 4 * PAGE_SIZE });
      const { mirror, disks } = await degraded(SIZE, own);
      const spare = disk('spare', strategy, SIZE);
      const rebuilding = mirror.rebuild(1, spare);
      while (states(mirror)[1] === 'failed') await Promise.resolve();
      const pages = own.allocate(2 * PAGE_SIZE);
      expect((await errorOf(rebuilding)).message).to.equal('ENOMEM: No memory is left to copy with');
      expect(states(mirror)).to.deep.equal(['in-sync', 'rebuilding']);
      pages.free();
      answerInline(disks);
      await mirror.close();
      expect(own.pagesInUse).to.equal(0);
    });

    it('ends when it is aborted, when the mirror is closed, or a write finds the spare failing', async () => {
      const { mirror, disks } = await degraded();
      const spare = disk('spare', strategy, SIZE);
      const controller = new AbortController();
      const onProgress = (): void => controller.abort('stop');
      expect(await mirror.rebuild(1, spare, { signal: controller.signal, onProgress }).catch(String)).to.equal('stop');
      expect(states(mirror)).to.deep.equal(['in-sync', 'rebuilding']);

      const pages = pool.allocate(512);
      let outcome: unknown[] = [];
      const failed = await errorOf(
        mirror.rebuild(1, spare, {
          onProgress: (done) => {
            if (done > 131072) return;
            failOn(spare, (op) => op.operation === 'write');
            outcome = outcomeOf(mirror.write(pages.range(0, 512), { position: 0 }));
            failOn(spare, null);
          },
        }),
      );
      expect([failed.message, outcome]).to.deep.equal(['EIO: spare has failed while it was rebuilt', ['done', 512]]);
      pages.free();

      const cut = mirror.rebuild(1, spare, { onProgress: () => void mirror.close() });
      const { code, message } = await errorOf(cut);
      expect([code, message]).to.deep.equal(['ERR_CLOSED', 'mirror was closed while it was rebuilt']);
      await mirror.close();
      const again = await Mirror.open([copyOf(disks[0]!), copyOf(spare)], { pool, strategy });
      expect([states(again), again.members[1]?.rebuilt]).to.deep.equal([['in-sync', 'rebuilding'], 65536]);
      await again.close();
    });

    it('goes on from where it was on the same device, and begins anew on another', async () => {
      const { mirror, disks } = await degraded();
      const [spare, other] = [disk('spare', strategy, SIZE), disk('other', strategy, SIZE)];
      const steps: number[] = [];
      const stopAt = (at: number): { signal: AbortSignal; onProgress: (done: number) => void } => {
        const controller = new AbortController();
        const onProgress = (done: number): void => {
          steps.push(done / 65536);
          if (done === at * 65536) controller.abort('stop');
        };
        return { signal: controller.signal, onProgress };
      };
      await errorOf(mirror.rebuild(1, spare, stopAt(2)));
      const pages = pool.allocate(SIZE);
      pages.set(new Uint8Array(SIZE).fill(9));
      await mirror.write(pages.range(0, SIZE), { position: 0 });
      pages.free();
      await errorOf(mirror.rebuild(1, spare, stopAt(3)));
      const before = copyOf(spare);
      await errorOf(mirror.rebuild(1, other, stopAt(1)));
      expect(mirror.lowers.map(({ name }) => name)).to.deep.equal(['disk 0', 'other']);
      await mirror.close();
      const [left, right] = [copyOf(disks[0]!), copyOf(other)];
      const again = await Mirror.open([right, left], { pool, strategy });
      await again.rebuild(1, right, stopAt(0));
      expect(steps).to.deep.equal([1, 2, 3, 1, 2, 3, 4]);
      expect([states(again), right.contents.at(-1)]).to.deep.equal([['in-sync', 'in-sync'], 9]);
      expectAgreement(again);
      await again.close();
      const stale = await Mirror.open([before, copyOf(disks[0]!)], { pool, strategy });
      expect(states(stale)).to.deep.equal(['in-sync', 'failed']);
      await stale.close();
    });

    it('goes on from its last checkpoint after a crash, and members agree where it was written to (I8)', async () => {
      const random = new Random(seed);
      for (let round = 0; round < 10; round++) {
        const { mirror, disks } = await degraded();
        const spare = disk('spare', strategy, SIZE);
        const cut = random.pick([2, 3, 4]);
        const pages = pool.allocate(4096);
        pages.set(new Uint8Array(4096).fill(0xcc));
        let images: MemoryDevice[] = [];
        const controller = new AbortController();
        const onProgress = (done: number): void => {
          if (done !== cut * 65536) return;
          for (let i = 0; i < 8; i++)
            mirror.write(pages.range(0, 4096), { position: 4096 * random.below(SIZE / 4096) });
          images = [disks[0]!, spare].map((each) => {
            const image = copyOf(each);
            for (let at = 0; at < image.size; at += 512) {
              if (random.chance(50)) image.contents.set(each.stable.subarray(at, at + 512), at);
            }
            return image;
          });
          controller.abort('stop');
        };
        await mirror
          .rebuild(1, spare, { signal: controller.signal, onProgress, checkpointSize: 65536 })
          .catch(() => undefined);
        pages.free();
        await mirror.close();
        const again = await Mirror.open(images, { pool, strategy });
        expect([states(again), again.members[1]?.rebuilt]).to.deep.equal([
          ['in-sync', 'rebuilding'],
          (cut - 1) * 65536,
        ]);
        await again.rebuild(1, images[1]!);
        expectAgreement(again);
        await again.close();
      }
    });

    it('refuses a member that is in use, and a spare that does not fit', async () => {
      const { mirror, disks } = await degraded(16 * 1024);
      for (const [index, spare, code] of [
        [0, disk('spare', strategy), 'ERR_MEMBER_STATE'],
        [2, disk('spare', strategy), 'ERR_MEMBER_STATE'],
        [1, disks[0]!, 'ERR_SPARE'],
        [1, disk('small', strategy, 16 * 1024 - 512), 'ERR_SPARE'],
        [1, new MemoryDevice({ size: 1 << 16, blockSize: 1024 }), 'ERR_SPARE'],
        [1, new FaultyDevice({ operations: ['read', 'write', 'flush'] }), 'ERR_SPARE'],
        [1, new Pass(new Pass(mirror)), 'ERR_SPARE'],
        // Callers' memory is aligned to nothing, as the mirror asks for.
        [1, new FaultyDevice({ memoryAlignment: 512, inline: true }), 'ERR_SPARE'],
      ] as const) {
        expect((await errorOf(mirror.rebuild(index, spare))).code, spare.name).to.equal(code);
      }
      // The one that was dropped may have been repaired.
      await mirror.rebuild(1, disks[1]!);
      expect(mirror.lowers.map(({ name }) => name)).to.deep.equal(['disk 0', 'disk 1']);
      expectAgreement(mirror);
      await mirror.close();
    });

    it('refuses a spare that is a member of something else, or of this mirror under another name (I6)', async () => {
      const { mirror, disks } = await degraded(16 * 1024);
      const other = await rig(strategy, pool);
      answerInline(other.disks);
      await other.mirror.close();
      const foreign = disk('foreign', strategy);
      foreign.contents.set(other.disks[1]!.contents);
      const before = disks.map(({ contents }) => contents.slice());
      for (const [spare, uuid] of [
        [foreign, other.mirror.uuid],
        [new Pass(disks[0]!), mirror.uuid],
      ] as const) {
        const { code, message } = await errorOf(mirror.rebuild(1, spare));
        expect([code, message]).to.deep.equal(['ERR_MEMBER_IN_USE', `${spare.name} is a member of the mirror ${uuid}`]);
      }
      const overwriting = await errorOf(mirror.rebuild(1, new Pass(disks[0]!), { overwrite: true }));
      expect(overwriting.code).to.equal('ERR_MEMBER_IN_USE');
      expect(disks.map(({ contents }) => contents)).to.deep.equal(before);
      foreign.log.length = 0;
      failOn(foreign, () => true);
      expect((await errorOf(mirror.rebuild(1, foreign))).code).to.equal('EIO');
      expect(foreign.log.filter((line) => line.startsWith('write'))).to.deep.equal([]);
      expect([states(mirror), mirror.lowers.length]).to.deep.equal([['in-sync', 'failed'], 2]);
      failOn(foreign, null);
      await mirror.rebuild(1, foreign, { overwrite: true });
      expectAgreement(mirror);
      await mirror.close();
    });

    it('takes one spare for one member, also when two are rebuilt at once (I6)', async () => {
      const { mirror, disks } = await rig(strategy, pool, { members: 3, size: SIZE });
      answerInline(disks);
      for (const index of [1, 2]) await mirror.fail(index);
      const stop = new AbortController();
      const first = mirror.rebuild(1, disks[1]!, { signal: stop.signal, onProgress: () => stop.abort() });
      expect((await errorOf(first)).name).to.equal('AbortError');
      const spare = disk('spare', strategy, SIZE);
      // The one before has to be given up first, which takes its time.
      const rebuilds = [1, 2].map((index) => mirror.rebuild(index, spare));
      expect((await Promise.allSettled(rebuilds)).map(({ status }) => status)).to.deep.equal(['fulfilled', 'rejected']);
      expect((await errorOf(rebuilds[1]!)).code).to.equal('ERR_SPARE');
      expect(mirror.members.map(({ device }) => device?.name)).to.deep.equal(['disk 0', 'spare', 'disk 2']);
      await mirror.close();
    });

    it('writes nothing once the mirror is closed (I6)', async () => {
      const { mirror } = await degraded(16 * 1024);
      await mirror.close();
      const spare = disk('spare', strategy);
      expect((await errorOf(mirror.rebuild(1, spare))).code).to.equal('ERR_CLOSED');
      expect((await errorOf(mirror.fail(0))).code).to.equal('ERR_CLOSED');
      expect((await errorOf(mirror.fail(1))).code).to.equal('ERR_CLOSED');
      expect(spare.log.filter((line) => line.startsWith('write'))).to.deep.equal([]);
    });
  });
}

/** Answers at once, and fails what it is told to. */
function failOn(each: FaultyDevice, fails: ((op: Op) => boolean) | null): void {
  each.inline = fails === null;
  each.onSubmit =
    fails &&
    ((op): boolean => {
      const bad = fails(op);
      if (bad) op.fail();
      return !bad;
    });
}

function copyOf({ contents, name }: FaultyDevice): MemoryDevice {
  const copy = new MemoryDevice({ size: contents.length, name });
  copy.contents.set(contents);
  return copy;
}
