import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { FileDevice } from '../../lib/devices/file.js';
import { MemoryDevice } from '../../lib/devices/memory.js';
import { VolatileDevice } from '../../lib/devices/volatile.js';
import type { IoRequest } from '../../lib/io/io-request.js';
import { PagePool } from '../../lib/io/pages.js';
import { Fault } from '../../lib/layers/fault.js';
import { Pass } from '../../lib/layers/pass.js';
import { Unaligned } from '../../lib/layers/unaligned.js';
import { deviceContract } from '../conformance/device-contract.js';
import { FaultyDevice } from '../conformance/faulty-device.js';
import { programs, Random, rareOnes, runPrograms, seed } from '../conformance/random.js';
import { designs } from '../conformance/strategies.js';
import { newDirectFolder } from '../devices/direct-folder.js';
import { UnalignedProgram } from './unaligned-program.js';

const SIZE = 16 * 512;

describe('Unaligned', () => {
  deviceContract(
    'unaligned',
    ({ strategy, size }) => {
      const lower = new MemoryDevice({ size, ...(strategy && { strategy }) });
      return new Unaligned(lower, { pool: new PagePool() });
    },
    100,
  );

  it('has bytes for blocks, and takes any memory', () => {
    const device = new Unaligned(new MemoryDevice({ size: SIZE }), { pool: new PagePool() });
    expect([device.blockSize, device.size, device.memoryAlignment]).to.deep.equal([1, SIZE, 1]);
  });

  it('shows what the device below shows of its own memory, of any bytes (I15)', () => {
    const lower = new MemoryDevice({ size: SIZE });
    const device = new Unaligned(lower, { pool: new PagePool() });
    lower.contents[700] = 9;
    expect(device.directAccess(700, 3)).to.deep.equal(Uint8Array.of(9, 0, 0));
    expect(new Unaligned(new Pass(lower), { pool: new PagePool() }).directAccess(700, 3)).to.equal(null);
  });

  for (const { strategy } of designs) {
    it(`equals an array of bytes, whatever shares a block, under ${strategy.name} (I8)`, async () => {
      const pool = new PagePool();
      const lower = new VolatileDevice({ size: SIZE, deferred: true, strategy });
      const device = new Unaligned(lower, { pool });
      const model = new Uint8Array(SIZE);
      for (let i = 0; i < 200; i++) {
        const random = new Random(seed + i);
        await round(device, lower, model, pool, random);
        const same = Buffer.compare(lower.contents, model) === 0;
        expect(same, `WAKECHAIN_SEED=${String(seed)}, round ${String(i)}`).to.equal(true);
      }
      expect([pool.pagesInUse, device.started - device.ended]).to.deep.equal([0, 0]);
    });
  }

  const tally = new Map<string, number>();

  for (const { strategy } of designs) {
    it(`agrees with an array over random programs with failures and cancels, under ${strategy.name} (I4, I5, I8)`, async () => {
      await runPrograms(programs, (random) => new UnalignedProgram(strategy, random, tally).run());
    }).timeout(120_000);
  }

  it('came upon everything often enough in them', () => {
    const floors = {
      read: 2,
      write: 3,
      writeZeroes: 1,
      discard: 1,
      done: 5,
      failed: 1,
      cancelled: 0.5,
      ENOMEM: 0.4,
      EIO: 1,
      'failed below': 1.5,
      'in part': 0.4,
      waited: 0.3,
      'cancelled while it waited': 0.02,
    };
    expect(rareOnes(floors, tally, programs, designs.length)).to.deep.equal([]);
  });

  it('reads and writes memory that direct I/O does not take', async function () {
    const folder = newDirectFolder();
    if (folder === null) return this.skip();
    try {
      const pool = new PagePool();
      const file = await FileDevice.open(join(folder, 'file'), { size: 1 << 16, direct: 'try' });
      await using device = new Unaligned(file, { pool });
      const pages = pool.allocate(1 << 14);
      pages.set(
        Uint8Array.from({ length: 8192 }, (_, i) => i % 251),
        3,
      );
      await device.write(pages.range(3, 8192), { position: 4096 });
      await device.read(pages.range(8201, 5000), { position: 4100 });
      expect(pages.bytes(8201, 5000)).to.deep.equal(Uint8Array.from({ length: 5000 }, (_, i) => (i + 4) % 251));
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('tells which of the bytes came, and changes nothing that it could not read (I4)', async () => {
    const pool = new PagePool();
    const pages = pool.allocate(4096);
    const memory = new MemoryDevice({ size: SIZE });
    memory.contents.fill(7);
    const fault = new Fault(memory, {
      rules: [{ kind: 'error', operations: ['read'], range: { offset: 512, length: 512 } }],
    });
    const device = new Unaligned(fault, { pool });
    const reading = device.read(pages.range(1, 1000), { position: 100 });
    expect(reading.state).to.equal('failed');
    expect(reading.succeeded).to.deep.equal([
      { offset: 0, length: 412 },
      { offset: 924, length: 76 },
    ]);
    expect(pages.bytes(1, 412).every((byte) => byte === 7)).to.equal(true);
    const writing = device.write(pages.range(0, 100), { position: 600 });
    expect([writing.state, writing.succeeded]).to.deep.equal(['failed', []]);
    expect(memory.contents.every((byte) => byte === 7)).to.equal(true);
    expect(device.write(pages.range(0, 100), { position: 1030 }).value).to.equal(100);
    expect(pool.pagesInUse).to.equal(1);
  });

  it('lets no write of a part bring back what a write of the whole block has replaced (I8)', async () => {
    const pool = new PagePool();
    const [whole, part] = [pool.allocate(4096), pool.allocate(4096)];
    whole.set(new Uint8Array(512).fill(1));
    part.set(new Uint8Array(10).fill(2));
    const lower = new FaultyDevice();
    const device = new Unaligned(lower, { pool });
    const first = device.write(whole.range(0, 512), { position: 0 });
    const second = device.write(part.range(0, 10), { position: 5 });
    // The newest first, as a device may.
    for (let op = lower.pending.at(-1); op !== undefined; op = lower.pending.at(-1)) op.answer();
    expect(await Promise.all([first, second])).to.deep.equal([512, 10]);
    const ones = lower.contents.subarray(0, 512).filter((byte) => byte === 1).length;
    expect(ones).to.equal(502);
  });

  it('withdraws what waits for a block when it is cancelled (N14)', async () => {
    const pool = new PagePool();
    const pages = pool.allocate(4096);
    const lower = new VolatileDevice({ size: SIZE, deferred: true });
    const device = new Unaligned(lower, { pool });
    const first = device.write(pages.range(0, 10), { position: 0 });
    const second = device.write(pages.range(0, 10), { position: 20 });
    const whole = device.write(pages.range(0, 512), { position: 0 });
    expect([second.cancel(), whole.cancel()]).to.deep.equal(['cancelled', 'cancelled']);
    expect(first.cancel()).to.equal('requested');
    while (lower.proceed() > 0);
    expect([first.state, second.state, whole.state]).to.deep.equal(['cancelled', 'cancelled', 'cancelled']);
    const later = device.write(pages.range(0, 10), { position: 0 });
    while (lower.proceed() > 0);
    expect(await later).to.equal(10);
    expect(pool.pagesInUse).to.equal(1);
  });

  it('fails what it has no memory for, and goes on', () => {
    const pool = new PagePool({ maxBytes: 4096 });
    const other = new PagePool().allocate(4096);
    const device = new Unaligned(new MemoryDevice({ size: SIZE }), { pool });
    const taken = pool.allocate(4096);
    for (let i = 0; i < 2; i++) {
      expect(device.write(other.range(0, 10), { position: 1 }).error).to.have.property('code', 'ENOMEM');
      expect(device.read(other.range(0, 10), { position: 1 }).error).to.have.property('code', 'ENOMEM');
    }
    taken.free();
    expect(device.write(other.range(0, 10), { position: 1 }).value).to.equal(10);
  });
});

/** Requests that do not overlap but share blocks, all in flight, carried out below in turns; then the model is the same. */
async function round(
  device: Unaligned,
  lower: VolatileDevice,
  model: Uint8Array,
  pool: PagePool,
  random: Random,
): Promise<void> {
  const started: { request: IoRequest; check: () => void }[] = [];
  for (let at = random.below(300); at < SIZE - 1;) {
    const length = Math.min(SIZE - at, 1 + random.below(random.below(2) === 0 ? 40 : 1500));
    const from = random.below(3) === 0 ? at : at - (at % 512);
    if (from === at) started.push(one(device, model, pool, random, at, length));
    at += length + random.below(200);
  }
  while (lower.inFlight > 0) lower.proceed(1 + random.below(3));
  for (const { request, check } of started) {
    expect(await request).to.equal(request.length);
    check();
  }
}

function one(
  device: Unaligned,
  model: Uint8Array,
  pool: PagePool,
  random: Random,
  position: number,
  length: number,
): { request: IoRequest; check: () => void } {
  const pages = pool.allocate(length + 8);
  const offset = random.below(8);
  const range = pages.range(offset, length);
  const kind = random.below(4);
  if (kind === 0) {
    const request = device.read(range, { position });
    const check = (): void => {
      const same = Buffer.compare(pages.bytes(offset, length), model.subarray(position, position + length)) === 0;
      pages.free();
      expect(same).to.equal(true);
    };
    return { request, check };
  }
  const check = (): void => {
    pages.free();
  };
  if (kind === 1) {
    model.fill(0, position, position + length);
    return { request: device.writeZeroes(length, { position }), check };
  }
  const data = Uint8Array.from({ length }, () => random.below(256));
  pages.set(data, offset);
  model.set(data, position);
  return { request: device.write(range, { position }), check };
}
