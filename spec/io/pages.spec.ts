import { expect } from 'chai';
import { Worker } from 'node:worker_threads';
import { closeSync, constants, mkdtempSync, openSync, readSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ArgumentError, ArgumentRangeError, StateError } from '../../lib/wait/errors.js';
import { IoError } from '../../lib/io/io-error.js';
import { checkRange, kindOf, PAGE_SIZE, PagePool, type PageVector } from '../../lib/io/pages.js';

const small = (pages: number): PagePool => new PagePool({ maxBytes: pages * PAGE_SIZE });
const starts = (vector: PageVector): number[] => vector.views().map((view) => view.byteOffset / PAGE_SIZE);

/** A vector of pages that do not touch, and the pool that has no others left. */
function scattered(pages: number): { pool: PagePool; vector: PageVector } {
  const pool = small(2 * pages);
  const all = Array.from({ length: 2 * pages }, () => pool.allocate(PAGE_SIZE));
  for (let i = 0; i < all.length; i += 2) all[i]?.free();
  return { pool, vector: pool.allocate(pages * PAGE_SIZE) };
}

describe('PagePool', () => {
  describe('allocate', () => {
    it('lends memory that is not shared when it is told so, and grows all the same', () => {
      const pool = new PagePool({ maxBytes: 1 << 22, shared: false });
      expect(pool.buffer).to.be.instanceOf(ArrayBuffer);
      const first = pool.allocate(PAGE_SIZE);
      first.set(Uint8Array.of(7));
      const view = first.view();
      pool.allocate(3 << 20);
      expect([view?.[0], first.bytes(0, 1)[0]]).to.deep.equal([7, 7]);
      expect(new PagePool().buffer).to.be.instanceOf(SharedArrayBuffer);
    });

    it('hands out whole pages that lie together and belong to nobody else', () => {
      const pool = small(8);
      const vectors = [1, PAGE_SIZE, PAGE_SIZE + 1, 3 * PAGE_SIZE].map((bytes) => pool.allocate(bytes));
      expect(vectors.map(({ length }) => length / PAGE_SIZE)).to.deep.equal([1, 1, 2, 3]);
      expect(vectors.every(({ contiguous }) => contiguous)).to.equal(true);
      expect(vectors.flatMap(starts)).to.deep.equal([0, 1, 2, 4]);
      expect(pool.pagesInUse).to.equal(7);
    });

    it('uses freed pages again, the latest first', () => {
      const pool = small(8);
      const [a, b] = [pool.allocate(PAGE_SIZE), pool.allocate(PAGE_SIZE)];
      a.free();
      b.free();
      expect([pool.allocate(1), pool.allocate(1)].flatMap(starts)).to.deep.equal([1, 0]);
    });

    it('cuts a larger run when the pool cannot grow', () => {
      const pool = small(4);
      pool.allocate(4 * PAGE_SIZE).free();
      expect([pool.allocate(PAGE_SIZE), pool.allocate(3 * PAGE_SIZE)].flatMap(starts)).to.deep.equal([0, 1]);
      expect(pool.pagesInUse).to.equal(4);
    });

    it('gathers pages that lie apart as a last resort, the rest of the pool and the largest runs first', () => {
      const pool = small(9);
      const all = [1, 1, 2, 1, 1].map((pages) => pool.allocate(pages * PAGE_SIZE));
      for (const i of [0, 2, 4]) all[i]?.free();
      // Free: page 0, pages 2 and 3, page 5, and pages 6 to 8, where none ever was.
      const vector = pool.allocate(6 * PAGE_SIZE);
      expect([vector.contiguous, vector.views().map(({ length }) => length / PAGE_SIZE)]).to.deep.equal([
        false,
        [3, 2, 1],
      ]);
      expect(pool.pagesInUse).to.equal(8);
      vector.free();
      expect(pool.pagesInUse).to.equal(2);
      expect(pool.allocate(7 * PAGE_SIZE).length).to.equal(7 * PAGE_SIZE);
    });

    it('refuses with ENOMEM what it does not have, and takes nothing', () => {
      const pool = small(2);
      pool.allocate(PAGE_SIZE);
      expect(() => pool.allocate(2 * PAGE_SIZE))
        .to.throw(IoError, 'The pool has 1 pages left, 2 were asked for')
        .with.property('code', 'ENOMEM');
      expect(pool.pagesInUse).to.equal(1);
      pool.allocate(PAGE_SIZE);
    });

    for (const bytes of [0, -1, 0.5, NaN, Infinity]) {
      it(`refuses ${String(bytes)} bytes (I6)`, () => {
        expect(() => small(1).allocate(bytes))
          .to.throw(ArgumentRangeError, `bytes must be a positive whole number, got ${String(bytes)}`)
          .with.property('code', 'ERR_LENGTH');
      });
    }

    it('loses no page over many of all sizes', () => {
      const pool = small(64);
      const held: PageVector[] = [];
      for (let i = 0; i < 2000; i++) {
        const pages = 1 + ((i * 7) % 11);
        if (64 - pool.pagesInUse >= pages && i % 3 !== 2) held.push(pool.allocate(pages * PAGE_SIZE));
        else held.splice((i * 5) % Math.max(1, held.length), 1)[0]?.free();
        const owned = held.flatMap((each) =>
          each
            .views()
            .flatMap(({ byteOffset, length }) =>
              Array.from({ length: length / PAGE_SIZE }, (_, n) => byteOffset / PAGE_SIZE + n),
            ),
        );
        expect([new Set(owned).size, pool.pagesInUse]).to.deep.equal([owned.length, owned.length]);
      }
      for (const each of held) each.free();
      expect(pool.allocate(64 * PAGE_SIZE).length).to.equal(64 * PAGE_SIZE);
    });
  });

  it('grows only as it is used', () => {
    const pool = new PagePool();
    expect(pool.buffer.byteLength).to.equal(0);
    pool.allocate(PAGE_SIZE);
    expect(pool.buffer.byteLength).to.equal(1 << 20);
    expect(pool.buffer.maxByteLength).to.equal(1 << 30);
  });

  for (const maxBytes of [0, -PAGE_SIZE, 100, 1.5, NaN]) {
    it(`refuses a limit of ${String(maxBytes)} bytes (I6)`, () => {
      expect(() => new PagePool({ maxBytes }))
        .to.throw(ArgumentRangeError, `maxBytes must be a positive multiple of 4096, got ${String(maxBytes)}`)
        .with.property('code', 'ERR_POOL_SIZE');
    });
  }

  it('can be shared with a worker thread, which writes where this thread reads', async () => {
    const pool = new PagePool();
    pool.allocate(PAGE_SIZE);
    const pages = pool.allocate(PAGE_SIZE);
    const [view] = pages.views() as [Uint8Array];
    const worker = new Worker(
      `const { parentPort, workerData: { buffer, offset, length } } = require('node:worker_threads');
       new Uint8Array(buffer, offset, length).fill(7);
       parentPort.postMessage('written');`,
      { eval: true, execArgv: [], workerData: { buffer: pool.buffer, offset: view.byteOffset, length: view.length } },
    );
    await new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject));
    expect(pages.bytes().every((byte) => byte === 7)).to.equal(true);
    await worker.terminate();
  });

  describe('its pages', () => {
    const folder = mkdtempSync(join(tmpdir(), 'wakechain-pages-'));
    const file = join(folder, 'file');
    const { O_RDONLY, O_DIRECT } = constants as Record<string, number | undefined>;
    let fd = -1;
    try {
      writeFileSync(file, new Uint8Array(2 * PAGE_SIZE).fill(5));
      if (O_DIRECT !== undefined) fd = openSync(file, (O_RDONLY as number) | O_DIRECT);
    } catch {
      // The title of the test below says so.
    }
    // Here, for where no spec is run nothing is run after them; what is open can be read all the same.
    rmSync(folder, { recursive: true });
    after(() => {
      if (fd >= 0) closeSync(fd);
    });

    (fd < 0 ? it.skip : it)(
      `are aligned for direct I/O${fd < 0 ? ` (skipped: the file system of ${tmpdir()} refuses to open a file for it)` : ''}`,
      () => {
        const pool = new PagePool();
        pool.allocate(PAGE_SIZE);
        const pages = pool.allocate(PAGE_SIZE);
        expect(readSync(fd, pages.view() as Uint8Array, 0, PAGE_SIZE, PAGE_SIZE)).to.equal(PAGE_SIZE);
        expect(pages.bytes().every((byte) => byte === 5)).to.equal(true);
      },
    );
  });
});

describe('PageVector', () => {
  it('shows scattered pages as one run of bytes, without a copy', () => {
    const { vector } = scattered(3);
    expect([vector.contiguous, vector.views().length]).to.deep.equal([false, 3]);
    const bytes = Uint8Array.from({ length: vector.length }, (_, i) => i % 251);
    vector.set(bytes);
    expect(vector.bytes()).to.deep.equal(bytes);
    const from = PAGE_SIZE - 2;
    expect(vector.views(from, PAGE_SIZE + 3).map(({ length }) => length)).to.deep.equal([2, PAGE_SIZE, 1]);
    expect(vector.bytes(from, PAGE_SIZE + 3)).to.deep.equal(bytes.subarray(from, from + PAGE_SIZE + 3));
    vector.set(Uint8Array.of(1, 2, 3, 4), from);
    expect(vector.views(from, 4).map((view) => [...view])).to.deep.equal([[1, 2], [3, 4]]); // prettier-ignore
  });

  it('answers one view where the bytes lie together, else undefined', () => {
    const { vector } = scattered(2);
    expect(vector.view()).to.equal(undefined);
    expect(vector.view(10, PAGE_SIZE - 10)?.length).to.equal(PAGE_SIZE - 10);
    expect(vector.view(PAGE_SIZE, 1)?.length).to.equal(1);
    const whole = small(2).allocate(2 * PAGE_SIZE);
    expect(whole.view(1)?.length).to.equal(2 * PAGE_SIZE - 1);
  });

  it('has empty parts', () => {
    const vector = small(1).allocate(1);
    expect([vector.views(5, 0), vector.bytes(PAGE_SIZE, 0).length]).to.deep.equal([[], 0]);
    vector.set(new Uint8Array(0), PAGE_SIZE);
  });

  it('makes ranges of itself, by default to its end', () => {
    const pages = small(1).allocate(1);
    expect(pages.range()).to.deep.equal({ pages, offset: 0, length: PAGE_SIZE });
    expect(pages.range(96)).to.deep.equal({ pages, offset: 96, length: 4000 });
    expect(pages.range(PAGE_SIZE, 0).length).to.equal(0);
  });

  const outside: [number, number][] = [[-1, 1], [0, PAGE_SIZE + 1], [PAGE_SIZE, 1], [0.5, 1], [0, NaN], [0, -1]]; // prettier-ignore
  for (const [offset, length] of outside) {
    it(`refuses the range of ${String(length)} bytes at ${String(offset)}, whatever is asked for (I6)`, () => {
      const vector = small(2).allocate(1);
      for (const call of ['range', 'views', 'view'] as const) {
        expect(() => vector[call](offset, length))
          .to.throw(
            ArgumentRangeError,
            `within the 4096 bytes of its vector, got offset ${String(offset)}, length ${String(length)}`,
          )
          .with.property('code', 'ERR_RANGE');
      }
    });
  }

  it('refuses what does not fit behind the offset (I6)', () => {
    const vector = small(1).allocate(1);
    expect(() => vector.set(new Uint8Array(2), PAGE_SIZE - 1)).to.throw(ArgumentRangeError);
  });

  describe('free', () => {
    it('gives the pages back, once; then nothing can be seen through it', () => {
      const pool = small(1);
      const vector = pool.allocate(1);
      vector.free();
      expect([pool.pagesInUse, vector.freed]).to.deep.equal([0, true]);
      expect(() => vector.free())
        .to.throw(StateError)
        .with.property('code', 'ERR_FREED');
      expect(() => vector.views())
        .to.throw(StateError)
        .with.property('code', 'ERR_FREED');
      expect(() => vector.view()).to.throw(StateError);
      expect(() => vector.bytes()).to.throw(StateError);
      expect(pool.pagesInUse).to.equal(0);
    });

    it('keeps the pages back until the last request has let go of them (I9)', () => {
      const pool = small(1);
      const vector = pool.allocate(1);
      vector.pin();
      vector.pin();
      vector.free();
      vector.unpin();
      expect([pool.pagesInUse, vector.pinned]).to.deep.equal([1, true]);
      expect(() => pool.allocate(1)).to.throw(IoError, 'ENOMEM');
      vector.set(Uint8Array.of(1));
      vector.unpin();
      expect([pool.pagesInUse, vector.pinned]).to.deep.equal([0, false]);
      expect(starts(pool.allocate(1))).to.deep.equal([0]);
    });

    it('leaves pages that are let go of before with their owner', () => {
      const pool = small(1);
      const vector = pool.allocate(1);
      vector.pin();
      vector.unpin();
      expect(pool.pagesInUse).to.equal(1);
    });
  });
});

describe('checkRange', () => {
  it('refuses what is no vector, and says what came (I6)', () => {
    expect(() => checkRange(new Uint8Array(1) as never, 0, 1))
      .to.throw(ArgumentError, 'A range must be of a PageVector, got one of a Uint8Array')
      .with.property('code', 'ERR_RANGE');
  });
});

describe('kindOf', () => {
  it('names an object by its class and anything else by its value', () => {
    expect([new Map(), null, undefined, 7, 'text', Object.create(null)].map(kindOf)).to.deep.equal(['a Map', 'null', 'undefined', '7', 'text', 'an object']); // prettier-ignore
  });
});
