import { expect } from 'chai';
import type { Strategy } from '../../lib/io/io.js';
import type { IoRequest } from '../../lib/io/io-request.js';
import { PagePool } from '../../lib/io/pages.js';
import { Cache } from '../../lib/layers/cache.js';
import { FaultyDevice } from '../conformance/faulty-device.js';
import { Random, seed } from '../conformance/random.js';
import { designs } from '../conformance/strategies.js';

const LINE = 4096;
const SIZE = 16 * LINE;

function setUp(strategy: Strategy, mode: 'through' | 'back', lines = 8, inline = true) {
  const pool = new PagePool({ maxBytes: 1 << 22 });
  const disk = new FaultyDevice({ size: SIZE, strategy, inline });
  const cache = new Cache(disk, { pool, lines, mode });
  const pages = pool.allocate(SIZE);
  return { pool, disk, cache, pages };
}

for (const { strategy } of designs) {
  describe(`Cache under ${strategy.name}`, () => {
    it('answers a read that it has without asking below', async () => {
      const { disk, cache, pages } = setUp(strategy, 'through');
      disk.contents.fill(7);
      await cache.read(pages.range(0, 2 * LINE), { position: 0 });
      disk.log.length = 0;
      pages.set(new Uint8Array(LINE));
      expect(await cache.read(pages.range(0, 1024), { position: 512 })).to.equal(1024);
      expect([pages.bytes(0, 1024).every((byte) => byte === 7), disk.log]).to.deep.equal([true, []]);
    });

    it('reads below only the runs that it has not', async () => {
      const { disk, cache, pages } = setUp(strategy, 'through');
      await cache.read(pages.range(0, LINE), { position: LINE });
      disk.log.length = 0;
      await cache.read(pages.range(0, 4 * LINE), { position: 0 });
      expect(disk.log).to.deep.equal(['read 0+4096', 'read 8192+8192']);
    });

    it('lets the least recently used line give way', async () => {
      const { disk, cache, pages } = setUp(strategy, 'through', 2);
      for (const line of [0, 1, 0, 2]) await cache.read(pages.range(0, LINE), { position: line * LINE });
      disk.log.length = 0;
      for (const line of [0, 2, 1]) await cache.read(pages.range(0, LINE), { position: line * LINE });
      expect(disk.log).to.deep.equal(['read 4096+4096']);
    });

    it('does not keep what failed, and tells which parts succeeded, those from the cache among them (I4)', async () => {
      const { disk, cache, pages } = setUp(strategy, 'through');
      await cache.read(pages.range(0, LINE), { position: LINE });
      disk.inline = false;
      const read = cache.read(pages.range(0, 3 * LINE), { position: 0 });
      disk.pending[1]?.fail('EIO');
      disk.pending[0]?.answer();
      const error = await read.promise().catch((reason: unknown) => reason);
      expect(error).to.deep.include({ code: 'EIO', bytes: 2 * LINE, succeeded: [{ offset: 0, length: 2 * LINE }] });
      disk.inline = true;
      disk.log.length = 0;
      await cache.read(pages.range(0, 3 * LINE), { position: 0 });
      expect(disk.log).to.deep.equal(['read 8192+4096']);
    });

    it('does not keep what a short transfer left out (I4)', async () => {
      const { disk, cache, pages } = setUp(strategy, 'through', 8, false);
      const read = cache.read(pages.range(0, 2 * LINE), { position: 0 });
      disk.only.answer({ missing: [{ offset: LINE, length: LINE }] });
      expect(await read).to.equal(LINE);
      disk.inline = true;
      disk.log.length = 0;
      await cache.read(pages.range(0, 2 * LINE), { position: 0 });
      expect(disk.log).to.deep.equal(['read 4096+4096']);
    });

    it('does not fill a line from a read that a write has overtaken', async () => {
      const { disk, cache, pages } = setUp(strategy, 'through', 8, false);
      const read = cache.read(pages.range(0, LINE), { position: 0 });
      const write = cache.write(pages.range(LINE, LINE), { position: 0 });
      disk.pending[1]?.answer();
      disk.pending[0]?.answer();
      await Promise.all([read, write]);
      disk.contents.fill(9, 0, LINE);
      disk.inline = true;
      disk.log.length = 0;
      await cache.read(pages.range(0, LINE), { position: 0 });
      expect(disk.log.length + Number(pages.bytes(0, 1)[0] !== 9)).to.equal(1);
    });

    it('passes writes through, and has them for the next read', async () => {
      const { disk, cache, pages } = setUp(strategy, 'through');
      pages.set(new Uint8Array(LINE).fill(5));
      await cache.write(pages.range(0, LINE), { position: LINE });
      expect([disk.contents[LINE], disk.log]).to.deep.equal([5, ['write 4096+4096']]);
      await cache.read(pages.range(LINE, LINE), { position: LINE });
      expect([pages.bytes(LINE, 1)[0], disk.log.length]).to.deep.equal([5, 1]);
    });

    it('keeps neither of two writes that were in flight together (I8)', async () => {
      const { disk, cache, pages } = setUp(strategy, 'through', 8, false);
      const writes = [0, 1].map((i) => cache.write(pages.range(i * LINE, LINE), { position: 0 }));
      disk.pending[1]?.answer();
      disk.pending[0]?.answer();
      await Promise.all(writes);
      disk.inline = true;
      disk.log.length = 0;
      await cache.read(pages.range(0, LINE), { position: 0 });
      expect(disk.log).to.deep.equal(['read 0+4096']);
    });

    it('holds writes back until a flush, which goes on to the device (I7)', async () => {
      const { disk, cache, pages } = setUp(strategy, 'back');
      pages.set(new Uint8Array(2 * LINE).fill(3));
      await cache.write(pages.range(0, 2 * LINE), { position: 0 });
      expect([disk.log, cache.dirty]).to.deep.equal([[], 2]);
      await cache.flush();
      expect([disk.log, cache.dirty]).to.deep.equal([['write 0+4096', 'write 4096+4096', 'flush 0+0'], 0]);
      expect(disk.stable.subarray(0, 2 * LINE).every((byte) => byte === 3)).to.equal(true);
    });

    it('makes a fua write stable before it ends (I7)', async () => {
      const { disk, cache, pages } = setUp(strategy, 'back');
      pages.set(new Uint8Array(LINE).fill(4));
      await cache.write(pages.range(0, LINE), { position: 0, fua: true });
      expect([disk.stable[0], cache.dirty]).to.deep.equal([4, 0]);
    });

    it('sends nothing down past a line that cannot go before it (I8)', async () => {
      const { disk, cache, pages } = setUp(strategy, 'back', 8, false);
      pages.set(new Uint8Array(LINE).fill(6));
      await cache.write(pages.range(0, LINE), { position: 0 });
      const discard = cache.discard(LINE, { position: 0 });
      disk.only.fail('ENOSPC');
      expect([disk.log, cache.dirty, discard.state]).to.deep.equal([['write 0+4096'], 1, 'failed']);
      expect(discard.error).to.include({ code: 'ENOSPC', bytes: 0 });
      disk.inline = true;
      await cache.discard(LINE, { position: 0 });
      expect([disk.log.slice(1), cache.dirty]).to.deep.equal([['write 0+4096', 'discard 0+4096'], 0]);
    });

    it('tells of a failed write-back in the flush, stays dirty, and loses nothing', async () => {
      const { disk, cache, pages } = setUp(strategy, 'back', 8, false);
      pages.set(new Uint8Array(LINE).fill(6));
      await cache.write(pages.range(0, LINE), { position: 0 });
      const flush = cache.flush();
      disk.only.fail('EIO');
      expect(await flush.promise().catch((error: unknown) => (error as { code: string }).code)).to.equal('EIO');
      expect(cache.dirty).to.equal(1);
      disk.inline = true;
      await cache.flush();
      expect([disk.stable[0], cache.dirty]).to.deep.equal([6, 0]);
    });

    it('has all of a write that it cannot keep whole, or nothing when that is cancelled on its way below (I4, I5)', async () => {
      // Too many lines; and one of which it lacks the half that is not written, before or behind lines that it can keep.
      const writes = [
        { position: 0, end: 3, old: 1 },
        { position: 0.5, end: 2, old: 1 },
        { position: 0, end: 1.5, old: 0 },
      ];
      for (const { position, end, old } of writes) {
        const { disk, cache, pages } = setUp(strategy, 'back', 2, false);
        disk.contents.fill(1);
        pages.set(new Uint8Array(SIZE).fill(2));
        await cache.write(pages.range(0, LINE), { position: old * LINE });
        pages.set(new Uint8Array(SIZE).fill(3));
        const write = cache.write(pages.range(0, (end - position) * LINE), { position: position * LINE });
        write.cancel();
        disk.answerAll();
        disk.inline = true;
        await write.promise().catch(() => undefined);
        // Clones that no cancel finds run out.
        const cancelled = write.succeeded.length === 0;
        await cache.flush();
        await cache.read(pages.range(0, 4 * LINE), { position: 0 });
        for (const bytes of [pages.bytes(), disk.contents]) {
          for (let at = 0; at < 4; at += 0.5) {
            const written = !cancelled && at >= position && at < end;
            expect(bytes[at * LINE]).to.equal(written ? 3 : Math.floor(at) === old ? 2 : 1);
          }
        }
      }
    });

    it('writes a line that is dirtied on its way down once more, and never two at a time', async () => {
      const { disk, cache, pages } = setUp(strategy, 'back', 8, false);
      pages.set(new Uint8Array(LINE).fill(1));
      await cache.write(pages.range(0, LINE), { position: 0 });
      const first = cache.flush();
      pages.set(new Uint8Array(LINE).fill(2));
      await cache.write(pages.range(0, LINE), { position: 0 });
      const second = cache.flush();
      expect(disk.pending.length).to.equal(1);
      disk.answerAll();
      await Promise.all([first, second]);
      expect([disk.stable[0], cache.dirty]).to.deep.equal([2, 0]);
    });

    it('brings everything down when it is closed, and gives its pages back', async () => {
      const { pool, disk, cache, pages } = setUp(strategy, 'back');
      pages.set(new Uint8Array(LINE).fill(8));
      await cache.write(pages.range(0, LINE), { position: LINE });
      await cache.close();
      pages.free();
      expect([disk.stable[LINE], pool.pagesInUse]).to.deep.equal([8, 0]);
    });

    it('gives its pages back and closes what is below, also when it cannot bring everything down', async () => {
      const { pool, disk, cache, pages } = setUp(strategy, 'back');
      await cache.write(pages.range(0, LINE), { position: LINE });
      pages.free();
      disk.goAway();
      const failed = await cache.close().catch((error: unknown) => (error as { code?: string }).code);
      expect([failed, pool.pagesInUse, disk.closed]).to.deep.equal(['ENXIO', 0, true]);
    });

    for (const mode of ['through', 'back'] as const) {
      it(`reads what was written, mode ${mode}, under random load with failures (I4, I8), seed ${String(seed)}`, () => {
        for (let program = 0; program < 25; program++) runProgram(strategy, mode, new Random(seed + program));
      });
    }
  });
}

/** Rounds of requests on ranges apart from each other, answered in any order, some failing, against an array. */
function runProgram(strategy: Strategy, mode: 'through' | 'back', random: Random): void {
  const { disk, cache, pages } = setUp(strategy, mode, 1 + random.below(6), false);
  const model = new Uint8Array(SIZE);
  const known = new Uint8Array(SIZE).fill(1);
  for (let round = 0; round < 12; round++) {
    const open: { request: IoRequest; at: number; length: number; value: number }[] = [];
    const value = 1 + random.below(255);
    for (let block = random.below(8); block < SIZE / 512;) {
      const length = (1 + random.below(20)) * 512;
      const at = block * 512;
      block += length / 512 + random.below(10);
      if (at + length > SIZE) break;
      const writes = random.chance(50);
      if (writes) pages.set(new Uint8Array(length).fill(value), at);
      const options = { position: at };
      const range = pages.range(at, length);
      const request = writes ? cache.write(range, { ...options, fua: random.chance(20) }) : cache.read(range, options);
      if (random.chance(10)) request.cancel();
      open.push({ request, at, length, value: writes ? value : -1 });
    }
    if (random.chance(30)) open.push({ request: cache.flush(), at: 0, length: 0, value: -1 });
    while (disk.pending.length > 0) {
      const op = random.pick(disk.pending);
      if (random.chance(8)) op.fail('EIO');
      else op.answer();
    }
    for (const { request, at, length, value: written } of open) {
      expect(request.settled).to.equal(true);
      if (written >= 0) {
        // In lines that two requests shared, a failed one's bytes may have gone down with the other's.
        model.fill(written, at, at + length);
        known.fill(Number(request.state === 'done'), at, at + length);
      } else if (request.state === 'done') {
        const read = pages.bytes(at, length);
        const wrong = read.findIndex((byte, i) => known[at + i] === 1 && byte !== model[at + i]);
        expect(wrong).to.equal(-1);
      }
    }
  }
}

describe('Cache with lines of several pages', () => {
  it('answers from lines whose pages lie apart (I4)', async () => {
    for (const mode of ['through', 'back'] as const) {
      const pool = new PagePool({ maxBytes: 5 * 4096 });
      const taken = Array.from({ length: 5 }, () => pool.allocate(4096));
      // Three pages are left, no two of which lie together.
      for (const i of [0, 2, 4]) taken[i]?.free();
      const own = new PagePool();
      const disk = new FaultyDevice({ size: 1 << 16, blockSize: 8192, inline: true });
      const cache = new Cache(disk, { pool, lines: 1, mode });
      const [data, found] = [own.allocate(8192), own.allocate(8192)];
      data.set(Uint8Array.from({ length: 8192 }, (_, i) => 1 + (i % 251)));
      await cache.write(data, { position: 8192 });
      disk.log.length = 0;
      expect(await cache.read(found, { position: 8192 })).to.equal(8192);
      expect([disk.log, Buffer.compare(found.bytes(), data.bytes())]).to.deep.equal([[], 0]);
      await cache.close();
      expect(pool.pagesInUse).to.equal(2);
    }
  });
});

describe('Cache over a device that refuses', () => {
  const codeOf = async (promise: Promise<unknown>): Promise<unknown> =>
    promise.then(
      (value) => value,
      (error: unknown) => (error as { code: string }).code,
    );

  it('has nothing to bring down in mode through, and closes without a flush', async () => {
    const disk = new FaultyDevice({ inline: true, operations: ['read'] });
    const cache = new Cache(disk, { pool: new PagePool(), lines: 2 });
    expect([await codeOf(cache.close()), disk.log]).to.deep.equal([undefined, []]);
  });

  it('fails what cannot be made stable there, and does not wait for ever (I7)', async () => {
    const pool = new PagePool();
    const disk = new FaultyDevice({ inline: true, operations: ['read', 'write'] });
    const cache = new Cache(disk, { pool, lines: 2, mode: 'back' });
    const pages = pool.allocate(LINE);
    expect(await codeOf(cache.write(pages, { position: 0, fua: true }).promise())).to.equal('EIO');
    expect(await codeOf(cache.write(pages, { position: LINE }).promise())).to.equal(LINE);
    expect([await codeOf(cache.close()), disk.log.length]).to.deep.equal([undefined, 2]);
  });

  it('fails what waited when the device below was closed under it, and gives its pages back (I9)', async () => {
    const pool = new PagePool();
    const disk = new FaultyDevice();
    const cache = new Cache(disk, { pool, lines: 2, mode: 'back' });
    const pages = pool.allocate(LINE);
    await cache.write(pages, { position: 0 });
    const flushes = [cache.flush()];
    // On its way down it is changed, so that it has to go down once more.
    await cache.write(pages, { position: 0 });
    flushes.push(cache.flush());
    const stable = cache.write(pages, { position: LINE, fua: true });
    void disk.close();
    disk.answerAll();
    expect(flushes.map(({ state }) => state)).to.deep.equal(['done', 'failed']);
    expect([stable.state, await codeOf(cache.close())]).to.deep.equal(['failed', 'EIO']);
    pages.free();
    expect(pool.pagesInUse).to.equal(0);
  });
});
