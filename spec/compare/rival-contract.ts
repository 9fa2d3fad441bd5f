import { setImmediate as turn } from 'node:timers/promises';
import { expect } from 'chai';
import { bottomsOf, type Blueprint } from '../../lib/compare/blueprint.js';
import { DeviceBottom, FailingBottom, HeldBottom } from '../../lib/compare/bottom.js';
import { isCannot, type Rival } from '../../lib/compare/rival.js';
import { IoError, MemoryDevice, PAGE_SIZE, PagePool, type BlockDevice } from '../../lib/io/index.js';
import { Random, seed } from '../conformance/random.js';

const SIZE = 36 * PAGE_SIZE;
const CHUNK = 2 * PAGE_SIZE;

const memory = (): Blueprint => ({ kind: 'device', bottom: new DeviceBottom(new MemoryDevice({ size: SIZE })) });
const key: Uint8Array = Uint8Array.from({ length: 64 }, (_, i) => i);

/** Every layer alone, and some together. */
export const blueprints: Record<string, () => Blueprint> = {
  device: memory,
  pass: () => ({ kind: 'pass', over: { kind: 'pass', over: memory() } }),
  stripe: () => ({ kind: 'stripe', chunk: CHUNK, over: [memory(), memory(), memory()] }),
  linear: () => ({
    kind: 'linear',
    segments: [
      { over: memory(), start: PAGE_SIZE, length: 3 * PAGE_SIZE },
      { over: memory(), start: 0, length: 5 * PAGE_SIZE },
    ],
  }),
  mirror: () => ({ kind: 'mirror', over: [memory(), memory()] }),
  crypt: () => ({ kind: 'crypt', key, over: memory() }),
  checksum: () => ({ kind: 'checksum', over: memory() }),
  pack: () => ({ kind: 'pack', over: memory() }),
  retry: () => ({ kind: 'retry', attempts: 2, over: memory() }),
  queue: () => ({ kind: 'queue', depth: 1, over: memory() }),
  'queue that merges': () => ({ kind: 'queue', depth: 1, mergeBytes: 4 * PAGE_SIZE, over: memory() }),
  'defer, inline': () => ({ kind: 'defer', when: 'inline', over: memory() }),
  'defer, in a microtask': () => ({ kind: 'defer', when: 'microtask', over: memory() }),
  'defer, in a task': () => ({ kind: 'defer', when: 'task', over: memory() }),
  'a split between layers': () => ({
    kind: 'pass',
    over: { kind: 'stripe', chunk: CHUNK, over: [1, 2, 3].map(() => ({ kind: 'pass', over: memory() })) },
  }),
  'all that transform': () => ({
    kind: 'crypt',
    key,
    over: {
      kind: 'checksum',
      over: { kind: 'pack', over: { kind: 'stripe', chunk: 512, over: [memory(), memory()] } },
    },
  }),
  'one queue for all pieces': () => {
    const over: Blueprint = { kind: 'queue', depth: 2, over: memory() };
    const segments = [0, 1, 2, 3].map((i) => ({ over, start: i * CHUNK, length: CHUNK }));
    return { kind: 'stripe', chunk: CHUNK, over: segments.map((segment) => ({ kind: 'linear', segments: [segment] })) };
  },
};

/** What every rival keeps: what it builds behaves as the blueprint says, or it says that it cannot. */
export function rivalContract(rival: Rival): void {
  const pool = new PagePool({ maxBytes: 1024 * PAGE_SIZE });

  /** Null when the rival cannot, which it has to say. */
  async function built(blueprint: Blueprint): Promise<BlockDevice | null> {
    const device = await rival.build(blueprint, { pool });
    if (!isCannot(device)) return device;
    expect(device.cannot).to.match(/^[^A-Z.].*[^.]$/);
    return null;
  }

  async function withDevice(blueprint: Blueprint, body: (device: BlockDevice) => Promise<void>): Promise<void> {
    const inUse = pool.pagesInUse;
    const device = await built(blueprint);
    if (device === null) return;
    await body(device);
    expect([device.started - device.ended, pool.pagesInUse]).to.deep.equal([0, inUse]);
  }

  it('has a name of one word', () => {
    expect(rival.name).to.match(/^\w+$/);
  });

  for (const [name, blueprint] of Object.entries(blueprints)) {
    it(`${name}: equals an array of bytes under requests of any size, several in flight`, async () => {
      await withDevice(blueprint(), async (device) => {
        const random = new Random(seed);
        const size = device.size - (device.size % PAGE_SIZE);
        const model = new Uint8Array(size);
        for (let i = 0; i < 40; i++) {
          const count = 1 + random.below(4);
          const share = Math.floor(size / PAGE_SIZE / count) * PAGE_SIZE;
          await Promise.all(
            Array.from({ length: count }, (_, part) => exchange(device, model, random, part * share, share)),
          );
        }
      }).catch((error: unknown) => {
        throw new Error(`WAKECHAIN_SEED=${String(seed)}: ${String(error)}`, { cause: error });
      });
    });
  }

  /** Writes somewhere in a part of the device, or reads there what the model has. */
  async function exchange(
    device: BlockDevice,
    model: Uint8Array,
    random: Random,
    start: number,
    share: number,
  ): Promise<void> {
    const pages = pool.allocate(8 * PAGE_SIZE);
    const blocks = share / PAGE_SIZE;
    const first = random.below(blocks);
    const position = start + first * PAGE_SIZE;
    const length = Math.min(1 + random.below(7), blocks - first) * PAGE_SIZE;
    const range = pages.range(PAGE_SIZE, length);
    if (random.chance(50)) {
      const bytes = Uint8Array.from({ length }, () => random.below(256));
      pages.set(bytes, PAGE_SIZE);
      expect(await device.write(range, { position })).to.equal(length);
      model.set(bytes, position);
    } else if (model.subarray(position, position + length).every((byte) => byte > 0)) {
      expect(await device.read(range, { position })).to.equal(length);
      expect(Buffer.compare(pages.bytes(PAGE_SIZE, length), model.subarray(position, position + length))).to.equal(0);
    }
    pages.free();
  }

  it('ends a request after everything below it has, and tells what its capabilities say of a part that failed', async () => {
    const bad: Blueprint = { kind: 'device', bottom: new FailingBottom(new HeldBottom({ size: SIZE }), () => true) };
    const good = new HeldBottom({ size: SIZE });
    const over = [bad, { kind: 'device', bottom: good } as const];
    await withDevice({ kind: 'stripe', chunk: PAGE_SIZE, over }, async (device) => {
      const pages = pool.allocate(2 * PAGE_SIZE);
      const request = device.read(pages, { position: 0 });
      await turn();
      expect([request.settled, good.held.length]).to.deep.equal([false, 1]);
      good.answer();
      const error = await request.promise().then(
        () => null,
        (reason: unknown) => reason as IoError,
      );
      expect(error?.code).to.equal('EIO');
      const { knows } = rival.capabilities;
      expect(error?.bytes).to.equal(knows === 'the first error' ? 0 : PAGE_SIZE);
      if (knows === 'which parts succeeded') {
        expect(error?.succeeded).to.deep.equal([{ offset: PAGE_SIZE, length: PAGE_SIZE }]);
      }
      pages.free();
    });
  });

  it('tries again what its capabilities say', async () => {
    // The second transfer fails once.
    const bottom = new FailingBottom(new DeviceBottom(new MemoryDevice({ size: SIZE })), (_transfer, nth) => nth === 1);
    const one: Blueprint = { kind: 'device', bottom };
    const over = [1, 2].map((i): Blueprint => ({
      kind: 'linear',
      segments: [{ over: one, start: i * CHUNK, length: CHUNK }],
    }));
    await withDevice({ kind: 'retry', attempts: 1, over: { kind: 'stripe', chunk: CHUNK, over } }, async (device) => {
      const pages = pool.allocate(2 * CHUNK);
      const ended = await device.read(pages, { position: 0 }).then(
        () => 'done',
        () => 'failed',
      );
      const { retries } = rival.capabilities;
      const transfers = { 'the parts that failed': 3, 'the whole request': 4, none: 2 }[retries];
      expect([ended, bottom.operations]).to.deep.equal([retries === 'none' ? 'failed' : 'done', transfers]);
      pages.free();
    });
  });

  it('pulls what waits in a queue when it is cancelled, if it can, and leaves what runs to finish (I5, N14)', async () => {
    const bottom = new HeldBottom({ size: SIZE });
    const queue: Blueprint = { kind: 'queue', depth: 1, over: { kind: 'device', bottom } };
    const over = [0, 1, 2].map((i): Blueprint => ({
      kind: 'linear',
      segments: [{ over: queue, start: i * CHUNK, length: CHUNK }],
    }));
    await withDevice({ kind: 'stripe', chunk: CHUNK, over }, async (device) => {
      const pages = pool.allocate(3 * CHUNK);
      const request = device.read(pages, { position: 0 });
      await turn();
      request.cancel();
      await turn();
      expect([request.settled, bottom.held.length]).to.deep.equal([false, 1]);
      while (bottom.answer() > 0) await turn();
      await turn();
      expect(request.settled).to.equal(true);
      expect(bottom.operations).to.equal(rival.capabilities.pulls === null ? 3 : 1);
      pages.free();
    });
  });

  it('sends neighbours that wait as one, and tells each what became of its part (N12, N13)', async () => {
    // The first request keeps the device busy; of the three behind it the middle one's block is bad.
    const bottom = new HeldBottom({ size: SIZE });
    const queue: Blueprint = { kind: 'queue', depth: 1, mergeBytes: SIZE, over: { kind: 'device', bottom } };
    await withDevice(queue, async (device) => {
      const pages = pool.allocate(4 * PAGE_SIZE);
      const requests = [3, 0, 1, 2].map((i) =>
        device.read(pages.range(i * PAGE_SIZE, PAGE_SIZE), { position: i * PAGE_SIZE }),
      );
      await turn();
      bottom.answer(1);
      await turn();
      const [merged] = bottom.held.splice(0);
      expect([merged!.position, merged!.length]).to.deep.equal([0, 3 * PAGE_SIZE]);
      merged!.pages?.set(new Uint8Array(PAGE_SIZE).fill(7), merged!.offset);
      merged!.finish(PAGE_SIZE, new IoError('EIO'));
      await turn();
      expect(requests.map(({ state }) => state)).to.deep.equal(['done', 'done', 'failed', 'failed']);
      expect(new Set(pages.bytes(0, PAGE_SIZE))).to.deep.equal(new Set([7]));
      pages.free();
    });
  });

  it('answers from the fastest member, and settles when the slower one is quiet (E6, I5)', async () => {
    const slow = new HeldBottom({ size: SIZE });
    const contents = new MemoryDevice({ size: SIZE });
    contents.contents.fill(7);
    const over: Blueprint[] = [
      { kind: 'device', bottom: slow },
      { kind: 'device', bottom: new DeviceBottom(contents) },
    ];
    await withDevice({ kind: 'mirror', over }, async (device) => {
      const pages = pool.allocate(PAGE_SIZE);
      const request = device.read(pages, { position: 0 });
      await turn();
      expect(request.settled).to.equal(false);
      for (const transfer of slow.held.splice(0)) {
        transfer.pages?.set(new Uint8Array(PAGE_SIZE).fill(9), transfer.offset);
        transfer.finish(transfer.length, null);
      }
      expect(await request).to.equal(PAGE_SIZE);
      expect(new Set(pages.bytes())).to.deep.equal(new Set([7]));
      pages.free();
    });
  });

  it('finds a block that was changed behind its checksum, and only that', async () => {
    const device = new MemoryDevice({ size: SIZE });
    const blueprint: Blueprint = { kind: 'checksum', over: { kind: 'device', bottom: new DeviceBottom(device) } };
    await withDevice(blueprint, async (top) => {
      const pages = pool.allocate(3 * PAGE_SIZE);
      await top.write(pages, { position: 0 });
      device.contents[PAGE_SIZE + 5]! ^= 1;
      const error = await top.read(pages, { position: 0 }).then(
        () => null,
        (reason: unknown) => reason as IoError,
      );
      expect(error?.code).to.equal('EIO');
      if (rival.capabilities.knows === 'which parts succeeded') {
        expect(error?.succeeded).to.deep.equal([
          { offset: 0, length: PAGE_SIZE },
          { offset: 2 * PAGE_SIZE, length: PAGE_SIZE },
        ]);
      }
      pages.free();
    });
  });

  it('uses the bottoms of the blueprint and no others', async () => {
    const blueprint = blueprints['a split between layers']!();
    await withDevice(blueprint, async (device) => {
      const pages = pool.allocate(3 * CHUNK);
      await device.write(pages, { position: 0 });
      expect(bottomsOf(blueprint).map(({ operations }) => operations)).to.deep.equal([1, 1, 1]);
      pages.free();
    });
  });
}
