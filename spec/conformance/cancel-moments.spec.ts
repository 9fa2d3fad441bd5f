import { expect } from 'chai';
import sinon from 'sinon';
import type { BlockDevice } from '../../lib/io/device.js';
import { IoError } from '../../lib/io/io-error.js';
import type { IoRequest } from '../../lib/io/io-request.js';
import type { Strategy } from '../../lib/io/io.js';
import { PagePool, type PageVector } from '../../lib/io/pages.js';
import { RequestQueue } from '../../lib/io/request-queue.js';
import { WaitingList } from '../../lib/io/waiting-list.js';
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
import { FaultyDevice } from './faulty-device.js';
import { key, WithoutZeroes } from './stacks.js';
import { designs } from './strategies.js';

/*
 * A request is taken through each layer step by step: a disk answers, or a millisecond passes. It is run once for each of
 * its steps, and cancelled there, twice: before it is submitted, while it is held in the layer, queued or running below,
 * when part of it is there, and when it has settled. A write to the same bytes goes before it, and the queues below are
 * busy. The leak check after every spec sees to the rest.
 */

type Moment = 'before' | 'held' | 'queued' | 'running' | 'half' | 'after';

type CancelledOperation = 'read' | 'write' | 'writeZeroes';

interface Kit {
  readonly queues: readonly [RequestQueue, RequestQueue, RequestQueue];
  readonly pool: PagePool;
}

interface Subject {
  readonly name: string;
  /** Layers that pass straight through hold nothing, and one piece has no half. */
  readonly moments: readonly Moment[];
  build(kit: Kit): BlockDevice | Promise<BlockDevice>;
  /** A cancel takes it out wherever it waits, and it settles at once (N14); others finish or join what they began. */
  readonly pulls?: boolean;
  /** The first attempt fails. */
  readonly fails?: boolean;
  /** Which operations are cancelled. Default: reads and writes. */
  readonly operations?: readonly CancelledOperation[];
  /** Requests that come before it, in place of a write to the same bytes. */
  before?(top: BlockDevice, pages: PageVector): IoRequest[];
}

const ALWAYS = ['before', 'queued', 'running', 'after'] as const;
const HOLDS = [...ALWAYS, 'held'] as const;
/** What it lets go finds the way free. */
const SPACES = ['before', 'held', 'running', 'after'] as const;
const SPLITS = [...ALWAYS, 'half'] as const;
const BOTH = [...HOLDS, 'half'] as const;

const subjects: readonly Subject[] = [
  { name: 'Pass', moments: ALWAYS, pulls: true, build: ({ queues }) => new Pass(queues[0]) },
  { name: 'Trace', moments: ALWAYS, pulls: true, build: ({ queues }) => new Trace(queues[0]) },
  { name: 'Fault', moments: ALWAYS, pulls: true, build: ({ queues }) => new Fault(queues[0]) },
  {
    name: 'Linear',
    moments: SPLITS,
    build: ({ queues }) => new Linear([{ device: queues[0], start: 4096, length: 2048 }, queues[1]]),
  },
  {
    name: 'loop',
    moments: SPLITS,
    build: ({ queues }) =>
      loop(queues[0], [{ start: 8192, length: 2048 }, { start: 16384, length: 32768 }]), // prettier-ignore
  },
  { name: 'Stripe', moments: SPLITS, build: ({ queues }) => new Stripe(queues, { chunk: 1024 }) },
  { name: 'Delay', moments: HOLDS, pulls: true, build: ({ queues }) => new Delay(queues[0], { delayMs: 2 }) },
  {
    name: 'Throttle',
    moments: SPACES,
    pulls: true,
    build: ({ queues }) => new Throttle(queues[0], { operationsPerSecond: 500, burstSeconds: 0.002 }),
  },
  {
    name: 'Retry',
    moments: HOLDS,
    fails: true,
    pulls: true,
    build: ({ queues }) => new Retry(queues[0], { delaysMs: [2, 2] }),
  },
  { name: 'Cache, through', moments: ALWAYS, build: ({ queues, pool }) => new Cache(queues[0], { pool, lines: 2 }) },
  {
    name: 'Cache, back',
    moments: ALWAYS,
    build: ({ queues, pool }) => new Cache(queues[0], { pool, lines: 1, mode: 'back' }),
  },
  { name: 'Crypt', moments: ALWAYS, build: ({ queues, pool }) => new Crypt(queues[0], { key, pool }) },
  { name: 'Checksum', moments: HOLDS, build: ({ queues, pool }) => Checksum.format(queues[0], { pool }) },
  {
    name: 'Mirror',
    moments: HOLDS,
    build: ({ queues, pool }) => Mirror.create(queues, { pool, regionSize: 4096, assumeEqual: true }),
  },
  {
    name: 'Parity',
    moments: BOTH,
    build: ({ queues, pool }) => Parity.create(queues, { pool, chunk: 1024, regionSize: 4096, assumeClean: true }),
  },
  {
    name: 'ReadAhead',
    moments: HOLDS,
    pulls: true,
    build: ({ queues, pool }) => {
      const ahead = new ReadAhead(queues[0], { pool, maxBytes: 2 * LENGTH, partBytes: 2048 });
      return new Linear([{ device: ahead, start: LENGTH }]);
    },
    // Two reads that end where it begins: it waits for what is read ahead of them.
    before: ({ lowers: [ahead] }, pages) =>
      [0, 1].map((i) => (ahead as BlockDevice).read(pages.range(0, LENGTH / 2), { position: (i * LENGTH) / 2 })),
  },
  {
    name: 'Unaligned',
    moments: HOLDS,
    build: ({ queues, pool }) => new Linear([{ device: new Unaligned(queues[0], { pool }), start: 100 }]),
  },
  {
    name: 'Zeroing',
    moments: SPLITS,
    operations: ['writeZeroes'],
    build: ({ queues, pool }) => new Zeroing(new WithoutZeroes(queues[0]), { pool, pieceBytes: 1024 }),
  },
  {
    name: 'RequestQueue',
    moments: SPACES,
    pulls: true,
    build: ({ queues }) => new RequestQueue(queues[0], { depth: 1 }),
  },
  {
    name: 'RequestQueue, merging, over Stripe',
    moments: BOTH,
    build: ({ queues }) => new RequestQueue(new Stripe(queues, { chunk: 1024 }), { depth: 1, mergeBytes: 1 << 16 }),
  },
];

const LENGTH = 8192;
const [OLD, OTHER, OWN, UNREAD] = [1, 2, 3, 9];

for (const { strategy } of designs) {
  describe(`a cancel under ${strategy.name}`, () => {
    let clock: sinon.SinonFakeTimers;
    beforeEach(() => (clock = sinon.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })));
    afterEach(() => clock.restore());

    for (const subject of subjects) {
      it(`at any moment of ${subject.name} settles once, truly, and leaves nothing behind (I4, I5, N13, N14)`, async () => {
        const met = new Set<Moment>();
        for (const operation of subject.operations ?? (['read', 'write'] as const)) {
          let steps = -1;
          while (await new Run(subject, strategy, operation, clock).cancelAfter(steps, met)) steps++;
        }
        expect(subject.moments.filter((moment) => !met.has(moment))).to.deep.equal([]);
      });
    }
  });
}

class Run {
  private readonly pool = new PagePool({ maxBytes: 1 << 22 });
  private readonly disks: FaultyDevice[];
  private readonly queues: Kit['queues'];
  private readonly subject: Subject;
  private readonly operation: CancelledOperation;
  private readonly clock: sinon.SinonFakeTimers;
  private failing: boolean;

  constructor(subject: Subject, strategy: Strategy, operation: CancelledOperation, clock: sinon.SinonFakeTimers) {
    this.subject = subject;
    this.operation = operation;
    this.clock = clock;
    this.failing = subject.fails === true;
    this.disks = [0, 1, 2].map((i) => new FaultyDevice({ name: `disk ${String(i)}`, strategy, size: 1 << 16 }));
    this.queues = this.disks.map((disk) => new RequestQueue(disk, { depth: 1 })) as unknown as Kit['queues'];
  }

  /** Cancels when so many steps were made, before the submission with -1. False when it had settled before. */
  async cancelAfter(steps: number, met: Set<Moment>): Promise<boolean> {
    const { pool, queues, operation } = this;
    for (const disk of this.disks) disk.inline = true;
    const top = await this.subject.build({ queues, pool });
    const pages = pool.allocate(LENGTH);
    const others = pool.allocate(LENGTH);
    pages.set(new Uint8Array(LENGTH).fill(OLD));
    await this.done(top.write(pages.range(0, LENGTH), { position: 0, fua: true }));
    for (const disk of this.disks) disk.inline = false;
    const busy = queues.map((queue) => queue.read(others.range(LENGTH / 2, 512), { position: queue.size - 512 }));
    others.set(new Uint8Array(LENGTH).fill(OTHER));
    const first = this.subject.before?.(top, others) ?? [
      top.write(others.range(0, LENGTH / 2), { position: LENGTH / 2 }),
    ];
    pages.set(new Uint8Array(LENGTH).fill(operation === 'write' ? OWN : UNREAD));
    const options = { position: 0, ...(steps < 0 && { signal: AbortSignal.abort('early') }) };
    const request = operation === 'writeZeroes' ? top.writeZeroes(LENGTH, options) : top[operation](pages, options);
    let settled = 0;
    let memory: Uint8Array | null = null;
    request.notify(() => {
      settled++;
      memory = pages.bytes().slice();
    });
    for (let i = 0; i < steps && !request.settled; i++) await this.step();
    const wasSettled = request.settled;
    const moment = steps < 0 ? 'before' : this.momentOf(top, request);
    met.add(moment);
    const answer = request.cancel('enough');
    const again = request.cancel('again');
    if (wasSettled) expect([answer, again]).to.deep.equal(['too-late', 'too-late']);
    else {
      expect(answer).to.equal(request.state === 'cancelled' ? 'cancelled' : 'requested');
      expect(again).to.equal(request.settled ? 'too-late' : 'requested');
      const waits = moment === 'held' || moment === 'queued';
      if (this.subject.pulls === true && waits) expect(answer, moment).to.equal('cancelled');
    }
    await this.done(Promise.allSettled([...first, request, ...busy].map((each) => each.promise())));
    expect(settled).to.equal(1);
    for (const disk of this.disks) disk.inline = true;
    this.check(request, memory ?? new Uint8Array(0), met);
    await this.readBack(top, request, pages);
    pages.free();
    others.free();
    await this.done(top.close());
    expect([pool.pagesInUse, [...WaitingList.all].length]).to.deep.equal([0, 0]);
    return steps < 0 || !wasSettled;
  }

  /** What it is doing, as far as can be told from outside. */
  private momentOf(top: BlockDevice, request: IoRequest): Moment {
    if (request.settled) return 'after';
    const waiting = [...WaitingList.all].reduce((sum, { length }) => sum + length, 0);
    const below = this.queues.reduce((sum, { queued }) => sum + queued, 0);
    if (waiting > below) return 'held';
    return below > 0 && top.started > top.ended ? 'queued' : 'running';
  }

  /** What it has told is what has happened to its pages, which nobody has touched since. */
  private check(request: IoRequest, memory: Uint8Array, met: Set<Moment>): void {
    const { state, error, succeeded } = request;
    // What ran when the cancel came may have failed by itself, and is not tried again.
    const failed = state === 'failed' && this.subject.fails === true ? ['failed', 'EIO'] : ['cancelled', 'ECANCELED'];
    if (state !== 'done') expect([state, (error as IoError).code]).to.deep.equal(failed);
    if (succeeded.length > 0 && state !== 'done') met.add('half');
    if (this.operation === 'writeZeroes') return;
    if (this.operation === 'write') {
      expect(memory.every((byte) => byte === OWN)).to.equal(true);
      return;
    }
    for (const { offset, length } of succeeded) {
      expect([OLD, OTHER]).to.include.members([...new Set(memory.subarray(offset, offset + length))]);
    }
  }

  private async readBack(top: BlockDevice, request: IoRequest, pages: ReturnType<PagePool['allocate']>): Promise<void> {
    const before = pages.bytes().slice();
    const found = this.pool.allocate(LENGTH);
    await this.done(top.read(found, { position: 0 }));
    const bytes = found.bytes().slice();
    found.free();
    expect(Buffer.compare(before, pages.bytes()), 'pages were touched after it had settled').to.equal(0);
    const written = this.operation === 'read' ? [] : request.succeeded;
    const own = this.operation === 'write' ? OWN : 0;
    for (let at = 0; at < LENGTH; at += 512) {
      const block = [...new Set(bytes.subarray(at, at + 512))];
      const contested = at >= LENGTH / 2;
      const isWritten = written.some(({ offset, length }) => offset <= at && at + 512 <= offset + length);
      const may = isWritten ? [own] : [OLD];
      expect(contested ? [OLD, OTHER, own] : may, `block at ${String(at)}`).to.include.members(block);
    }
  }

  /** Something happens: a disk answers the oldest of what it has, or a millisecond passes; and turns of the loop. */
  private async step(): Promise<void> {
    const disk = this.disks.find(({ pending }) => pending.length > 0);
    if (disk === undefined) this.clock.tick(1);
    else if (this.failing && disk.pending[0]?.length === LENGTH) {
      this.failing = false;
      disk.pending[0]?.fail();
    } else disk.pending[0]?.answer();
    for (let turns = 0; turns < 3; turns++) await new Promise((resolve) => setImmediate(resolve));
  }

  private async done<T>(work: PromiseLike<T>): Promise<T> {
    let ended = false;
    const all = Promise.resolve(work).finally(() => (ended = true));
    all.catch(() => undefined);
    for (let steps = 0; !ended && steps < 1000; steps++) await this.step();
    return all;
  }
}
