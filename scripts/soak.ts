/**
 * Runs random stacks under random load with faults and cancels, against an array of bytes, until the time is up or the
 * first byte is lost. Usage: npm run soak -- [--minutes N] [--seed N]
 */
import { parseArgs } from 'node:util';
import {
  Cache,
  Checksum,
  cloneKiobuf,
  cloneKiobufTracked,
  compoundEvent,
  Crypt,
  Delay,
  Fault,
  Linear,
  MemoryDevice,
  Mirror,
  PagePool,
  Parity,
  Pass,
  RequestQueue,
  Retry,
  Stripe,
  WaitingList,
  waitQueue,
  type BlockDevice,
  type IoRequest,
  type Strategy,
} from '../lib/io/index.js';
import { Seeded } from '../lib/io/seeded.js';

const { values } = parseArgs({ options: { minutes: { type: 'string' }, seed: { type: 'string' } } });
const minutes = Number(values.minutes ?? 1);
const firstSeed = Number(values.seed ?? Date.now() % 2 ** 31);
if (!(minutes > 0) || !Number.isSafeInteger(firstSeed)) throw new TypeError('--minutes and --seed are numbers');

const BLOCK = 512;
const strategies: readonly Strategy[] = [waitQueue, compoundEvent, cloneKiobuf, cloneKiobufTracked];
const totals = { programs: 0, operations: 0, faults: 0, cancels: 0 };
const key = Uint8Array.from({ length: 64 }, (_, i) => i * 7);

const end = Date.now() + minutes * 60_000;
let report = Date.now() + 10_000;
for (let seed = firstSeed; Date.now() < end; seed++) {
  await run(seed);
  if (Date.now() < report) continue;
  print();
  report = Date.now() + 10_000;
}
print();

function print(): void {
  globalThis.gc?.();
  const heap = (process.memoryUsage().heapUsed / 1e6).toFixed(1);
  const { programs, operations, faults, cancels } = totals;
  const counts = [`${programs} programs`, `${operations} operations`, `${faults} faults`, `${cancels} cancels`];
  console.log(`${counts.join(', ')}, ${heap} MB retained`);
}

async function run(seed: number): Promise<void> {
  const random = new Seeded(seed);
  const pool = new PagePool({ maxBytes: 1 << 26 });
  const strategy = strategies[random.below(strategies.length)] ?? waitQueue;
  const faults: Fault[] = [];
  const top = await stackOf(random, strategy, pool, faults, 3);
  for (const fault of faults) {
    fault.inject({ kind: 'error', rate: 0.02, operations: ['read', 'write', 'flush'] });
    fault.inject({ kind: 'short', rate: 0.01, operations: ['read', 'write'] });
  }
  const pages = pool.allocate(top.size);
  const model = new Uint8Array(top.size);
  // What was never written may read as anything: under encryption zeroes are noise.
  const known = new Uint8Array(top.size);
  for (let round = 0; round < 20; round++) await runRound(random, top, pages.range(), model, known, `seed ${seed}`);
  for (const fault of faults) totals.faults += fault.counts.error + fault.counts.short;
  await top.close().catch(() => undefined);
  if ([...WaitingList.all].length > 0) throw new Error(`seed ${seed}: something still waits after the close`);
  totals.programs++;
}

/** A device at random: an array or a filter over others, a slow and faulty disk at the bottom. */
async function stackOf(
  random: Seeded,
  strategy: Strategy,
  pool: PagePool,
  faults: Fault[],
  depth: number,
): Promise<BlockDevice> {
  const below = (): Promise<BlockDevice> => stackOf(random, strategy, pool, faults, depth - 1);
  const several = async (least: number): Promise<BlockDevice[]> => {
    const members: BlockDevice[] = [];
    for (let i = least + random.below(2); i > 0; i--) members.push(await below());
    return members;
  };
  switch (depth === 0 ? 99 : random.below(11)) {
    case 0:
      return new Pass(await below());
    case 1:
      return new RequestQueue(await below(), { depth: 1 + random.below(4) });
    case 2:
      return new Stripe(await several(2), { chunk: 4096 });
    case 3:
      return new Linear(await several(2));
    case 4:
      return new Crypt(await below(), { key, pool });
    case 5:
      return new Cache(await below(), {
        pool,
        lines: 1 + random.below(8),
        mode: random.chance(0.5) ? 'back' : 'through',
      });
    case 6:
      return new Retry(await below(), { delaysMs: [0, 1] });
    case 7:
      return Parity.create(await several(3), { pool, chunk: 4096 });
    case 8:
      return Mirror.create(await several(2), { pool, reads: random.chance(0.5) ? 'round-robin' : 'fastest' });
    case 9:
      return Checksum.format(await below(), { pool });
    default: {
      const disk = new MemoryDevice({ size: 1 << 18, strategy });
      const fault = new Fault(disk, { seed: random.below(2 ** 31) });
      faults.push(fault);
      return random.chance(0.5)
        ? new Delay(fault, { delayMs: { min: 0, max: 2 }, seed: random.below(2 ** 31) })
        : fault;
    }
  }
}

/** Requests on ranges apart from each other; what a read that succeeded brings must be what is known. */
async function runRound(
  random: Seeded,
  top: BlockDevice,
  { pages }: { pages: ReturnType<PagePool['allocate']> },
  model: Uint8Array,
  known: Uint8Array,
  what: string,
): Promise<void> {
  const unit = top.blockSize;
  const value = 1 + random.below(255);
  const open: { request: IoRequest; at: number; length: number; writes: boolean }[] = [];
  for (let at = random.below(8) * unit; at < top.size;) {
    const length = Math.min((1 + random.below(24)) * unit, top.size - at);
    const writes = random.chance(0.5);
    if (writes) pages.set(new Uint8Array(length).fill(value), at);
    const range = pages.range(at, length);
    const request = writes
      ? top.write(range, { position: at, fua: random.chance(0.1) })
      : top.read(range, { position: at });
    open.push({ request, at, length, writes });
    at += length + random.below(1 + Math.floor(top.size / unit / 8)) * unit;
  }
  if (random.chance(0.2)) open.push({ request: top.flush(), at: 0, length: 0, writes: false });
  for (const { request } of open) {
    if (!random.chance(0.05)) continue;
    if (random.chance(0.5)) await new Promise((resolve) => setImmediate(resolve));
    if (request.cancel('soak') !== 'too-late') totals.cancels++;
  }
  await Promise.allSettled(open.map(({ request }) => request.promise()));
  totals.operations += open.length;
  for (const { request, at, length, writes } of open) {
    if (writes) {
      model.fill(value, at, at + length);
      known.fill(Number(request.state === 'done' && request.value === length), at, at + length);
    } else if (request.state === 'done' && request.value === length) {
      const read = pages.bytes(at, length);
      const wrong = read.findIndex((byte, i) => known[at + i] === 1 && byte !== model[at + i]);
      if (wrong < 0) continue;
      const block = Math.floor((at + wrong) / BLOCK);
      throw new Error(`${what}: block ${block} of ${describe(top)} holds ${read[wrong]}, not ${model[at + wrong]}`);
    }
  }
}

function describe(device: BlockDevice): string {
  const below = device.lowers.map(describe).join(', ');
  return below === '' ? device.name : `${device.name}(${below})`;
}
