import { expect } from 'chai';
import type { BlockDevice } from '../../lib/io/device.js';
import type { Strategy } from '../../lib/io/io.js';
import type { IoRequest } from '../../lib/io/io-request.js';
import { PAGE_SIZE, PagePool, type PageVector } from '../../lib/io/pages.js';
import { ArgumentRangeError, StateError } from '../../lib/wait/errors.js';
import { fragment } from './program.js';
import { Random, seed } from './random.js';
import { designs } from './strategies.js';

/** Makes a device of so many bytes, in blocks of at most 4096. */
type MakeDevice = (options: { size: number; strategy?: Strategy }) => BlockDevice | Promise<BlockDevice>;

const SIZE = 64 * 1024;

/**
 * What every device and every layer keeps when nothing goes wrong: it is compared with a plain array of bytes under
 * random requests, many in flight on ranges that do not overlap, then again over what was written before.
 */
export function deviceContract(name: string, make: MakeDevice, programs = 500): void {
  for (const { strategy } of designs) {
    it(`equals an array of bytes over ${String(programs)} random programs under ${strategy.name} (I1, I7)`, async () => {
      const pool = new PagePool({ maxBytes: 128 * PAGE_SIZE });
      fragment(pool, 64);
      const inUse = pool.pagesInUse;
      const device = await make({ size: SIZE, strategy });
      const model = await contentsOf(device, pool);
      for (let i = 0; i < programs; i++) {
        try {
          await program(device, model, new Random(seed + i), pool);
        } catch (error) {
          throw new Error(`WAKECHAIN_SEED=${String(seed)}, program ${String(i)} on ${name}: ${String(error)}`, {
            cause: error,
          });
        }
      }
      expect(Buffer.compare(await contentsOf(device, pool), model)).to.equal(0);
      expectOwnMemory(device, model);
      expect([pool.pagesInUse, device.started === device.ended]).to.deep.equal([inUse, true]);
      await device.close();
    });
  }

  it('refuses what does not fit, answers what is empty, and nothing after it is closed (I6, I9)', async () => {
    const device = await make({ size: SIZE });
    const pages = new PagePool().allocate(PAGE_SIZE);
    const { size } = device;
    expect(() => device.read(pages, { position: size }))
      .to.throw(ArgumentRangeError)
      .with.property('code', 'ERR_PAST_END');
    expect(() => device.read(pages, { position: device.blockSize / 2 }))
      .to.throw(ArgumentRangeError)
      .with.property('code', 'ERR_ALIGNMENT');
    expect(device.read(pages.range(0, 0), { position: size }).value).to.equal(0);
    expect(await device.read(pages, { position: size - PAGE_SIZE })).to.equal(PAGE_SIZE);
    await device.close();
    expect(device.directAccess(0, device.blockSize), 'the memory of a closed device (I15)').to.equal(null);
    expect(() => device.read(pages, { position: 0 }))
      .to.throw(StateError)
      .with.property('code', 'ERR_CLOSED');
  });

  it('says of nothing that it is zero but what reads as zeroes (I14)', async () => {
    const pool = new PagePool();
    const device = await make({ size: SIZE });
    // What begins with a zero need not be zero.
    const page = pool.allocate(PAGE_SIZE);
    page.set(new Uint8Array(PAGE_SIZE).fill(1, 1));
    await device.write(page, { position: 0 });
    const model = await contentsOf(device, pool);
    for (let i = 0; i < 3; i++) {
      let told = 0;
      while (told < model.length) {
        const extents = await device.extents(told, model.length - told);
        expect(extents).not.to.deep.equal([]);
        for (const { length, zero } of extents) {
          expect(length).to.be.greaterThan(0);
          if (zero) expect(model.subarray(told, told + length).every((byte) => byte === 0)).to.equal(true);
          told += length;
        }
      }
      expect(told).to.equal(model.length);
      await program(device, model, new Random(seed + i), pool);
    }
    await device.close();
  });

  it('keeps its promises to requests that are cancelled while they run (I5)', async () => {
    const device = await make({ size: SIZE });
    const pages = new PagePool().allocate(PAGE_SIZE);
    const request = device.write(pages, { position: 0 });
    request.cancel();
    await device.drain();
    expect([request.settled, pages.pinned]).to.deep.equal([true, false]);
    await device.close();
  });
}

interface Started {
  readonly request: IoRequest;
  readonly pages: PageVector | null;
  readonly offset: number;
  readonly expected: Uint8Array | null;
  readonly length: number;
}

/** Some requests on ranges that do not overlap, all in flight together; then looks at what came of them. */
async function program(device: BlockDevice, model: Uint8Array, random: Random, pool: PagePool): Promise<void> {
  const { blockSize, size } = device;
  const taken = new Set<number>();
  const started: Started[] = [];
  for (let count = 1 + random.below(5); count > 0; count--) {
    const blocks = 1 + random.below(Math.max(1, 8192 / blockSize));
    const first = random.below(size / blockSize - blocks + 1);
    const range = Array.from({ length: blocks }, (_, i) => first + i);
    if (range.some((block) => taken.has(block))) continue;
    for (const block of range) taken.add(block);
    started.push(start(device, model, random, pool, first * blockSize, blocks * blockSize));
  }
  if (random.chance(20)) expect(await device.flush()).to.equal(0);
  for (const { request, pages, offset, expected, length } of started) {
    expect(await request).to.equal(length);
    if (pages === null) continue;
    if (expected !== null) expect(Buffer.compare(pages.bytes(offset, length), expected), 'what was read').to.equal(0);
    expect([...pages.bytes(0, offset), ...pages.bytes(offset + length)].every((byte) => byte === 0xaa)).to.equal(true);
    pages.free();
  }
}

function start(
  device: BlockDevice,
  model: Uint8Array,
  random: Random,
  pool: PagePool,
  position: number,
  length: number,
): Started {
  const operations = (['read', 'write', 'write', 'writeZeroes'] as const).filter((each) =>
    device.operations.includes(each),
  );
  const operation = random.pick(operations);
  if (operation === 'writeZeroes') {
    model.fill(0, position, position + length);
    return { request: device.writeZeroes(length, { position }), pages: null, offset: 0, expected: null, length };
  }
  const offset = random.below(2) * Math.max(512, device.memoryAlignment);
  const pages = pool.allocate(offset + length + 512);
  pages.set(new Uint8Array(pages.length).fill(0xaa));
  const range = pages.range(offset, length);
  if (operation === 'read') {
    const expected = model.slice(position, position + length);
    return { request: device.read(range, { position }), pages, offset, expected, length };
  }
  const step = 1 + random.below(250);
  for (let i = 0; i < length; i++) model[position + i] = (i * step) % 256;
  pages.set(model.subarray(position, position + length), offset);
  return { request: device.write(range, { position, fua: random.chance(2) }), pages, offset, expected: null, length };
}

/** Memory of its own that it shows is what a read would answer (I15); most show none. */
function expectOwnMemory(device: BlockDevice, model: Uint8Array): void {
  for (const [position, length] of [
    [0, device.size],
    [device.blockSize, 2 * device.blockSize],
    [device.size - device.blockSize, device.blockSize],
  ] as const) {
    const bytes = device.directAccess(position, length);
    if (bytes === null) continue;
    expect(Buffer.compare(bytes, model.subarray(position, position + length)), 'what it shows (I15)').to.equal(0);
  }
}

async function contentsOf(device: BlockDevice, pool: PagePool): Promise<Uint8Array> {
  const pages = pool.allocate(device.size);
  await device.read(pages.range(0, device.size), { position: 0 });
  const bytes = pages.bytes(0, device.size);
  pages.free();
  return bytes;
}
