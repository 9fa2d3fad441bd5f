import { expect } from 'chai';
import { MemoryDevice } from '../../lib/devices/memory.js';
import type { BlockDevice } from '../../lib/io/device.js';
import type { ByteRange } from '../../lib/io/io-error.js';
import type { Strategy } from '../../lib/io/io.js';
import { PagePool } from '../../lib/io/pages.js';
import { complementOf } from '../../lib/io/ranges.js';
import { RequestQueue } from '../../lib/io/request-queue.js';
import { Cache } from '../../lib/layers/cache.js';
import { Checksum } from '../../lib/layers/checksum.js';
import { Crypt } from '../../lib/layers/crypt.js';
import { Delay } from '../../lib/layers/delay.js';
import { Fault } from '../../lib/layers/fault.js';
import { Linear } from '../../lib/layers/linear.js';
import { loop } from '../../lib/layers/loop.js';
import { Mirror } from '../../lib/layers/mirror.js';
import { Parity } from '../../lib/layers/parity.js';
import { Pass } from '../../lib/layers/pass.js';
import { ReadAhead } from '../../lib/layers/read-ahead.js';
import { Retry } from '../../lib/layers/retry.js';
import { Stripe } from '../../lib/layers/stripe.js';
import { Throttle } from '../../lib/layers/throttle.js';
import { Trace } from '../../lib/layers/trace.js';
import { Unaligned } from '../../lib/layers/unaligned.js';
import { Zeroing } from '../../lib/layers/zeroing.js';
import { Random, rareOnes, runPrograms } from './random.js';
import { key, WithoutZeroes } from './stacks.js';
import { designs } from './strategies.js';

/*
 * `Fault` under every layer: a request meets errors in ranges of the members, or ends short. The ranges that it reports as
 * succeeded are those that hold the right data, and no others.
 */

const BLOCK = 512;
const MOST = 24 * BLOCK;
const PROGRAMS = 40;
const FILL = 0xee;

interface Subject {
  readonly name: string;
  /** Bytes of each member. */
  readonly members: readonly number[];
  build(members: readonly BlockDevice[], pool: PagePool): BlockDevice | Promise<BlockDevice>;
  /**
   * A block that is not reported may have been written all the same: what several blocks make, or several members hold, is
   * reported when all of it is there.
   */
  readonly partly?: boolean;
  /** What it has read cannot be reported when it cannot be proved. */
  readonly proves?: boolean;
  /** A write need not have come to a member when it ends, so that it meets no fault. */
  readonly later?: boolean;
  /** One member may fail, and nothing of a request does. */
  readonly redundant?: boolean;
}

const ONE = [64 * BLOCK];

/** One line for each layer. */
const subjects: readonly Subject[] = [
  { name: 'Pass', members: ONE, build: ([disk]) => new Pass(disk!) },
  { name: 'Linear', members: [20 * BLOCK, 30 * BLOCK], build: (members) => new Linear(members) },
  {
    name: 'loop',
    members: ONE,
    build: ([disk]) => loop(disk!, [{ start: 40 * BLOCK, length: 20 * BLOCK }, { start: 0, length: 20 * BLOCK }]),
  },
  { name: 'Stripe', members: [32 * BLOCK, 32 * BLOCK], build: (members) => new Stripe(members, { chunk: 2 * BLOCK }) },
  { name: 'RequestQueue', members: ONE, build: ([disk]) => new RequestQueue(disk!, { depth: 1 }) },
  { name: 'RequestQueue, merging', members: ONE, build: ([disk]) => new RequestQueue(disk!, { depth: 1, mergeBytes: MOST }) },
  { name: 'Delay', members: ONE, build: ([disk]) => new Delay(disk!, { delayMs: 0 }) },
  { name: 'Throttle', members: ONE, build: ([disk]) => new Throttle(disk!, {}) },
  { name: 'Trace', members: ONE, build: ([disk]) => new Trace(disk!) },
  { name: 'Fault', members: ONE, build: ([disk]) => new Fault(disk!) },
  { name: 'Retry', members: ONE, build: ([disk]) => new Retry(disk!, { delaysMs: [0] }) },
  { name: 'Crypt', members: ONE, build: ([disk], pool) => new Crypt(disk!, { key, pool }), partly: true },
  { name: 'Checksum', members: ONE, build: ([disk], pool) => Checksum.format(disk!, { pool }), partly: true, proves: true },
  { name: 'Cache, through', members: ONE, build: ([disk], pool) => new Cache(disk!, { pool, lines: 2 }) },
  {
    name: 'Cache, back',
    members: ONE,
    build: ([disk], pool) => new Cache(disk!, { pool, lines: 2, mode: 'back' }),
    later: true,
    partly: true,
  },
  { name: 'ReadAhead', members: ONE, build: ([disk], pool) => new ReadAhead(disk!, { pool, maxBytes: 8 * BLOCK, partBytes: 2 * BLOCK }) },
  { name: 'Unaligned', members: ONE, build: ([disk], pool) => new Unaligned(disk!, { pool }) },
  { name: 'Zeroing', members: ONE, build: ([disk], pool) => new Zeroing(new WithoutZeroes(disk!), { pool, pieceBytes: 4 * BLOCK }) },
  {
    name: 'Mirror',
    members: [64 * BLOCK, 64 * BLOCK],
    build: (members, pool) => Mirror.create(members, { pool, assumeEqual: true }),
    redundant: true,
    partly: true,
  },
  {
    name: 'Parity',
    members: [48 * BLOCK, 48 * BLOCK, 48 * BLOCK],
    build: (members, pool) => Parity.create(members, { pool, chunk: 2 * BLOCK, assumeClean: true }),
    redundant: true,
    partly: true,
  },
]; // prettier-ignore

const OPERATIONS = ['read', 'write', 'writeZeroes'] as const;

/** How often each comes up for every program of a layer that can fail. */
const floors: Record<string, number> = { done: 0.2, failed: 0.15, 'failed in part': 0.1, short: 0.02 };

describe('Fault', () => {
  const tally = new Map<string, number>();

  for (const { strategy } of designs) {
    describe(`under a layer that carries ${strategy.name}`, () => {
      for (const subject of subjects) {
        const can = subject.redundant !== true && subject.later !== true;
        const holds =
          subject.redundant === true ? 'nothing fails' : 'what succeeded holds the right data, nothing else does';
        it(`${subject.name}: ${holds} (I4, N13)`, async () => {
          const own = can ? tally : new Map<string, number>();
          await runPrograms(PROGRAMS, (random) => new Program(subject, strategy, random, own).run());
        });
      }
    });
  }

  // In a suite of its own, because a suite's own tests run before its inner suites.
  describe('together', () => {
    it('made things go wrong often enough', () => {
      const able = subjects.filter(({ redundant, later }) => redundant !== true && later !== true);
      expect(rareOnes(floors, tally, PROGRAMS * able.length, designs.length)).to.deep.equal([]);
    });
  });
});

/** Bytes from 1 to 100, taken from anywhere. */
const NOISE = Uint8Array.from({ length: 1 << 17 }, (_, i) => 1 + ((Math.imul(i + 1, 0x9e3779b1) >>> 13) % 100));

class Program {
  private readonly subject: Subject;
  private readonly random: Random;
  private readonly tally: Map<string, number>;
  private readonly pool = new PagePool({ maxBytes: 1 << 20 });
  private readonly faults: Fault[];

  constructor(subject: Subject, strategy: Strategy, random: Random, tally: Map<string, number>) {
    this.subject = subject;
    this.random = random;
    this.tally = tally;
    this.faults = subject.members.map((size, i) => new Fault(new MemoryDevice({ size, strategy }), { seed: 1 + i }));
  }

  async run(): Promise<void> {
    const { random, pool, subject } = this;
    const top = await subject.build(this.faults, pool);
    const from = random.below(1 << 16);
    const old = NOISE.subarray(from, from + top.size);
    await this.transfer(top, 'write', 0, old);
    await top.flush();

    const unit = top.blockSize;
    const units = Math.min(top.size, MOST) / unit;
    const length = (1 + random.below(units)) * unit;
    const position = random.below((top.size - length) / unit + 1) * unit;
    const operation = random.pick(OPERATIONS.filter((each) => top.operations.includes(each)));
    const own = NOISE.slice(from, from + length).map((byte) => (operation === 'writeZeroes' ? 0 : 100 + byte));
    const member = random.pick(this.faults);
    for (let rules = 1 + random.below(2); rules > 0; rules--) {
      this.inject(operation, subject.redundant === true ? member : random.pick(this.faults));
    }

    const pages = pool.allocate(length);
    pages.set(operation === 'read' ? new Uint8Array(length).fill(FILL) : own);
    const request =
      operation === 'writeZeroes'
        ? top.writeZeroes(length, { position })
        : top[operation](pages.range(0, length), { position });
    await request.promise().catch(() => undefined);
    const good =
      request.state === 'done' && request.value === length ? [{ offset: 0, length }] : [...request.succeeded];
    this.note(request.state, request.state === 'done' && request.value !== length, good.length > 0);
    for (const fault of this.faults) fault.heal();
    if (subject.redundant === true) expect([request.state, request.value]).to.deep.equal(['done', length]);

    if (operation === 'read') {
      this.check(
        position,
        length,
        good,
        pages.bytes(0, length),
        old.subarray(position, position + length),
        subject.proves !== true,
      );
    } else {
      const found = await this.found(top, position, length, good);
      this.check(position, length, good, found, own, subject.partly !== true);
      const before = old.subarray(position, position + length);
      if (subject.partly !== true) this.check(position, length, complementOf(good, length), found, before, false);
    }
    pages.free();
    await top.close();
    expect(pool.pagesInUse).to.equal(0);
  }

  /** An error in a range of a member, or an end before its time. */
  private inject(operation: (typeof OPERATIONS)[number], fault: Fault): void {
    const { random } = this;
    const blocks = fault.size / BLOCK;
    const offset = random.below(blocks) * BLOCK;
    // What stands on members may write where it was asked for zeroes, or read what it is to change.
    const operations = operation === 'read' ? (['read'] as const) : (['write', 'writeZeroes'] as const);
    if (random.chance(20)) fault.inject({ kind: 'short', operations, times: 1 });
    else fault.inject({ kind: 'error', operations, range: { offset, length: (1 + random.below(8)) * BLOCK } });
  }

  private note(state: string, short: boolean, inPart: boolean): void {
    const { tally } = this;
    const what = short ? 'short' : state;
    for (const each of state === 'failed' && inPart ? [what, 'failed in part'] : [what])
      tally.set(each, (tally.get(each) ?? 0) + 1);
  }

  /** What a device holds now; what cannot be read was not reported, and counts as wrong. */
  private async found(
    top: BlockDevice,
    position: number,
    length: number,
    good: readonly ByteRange[],
  ): Promise<Uint8Array> {
    const bytes = new Uint8Array(length).fill(FILL);
    const whole = [...good, ...complementOf(good, length)];
    for (const { offset, length: part } of whole) {
      const pages = this.pool.allocate(part);
      const read = top.read(pages.range(0, part), { position: position + offset });
      await read.promise().catch(() => undefined);
      const come = read.state === 'done' ? [{ offset: 0, length: part }] : read.succeeded;
      for (const range of come) bytes.set(pages.bytes(range.offset, range.length), offset + range.offset);
      pages.free();
    }
    return bytes;
  }

  /** The ranges hold what they should, and, block by block, the rest does not. */
  private check(
    position: number,
    length: number,
    ranges: readonly ByteRange[],
    found: Uint8Array,
    right: Uint8Array,
    noOthers: boolean,
  ): void {
    const holds = ({ offset, length: part }: ByteRange): boolean =>
      Buffer.compare(found.subarray(offset, offset + part), right.subarray(offset, offset + part)) === 0;
    for (const range of ranges)
      if (!holds(range))
        throw new Error(`${this.subject.name}: ${named(range)} of ${String(length)} at ${String(position)} is wrong`);
    if (!noOthers) return;
    for (const range of complementOf(ranges, length)) {
      for (let offset = range.offset; offset < range.offset + range.length;) {
        const end = Math.min(range.offset + range.length, offset + BLOCK - ((position + offset) % BLOCK));
        const part = { offset, length: end - offset };
        // A few bytes may be the same by chance.
        if (part.length > 8 && holds(part))
          throw new Error(
            `${this.subject.name}: ${named(part)} of ${String(length)} at ${String(position)} is right and not reported`,
          );
        offset = end;
      }
    }
  }

  private async transfer(top: BlockDevice, operation: 'write', position: number, bytes: Uint8Array): Promise<void> {
    const pages = this.pool.allocate(bytes.length);
    pages.set(bytes);
    await top[operation](pages.range(0, bytes.length), { position });
    pages.free();
  }
}

function named({ offset, length }: ByteRange): string {
  return `${String(length)} bytes from ${String(offset)}`;
}
