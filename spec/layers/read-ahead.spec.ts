import { expect } from 'chai';
import { IoClass } from '../../lib/io/io-class.js';
import { NullDevice } from '../../lib/devices/null.js';
import type { Strategy } from '../../lib/io/io.js';
import { PagePool } from '../../lib/io/pages.js';
import { RequestQueue } from '../../lib/io/request-queue.js';
import { Linear } from '../../lib/layers/linear.js';
import { ReadAhead, type ReadAheadOptions } from '../../lib/layers/read-ahead.js';
import { FaultyDevice } from '../conformance/faulty-device.js';
import { programs, rareOnes, runPrograms, seed } from '../conformance/random.js';
import { designs } from '../conformance/strategies.js';
import { ReadAheadProgram } from './read-ahead-program.js';

const KiB = 1024;
const PART = 2 * KiB;

function setUp(strategy: Strategy, inline = true, options: Partial<ReadAheadOptions> = {}) {
  const pool = new PagePool({ maxBytes: 1 << 20 });
  const disk = new FaultyDevice({ size: 64 * KiB, strategy, inline });
  for (let i = 0; i < disk.contents.length; i++) disk.contents[i] = i / 512;
  const device = new ReadAhead(disk, { pool, maxBytes: 8 * KiB, partBytes: PART, ...options });
  const own = new PagePool({ maxBytes: 1 << 20 });
  const pages = own.allocate(64 * KiB);
  const read = (block: number, blocks = 1) =>
    device.read(pages.range(block * 512, blocks * 512), { position: block * 512 });
  const holds = (block: number): boolean => pages.bytes(block * 512, 512).every((byte) => byte === block);
  return { pool, disk, device, pages, read, holds };
}

/** How often each of these must come up for every program. */
const floors: Record<string, number> = {
  read: 5,
  write: 0.5,
  discard: 0.3,
  writeZeroes: 0.3,
  hit: 0.5,
  waited: 0.5,
  'cancelled while it waited': 0.05,
  'failed below': 0.5,
  'read ahead': 0.5,
  done: 5,
  failed: 0.3,
  cancelled: 0.1,
};

describe('ReadAhead', function () {
  this.timeout(120_000);
  const tally = new Map<string, number>();

  for (const { strategy } of designs) {
    describe(`under ${strategy.name}`, () => {
      it('reads ahead from the second read on that begins where one has ended', async () => {
        const { disk, read, device } = setUp(strategy);
        await read(0);
        expect(disk.log).to.deep.equal(['read 0+512']);
        await read(1);
        expect(disk.log.slice(1)).to.deep.equal(['read 512+512', 'read 1024+1024']);
        expect([device.aheadBytes, device.hitBytes]).to.deep.equal([KiB, 0]);
      });

      it('answers the next reads from memory, and reads on as they come to the newest window', async () => {
        const { disk, read, holds, device } = setUp(strategy);
        for (const block of [0, 1]) await read(block);
        disk.log.length = 0;
        expect(await read(2)).to.equal(512);
        expect([disk.log, holds(2), device.hitBytes]).to.deep.equal([['read 2048+2048'], true, 512]);
        disk.log.length = 0;
        expect(await read(3)).to.equal(512);
        expect([disk.log, holds(3)]).to.deep.equal([[], true]);
      });

      it('grows its windows to the most, in parts', async () => {
        const { disk, read, device } = setUp(strategy);
        for (let block = 0; block < 20; block++) await read(block);
        const reads = disk.log.slice(2).map((line) => Number(line.split('+')[1]));
        expect(reads).to.deep.equal([1024, 2048, 2048, 2048, ...Array<number>(8).fill(2048)].slice(0, reads.length));
        expect(device.heldBytes).to.be.at.most(2 * device.maxBytes);
      });

      it('reads nothing ahead of reads here and there, nor of those longer than its windows', async () => {
        const { disk, read } = setUp(strategy);
        for (const block of [0, 9, 3, 50, 17]) await read(block);
        for (const block of [20, 40]) await read(block, 20);
        expect(disk.log.length).to.equal(7);
      });

      it('follows several streams at once', async () => {
        const { disk, read, holds } = setUp(strategy);
        for (let i = 0; i < 2; i++) for (const start of [0, 40, 80]) await read(start + i);
        disk.log.length = 0;
        for (const block of [2, 42, 82]) await read(block);
        expect(disk.log.every((line) => line.endsWith('+2048'))).to.equal(true);
        expect([2, 42, 82].map(holds)).to.deep.equal([true, true, true]);
      });

      it('serves several requests by one read below, each as its own part arrives (N12)', () => {
        const { disk, read, holds, device } = setUp(strategy, false, { maxBytes: 4 * KiB });
        const settled: number[] = [];
        const begin = (block: number): void => {
          read(block).notify(() => settled.push(block));
        };
        for (let block = 0; block < 6; block++) begin(block);
        expect(disk.log).to.deep.equal(['read 0+512', 'read 512+512', 'read 1024+1024', 'read 2048+2048', 'read 4096+2048', 'read 6144+2048']); // prettier-ignore
        expect(device.queued).to.equal(4);
        disk.pending.find(({ position }) => position === 2048)?.answer();
        expect(settled).to.deep.equal([4, 5]);
        disk.pending.find(({ position }) => position === 1024)?.answer();
        expect([settled, [2, 3, 4, 5].map(holds)]).to.deep.equal([
          [4, 5, 2, 3],
          [true, true, true, true],
        ]);
        disk.answerAll();
        expect(settled.length).to.equal(6);
      });

      it('waits for every part that a request lies in (I12)', () => {
        const { disk, read, holds, device } = setUp(strategy, false);
        for (let block = 0; block < 3; block++) read(block);
        const across = read(3, 2);
        disk.pending.find(({ position }) => position === 1024)?.answer();
        expect([across.settled, device.queued]).to.deep.equal([false, 1]);
        disk.pending.find(({ position }) => position === 2048)?.answer();
        expect([across.value, holds(3), holds(4)]).to.deep.equal([1024, true, true]);
        disk.answerAll();
      });

      it('reads below what could not be read ahead, and tells of the request’s own failure only (I12)', () => {
        const { disk, read, holds } = setUp(strategy, false);
        for (let block = 0; block < 2; block++) read(block);
        const waiting = read(2);
        disk.pending.find(({ position }) => position === 1024)?.fail();
        expect(waiting.settled).to.equal(false);
        disk.pending.find(({ position, length }) => position === 1024 && length === 512)?.answer();
        expect([waiting.value, holds(2)]).to.deep.equal([512, true]);
        disk.answerAll();
      });

      it('takes a short transfer for a failed one', () => {
        const { disk, read } = setUp(strategy, false);
        for (let block = 0; block < 2; block++) read(block);
        const waiting = read(2);
        disk.pending.find(({ position }) => position === 1024)?.answer({ missing: [{ offset: 0, length: 512 }] });
        expect([waiting.settled, disk.log.at(-1)]).to.deep.equal([false, 'read 1024+512']);
        disk.answerAll();
        expect(waiting.value).to.equal(512);
      });

      it('takes out a request that is cancelled while it waits, and what was read for it alone (N14)', async () => {
        const pool = new PagePool({ maxBytes: 1 << 20 });
        const disk = new FaultyDevice({ size: 64 * KiB, strategy });
        const queue = new RequestQueue(disk, { depth: 1 });
        const device = new ReadAhead(queue, { pool, maxBytes: 4 * KiB, partBytes: PART });
        const pages = pool.allocate(8 * KiB);
        const [, , waiting] = [0, 1, 2].map((block) =>
          device.read(pages.range(block * 512, block < 2 ? 512 : 1024), { position: block * 512 }),
        );
        expect([device.queued, queue.queued]).to.deep.equal([1, 3]);
        expect(waiting?.cancel()).to.equal('cancelled');
        expect([device.queued, queue.queued]).to.deep.equal([0, 2]);
        disk.answerAll();
        await device.close();
        pages.free();
        expect([pool.pagesInUse, device.heldBytes]).to.deep.equal([0, 0]);
      });

      it('leaves a cancelled request’s pages alone, though what it waited for arrives (I5)', () => {
        const { disk, read, pages } = setUp(strategy, false);
        for (let block = 0; block < 2; block++) read(block);
        const [cancelled, other] = [read(2), read(3)];
        pages.set(new Uint8Array(512).fill(0xee), 1024);
        cancelled.cancel();
        disk.answerAll();
        expect([cancelled.state, other.value]).to.deep.equal(['cancelled', 512]);
        expect(pages.bytes(1024, 512).every((byte) => byte === 0xee)).to.equal(true);
      });

      for (const change of ['write', 'discard', 'writeZeroes'] as const) {
        const begin = ({ device, pages }: ReturnType<typeof setUp>) =>
          change === 'write'
            ? device.write(pages.range(32 * KiB, 1024), { position: 1024 })
            : device[change](1024, { position: 1024 });

        it(`forgets what it has read ahead of bytes that a ${change} changes (I8)`, async () => {
          const all = setUp(strategy);
          for (const block of [0, 1]) await all.read(block);
          await begin(all);
          all.disk.contents.fill(0xab, 1024, 2048);
          await all.read(2);
          expect(all.pages.bytes(1024, 512).every((byte) => byte === 0xab)).to.equal(true);
        });

        it(`reads nothing ahead of bytes that a ${change} is changing (I8)`, async () => {
          const all = setUp(strategy, false);
          const changing = begin(all);
          for (const block of [0, 1]) all.read(block);
          expect(all.disk.log.filter((line) => line.startsWith('read 1024'))).to.deep.equal([]);
          all.disk.answerAll();
          await changing;
          all.disk.contents.fill(0xab, 1024, 2048);
          all.disk.inline = true;
          await all.read(2);
          expect(all.pages.bytes(1024, 512).every((byte) => byte === 0xab)).to.equal(true);
        });
      }

      it('lets those that wait read below when a write takes away what they wait for', () => {
        const { disk, device, pages, read } = setUp(strategy, false);
        for (let block = 0; block < 2; block++) read(block);
        const waiting = read(2);
        device.write(pages.range(32 * KiB, 512), { position: 1536 });
        expect([device.queued, disk.log.at(-2)]).to.deep.equal([0, 'read 1024+512']);
        disk.answerAll();
        expect(waiting.value).to.equal(512);
      });

      it('reads nothing ahead without memory, and goes on when there is some', async () => {
        const pool = new PagePool({ maxBytes: 4096 });
        const { disk, read } = setUp(strategy, true, { pool });
        const taken = pool.allocate(4096);
        for (const block of [0, 1, 2]) await read(block);
        expect(disk.log.length).to.equal(3);
        taken.free();
        await read(3);
        expect(disk.log.length).to.be.above(4);
      });

      it('keeps no more than it may, and drops what it has read ahead the longest ago', async () => {
        const { disk, read, device } = setUp(strategy, true, { keepBytes: 2 * KiB, maxBytes: 4 * KiB });
        for (const start of [40, 0]) for (const i of [0, 1]) await read(start + i);
        expect(device.heldBytes).to.equal(2 * KiB);
        for (const i of [0, 1]) await read(80 + i);
        expect(device.heldBytes).to.equal(2 * KiB);
        disk.log.length = 0;
        await read(2);
        expect(disk.log[0]).to.not.equal('read 1024+512');
        await read(42);
        expect(disk.log).to.include(`read ${String(42 * 512)}+512`);
      });

      it('begins no more than it may keep (I12)', () => {
        const { disk, read, device } = setUp(strategy, false, { keepBytes: 3 * KiB });
        for (let block = 0; block < 4; block++) read(block);
        expect([disk.log.slice(2), device.heldBytes]).to.deep.equal([['read 1024+1024', 'read 2048+2048'], 3 * KiB]);
        for (let block = 4; block < 8; block++) read(block);
        expect(device.heldBytes).to.equal(3 * KiB);
        disk.answerAll();
      });

      it('asks for the same class that the reader has', () => {
        const { device, disk, pages } = setUp(strategy, false);
        const ioClass = new IoClass();
        const classes: unknown[] = [];
        const submit = disk.submit.bind(disk);
        disk.submit = (io) => {
          classes.push(io.ioClass);
          submit(io);
        };
        for (const block of [0, 1]) device.read(pages.range(0, 512), { position: block * 512, ioClass });
        expect(classes).to.deep.equal([ioClass, ioClass, ioClass]);
        disk.answerAll();
      });

      it('reads ahead at positions of its own below a layer that moves them', async () => {
        const { disk, device, pages, holds } = setUp(strategy);
        const moved = new Linear([{ device, start: 16 * KiB }]);
        for (let i = 0; i < 4; i++) await moved.read(pages.range((32 + i) * 512, 512), { position: i * 512 });
        expect([device.hitBytes, holds(34)]).to.deep.equal([KiB, true]);
        expect(disk.log.slice(2)).to.deep.equal(['read 17408+1024', 'read 18432+2048']);
      });

      it('stops at the end of the device', async () => {
        const { disk, read } = setUp(strategy);
        for (let block = 118; block < 128; block++) await read(block);
        expect(disk.log.at(-1)).to.equal('read 64512+1024');
      });

      it('gives its pages back when it is closed, also those that are being read into', async () => {
        const { pool, disk, device, read } = setUp(strategy, false);
        for (const block of [0, 1]) read(block);
        for (const op of [...disk.pending].slice(0, 2)) op.answer();
        const closed = device.close();
        await Promise.resolve();
        disk.answerAll();
        await closed;
        expect([pool.pagesInUse, device.heldBytes]).to.deep.equal([0, 0]);
      });

      it('agrees with an array over random programs with failures and cancels (I4, I5, I8)', async () => {
        await runPrograms(programs, (random) => new ReadAheadProgram(strategy, random, tally).run());
      });
    });
  }

  describe('together', () => {
    it('came upon everything often enough', () => {
      const list = [...tally].sort(([a], [b]) => a.localeCompare(b)).map(([what, count]) => `${what} ${String(count)}`);
      console.log(`      seed ${String(seed)}: ${list.join(', ')}`);
      expect(rareOnes(floors, tally, programs, designs.length)).to.deep.equal([]);
    });
  });

  it('reads 128 KiB ahead in parts of 32 KiB, or a block if that is more, and keeps 16 times that', () => {
    const pool = new PagePool({ maxBytes: 1 << 20 });
    const sizes = [512, 1 << 18].map((blockSize) => {
      const { maxBytes, partBytes, keepBytes } = new ReadAhead(new NullDevice({ blockSize }), { pool });
      return [maxBytes, partBytes, keepBytes];
    });
    expect(sizes).to.deep.equal([
      [1 << 17, 1 << 15, 1 << 21],
      [1 << 18, 1 << 18, 1 << 22],
    ]);
  });

  for (const [field, value] of [
    ['maxBytes', 0],
    ['partBytes', 100],
    ['keepBytes', Infinity],
  ] as const) {
    it(`refuses ${field} ${String(value)} (I6)`, () => {
      expect(() => setUp(designs[0]?.strategy as Strategy, true, { [field]: value }))
        .to.throw(RangeError, `${field} must be a positive multiple of the block size, 512, got ${String(value)}`)
        .with.property('code', 'ERR_READ_AHEAD');
    });
  }
});
