import { setImmediate } from 'node:timers/promises';
import type { Worker } from 'node:worker_threads';
import { expect } from 'chai';
import sinon from 'sinon';
import { ArgumentRangeError } from '../../lib/wait/errors.js';
import type { IoError } from '../../lib/io/io-error.js';
import { joinPages } from '../../lib/io/join-pages.js';
import { PagePool, type PageVector } from '../../lib/io/pages.js';
import { Seeded } from '../../lib/io/seeded.js';
import { MemoryDevice } from '../../lib/devices/memory.js';
import { CryptThreads, ENCRYPT } from '../../lib/layers/crypt-threads.js';
import { Crypt } from '../../lib/layers/crypt.js';
import { Xts } from '../../lib/layers/xts.js';
import { SECTOR_SIZE } from '../../lib/layers/xts-masks.js';
import { WorkThread } from '../../lib/threads/work-thread.js';
import { key } from '../conformance/stacks.js';
import { designs } from '../conformance/strategies.js';

const KIB = 1024;
const PLACES = 8;
const ROOM = 320 * KIB;
const SIZE = PLACES * ROOM;

describe('CryptThreads', () => {
  for (const { strategy } of designs) {
    describe(`carrying ${strategy.name}`, () => {
      it('write the same bytes as no threads, and read them back, many at a time (I1)', async () => {
        const random = new Seeded(7);
        const pool = new PagePool();
        const [disk, plainDisk] = [
          new MemoryDevice({ size: SIZE, strategy }),
          new MemoryDevice({ size: SIZE, strategy }),
        ];
        const crypt = new Crypt(disk, { key, pool, threads: 2 });
        const alone = new Crypt(plainDisk, { key, pool });
        const data = Uint8Array.from({ length: SIZE }, () => random.next() * 256);
        const transfers = Array.from({ length: PLACES }, (_, place) => {
          const length = 4 * KIB * (1 + Math.floor(random.next() * 80));
          const pages = pool.allocate(length);
          const position = place * ROOM;
          pages.set(data.subarray(position, position + length));
          return { pages, position, length };
        });
        await Promise.all(transfers.map(({ pages, position }) => crypt.write(pages, { position })));
        for (const { pages, position } of transfers) await alone.write(pages, { position });
        expect(Buffer.compare(disk.contents, plainDisk.contents)).to.equal(0);
        for (const { pages, length } of transfers) pages.set(new Uint8Array(length));
        await Promise.all(transfers.map(({ pages, position }) => crypt.read(pages, { position })));
        for (const { pages, position, length } of transfers) {
          expect(Buffer.compare(pages.bytes(0, length), data.subarray(position, position + length))).to.equal(0);
          pages.free();
        }
        expect(pool.pagesInUse).to.equal(0);
        await crypt.close();
      });

      it('settle a request once that is cancelled while they work, and keep its pages until then (I5, I9)', async () => {
        const pool = new PagePool();
        const crypt = new Crypt(new MemoryDevice({ size: SIZE, strategy }), { key, pool, threads: 1 });
        for (const length of [64 * KIB, 300 * KIB]) {
          for (const operation of ['write', 'read'] as const) {
            const pages = pool.allocate(length);
            const request = crypt[operation](pages, { position: 0 });
            let settled = 0;
            request.notify(() => settled++);
            request.cancel();
            pages.free();
            await request.then(
              () => undefined,
              () => undefined,
            );
            expect([settled, request.state === 'pending']).to.deep.equal([1, false]);
          }
        }
        await crypt.drain();
        expect(pool.pagesInUse).to.equal(0);
        await crypt.close();
      });
    });
  }

  it('fail what they had to decrypt when they ended, and the rest is done without them (I4)', async () => {
    const pool = new PagePool();
    const disk = new MemoryDevice({ size: SIZE });
    const crypt = new Crypt(disk, { key, pool, threads: 1 });
    const alone = new Crypt(disk, { key, pool });
    const pages = pool.allocate(200 * KIB);
    pages.set(Uint8Array.from({ length: 200 * KIB }, (_, i) => i >> 9));
    const ask = sinon.stub(WorkThread.prototype, 'ask').callsFake((asker) => {
      void setImmediate().then(() => {
        asker.answered(NaN, 0);
      });
      return true;
    });
    try {
      for (const length of [64 * KIB, 200 * KIB]) {
        const written = pages.bytes();
        expect(await crypt.write(pages.range(0, length), { position: 0 })).to.equal(length);
        const error: unknown = await crypt.read(pages.range(0, length), { position: 0 }).then(
          () => null,
          (reason: unknown) => reason,
        );
        expect(error).to.include({ code: 'EIO' });
        expect((error as Error).message).to.contain('A thread of crypt has ended');
        await alone.read(pages.range(0, length), { position: 0 });
        expect(Buffer.compare(pages.bytes(), written)).to.equal(0);
      }
      // Of a request in parts one may be lost, and the others are what they are.
      ask.callsFake((asker, _kind, _from, _fromStart, _to, _toStart, _length, position) => {
        if (position > 0) return false;
        void setImmediate().then(() => {
          asker.answered(NaN, 0);
        });
        return true;
      });
      const request = crypt.read(pages.range(0, 200 * KIB), { position: 0 });
      await request.then(
        () => undefined,
        () => undefined,
      );
      const error = request.error as IoError;
      const succeeded = [{ offset: 128 * KIB, length: 72 * KIB }];
      expect([error.code, error.bytes, request.succeeded]).to.deep.equal(['EIO', 72 * KIB, succeeded]);
      ask.callsFake(() => false);
      expect(await crypt.write(pages, { position: 0 })).to.equal(pages.length);
    } finally {
      ask.restore();
    }
    pages.free();
    expect(pool.pagesInUse).to.equal(0);
    await crypt.close();
  });

  it('go on without one that was killed (I4)', async () => {
    const pool = new PagePool();
    const workers: Worker[] = [];
    const started = (worker: Worker): number => workers.push(worker);
    process.on('worker', started);
    const crypt = new Crypt(new MemoryDevice({ size: SIZE }), { key, pool, threads: 2 });
    const ask = sinon.spy(WorkThread.prototype, 'ask');
    try {
      // They are told of in a turn of their own.
      await setImmediate();
      expect(workers.length).to.equal(2);
      await workers[0]?.terminate();
      const pages = pool.allocate(64 * KIB);
      for (let i = 0; i < 2; i++) await crypt.write(pages, { position: 0 });
      expect(ask.returnValues).to.deep.equal([true, true]);
    } finally {
      process.off('worker', started);
      ask.restore();
    }
    await crypt.close();
  });

  it('take 16 KiB and more, in one run of memory that can be shared, and what they do not take is done without them', async () => {
    const pool = new PagePool();
    const [place, other] = [pool.allocate(64 * KIB), pool.allocate(64 * KIB)];
    const apart = joinPages([other.range(32 * KIB, 32 * KIB), place.range(0, 32 * KIB)]);
    const unshared = new PagePool({ shared: false }).allocate(64 * KIB);
    const threads = new CryptThreads(1, key, new Xts(key));
    const taken = (from: PageVector, to: PageVector, length: number): boolean =>
      threads.ask(ENCRYPT, { pages: from, offset: 0 }, { pages: to, offset: 0 }, length, 0, () => undefined);
    const asked = sinon.spy(WorkThread.prototype, 'ask');
    for (const length of [16 * KIB - SECTOR_SIZE, 16 * KIB]) expect(taken(place, other, length)).to.equal(true);
    expect(asked.args.map(([, , , , , , length]) => length)).to.deep.equal([16 * KIB]);
    asked.restore();
    for (const lacking of [apart, unshared]) {
      expect([taken(place, lacking, 64 * KIB), taken(lacking, place, 64 * KIB)]).to.deep.equal([false, false]);
    }
    await threads.close();
    expect(taken(place, other, 64 * KIB)).to.equal(false);
    const disk = new MemoryDevice({ size: SIZE });
    const crypt = new Crypt(disk, { key, pool, threads: 1 });
    const alone = new Crypt(disk, { key, pool });
    for (const pages of [apart, unshared]) {
      const written = Uint8Array.from({ length: 64 * KIB }, (_, i) => i >> 8);
      pages.set(written);
      await crypt.write(pages, { position: 0 });
      pages.set(new Uint8Array(64 * KIB));
      await alone.read(pages, { position: 0 });
      expect(Buffer.compare(pages.bytes(), written)).to.equal(0);
      pages.set(new Uint8Array(64 * KIB));
      await crypt.read(pages, { position: 0 });
      expect(Buffer.compare(pages.bytes(), written)).to.equal(0);
    }
    await crypt.close();
  });

  it('are asked in turn while all have as much to do, and have done all that they took', async () => {
    const pool = new PagePool();
    const pages = pool.allocate(SIZE);
    pages.set(Uint8Array.from({ length: SIZE }, (_, i) => i >> 12));
    const threads = new CryptThreads(2, key, new Xts(key));
    const ask = sinon.spy(WorkThread.prototype, 'ask');
    const results: boolean[] = [];
    try {
      for (let at = 0; at < SIZE; at += ROOM) {
        const place = { pages, offset: at };
        expect(threads.ask(ENCRYPT, place, place, ROOM, at, (done) => results.push(done))).to.equal(true);
      }
      const asked = [...new Set(ask.thisValues)];
      expect(ask.thisValues.map((thread) => asked.indexOf(thread))).to.deep.equal([0, 1, 0, 1, 0, 1, 0, 1]);
    } finally {
      ask.restore();
    }
    await threads.close();
    expect(results).to.deep.equal(new Array(PLACES).fill(true));
    const back = new Uint8Array(SIZE);
    new Xts(key).sectors(false, pages.bytes(), 0, back, 0, SIZE, 0);
    expect(back.every((byte, i) => byte === ((i >> 12) & 0xff))).to.equal(true);
  });

  it('have the key as it was given, whatever becomes of its memory (I4)', async () => {
    const pool = new PagePool();
    const disk = new MemoryDevice({ size: SIZE });
    const shared = new Uint8Array(new SharedArrayBuffer(key.length));
    shared.set(key);
    const crypt = new Crypt(disk, { key: shared, pool, threads: 1 });
    shared.fill(1, 0, 32).fill(2, 32);
    const [written, read] = [pool.allocate(64 * KIB), pool.allocate(64 * KIB)];
    written.set(Uint8Array.from({ length: 64 * KIB }, (_, i) => i >> 8));
    await crypt.write(written, { position: 0 });
    await new Crypt(disk, { key, pool }).read(read, { position: 0 });
    expect(Buffer.compare(read.bytes(), written.bytes())).to.equal(0);
    await crypt.close();
  });

  it('are a whole number of them, or none', () => {
    for (const threads of [-1, 0.5, 65, NaN]) {
      expect(() => new Crypt(new MemoryDevice({ size: SIZE }), { key, pool: new PagePool(), threads }))
        .to.throw(ArgumentRangeError, `threads must be a whole number from 0 to 64, got ${String(threads)}`)
        .with.property('code', 'ERR_THREADS');
    }
  });
});
