import { expect } from 'chai';
import sinon from 'sinon';
import type { BlockDevice } from '../../lib/io/device.js';
import type { Strategy } from '../../lib/io/io.js';
import { IoError } from '../../lib/io/io-error.js';
import type { IoRequest } from '../../lib/io/io-request.js';
import { PagePool } from '../../lib/io/pages.js';
import { RequestQueue } from '../../lib/io/request-queue.js';
import { WaitingList } from '../../lib/io/waiting-list.js';
import { Cache } from '../../lib/layers/cache.js';
import { Checksum } from '../../lib/layers/checksum.js';
import { Delay } from '../../lib/layers/delay.js';
import { Fault } from '../../lib/layers/fault.js';
import { Retry } from '../../lib/layers/retry.js';
import { Stripe } from '../../lib/layers/stripe.js';
import { Throttle } from '../../lib/layers/throttle.js';
import { Trace } from '../../lib/layers/trace.js';
import { FaultyDevice } from './faulty-device.js';
import { programs, rareOnes, runPrograms, type Random } from './random.js';
import { designs } from './strategies.js';

const BLOCK = 512;
/** Blocks of a request. */
const MOST = 6;
const STEPS = 45;
/** Every layer here is in at least two of the stacks. */
const COUNT = Math.ceil(programs / 2);

/** Members that fail, hang, tear and come back late, each behind a queue; traced from below. */
class Members {
  readonly faults: Fault[] = [];
  readonly traces: Trace[] = [];
  readonly all: BlockDevice[];

  constructor(strategy: Strategy, programSeed: number) {
    this.all = [0, 1].map((i) => {
      const disk = new FaultyDevice({ size: 24 * BLOCK, strategy, inline: true });
      const fault = new Fault(disk, { seed: programSeed + i });
      for (const kind of ['error', 'torn', 'short', 'hang'] as const) fault.inject({ kind, rate: 0.07 });
      const trace = new Trace(new Delay(fault, { delayMs: { min: 0, max: 9 }, seed: programSeed + i }));
      this.faults.push(fault);
      this.traces.push(trace);
      return new RequestQueue(trace, { depth: 2 });
    });
  }
}

type Build = (members: Members, pool: PagePool) => BlockDevice;

const stripe = ({ all }: Members): Stripe => new Stripe(all, { chunk: 2 * BLOCK });
const troubled: [name: string, build: Build][] = [
  ['Retry over Stripe', (members) => new Retry(stripe(members), { delaysMs: [0, 5] })],
  ['Throttle over Retries', ({ all }) => {
    const retries = all.map((each) => new Retry(each, { delaysMs: [3] }));
    return new Throttle(new Stripe(retries, { chunk: BLOCK }), { operationsPerSecond: 200, burstSeconds: 0.1 });
  }],
  ['Throttle over Cache, back, over Stripe', (members, pool) => {
    const cache = new Cache(stripe(members), { pool, lines: 3, mode: 'back' });
    return new Throttle(cache, { operationsPerSecond: 500, burstSeconds: 0.1 });
  }],
  ['Cache, through, over Retry over Stripe', (members, pool) =>
    new Cache(new Retry(stripe(members), { delaysMs: [2] }), { pool, lines: 3 })],
  ['Checksum over Stripe', (members, pool) => new Checksum(stripe(members), { pool })],
  ['Delay over Checksum over Retry', (members, pool) =>
    new Delay(new Checksum(new Retry(stripe(members)), { pool }), { delayMs: 2 })],
]; // prettier-ignore

interface Surroundings {
  readonly strategy: Strategy;
  readonly pool: PagePool;
  readonly clock: sinon.SinonFakeTimers;
  readonly tally: Map<string, number>;
}

/** One random program: requests that do not overlap, cancels, and time that passes. */
async function run(build: Build, random: Random, programSeed: number, surroundings: Surroundings): Promise<void> {
  const { strategy, pool, clock, tally } = surroundings;
  const unused = pool.pagesInUse;
  const members = new Members(strategy, programSeed);
  const top = new Trace(build(members, pool));
  const pages = pool.allocate(STEPS * MOST * BLOCK);
  const possible = Array.from({ length: top.size / BLOCK }, () => new Set([0]));
  const busy = new Set<number>();
  const requests: IoRequest[] = [];
  const wrong: string[] = [];

  const note = (what: string, times = 1): void => void tally.set(what, (tally.get(what) ?? 0) + times);
  const submit = (): void => {
    const count = 1 + random.below(MOST);
    const first = random.below(possible.length - count);
    const blocks = Array.from({ length: count }, (_, i) => first + i);
    if (blocks.some((block) => busy.has(block))) return;
    for (const block of blocks) busy.add(block);
    const offset = requests.length * MOST * BLOCK;
    const value = 1 + requests.length;
    const range = pages.range(offset, count * BLOCK);
    const writing = random.chance(60);
    pages.set(new Uint8Array(count * BLOCK).fill(writing ? value : 0xee), offset);
    const request = writing
      ? top.write(range, { position: first * BLOCK })
      : top.read(range, { position: first * BLOCK });
    requests.push(request);
    note(writing ? 'write' : 'read');
    let settled = 0;
    request.notify(() => {
      if (++settled > 1) wrong.push('settled twice');
      for (const block of blocks) busy.delete(block);
      note(request.state);
      const error = request.error as IoError | undefined;
      const whole = request.state === 'done' && request.value === request.length;
      const succeeded = whole ? [{ offset: 0, length: request.length }] : (error?.succeeded ?? []);
      if (request.state !== 'done' && !(error instanceof IoError)) wrong.push(`failed with ${String(error)}`);
      for (const [i, block] of blocks.entries()) {
        const known = succeeded.some(
          (each) => each.offset <= i * BLOCK && (i + 1) * BLOCK <= each.offset + each.length,
        );
        const values = possible[block] as Set<number>;
        if (writing && known) values.clear();
        if (writing) values.add(value);
        const found = pages.bytes(offset + i * BLOCK, 1)[0] as number;
        if (!writing && known && !values.has(found)) wrong.push(`block ${String(block)} reads ${String(found)}`);
      }
    });
  };

  for (let step = 0; step < STEPS; step++) {
    const dice = random.below(10);
    if (dice < 5) submit();
    else if (dice < 7) clock.tick(random.below(8));
    else if (dice < 8) random.pick(members.faults).letGo(random.chance(50) ? 'EIO' : undefined);
    else if (requests.length > 0) random.pick(requests).cancel();
  }
  expect(wrong).to.deep.equal([]);
  for (const fault of members.faults) {
    fault.heal();
    for (const [kind, times] of Object.entries(fault.counts)) note(`fault ${kind}`, times);
  }
  for (let i = 0; requests.some(({ settled }) => !settled); i++) {
    expect(i, 'everything ends').to.be.lessThan(500);
    for (const fault of members.faults) fault.letGo();
    clock.tick(10);
  }
  for (const { inFlight } of [top, ...members.traces]) expect(inFlight, 'in flight').to.equal(0);
  expect([clock.countTimers(), [...WaitingList.all].length, pages.pinned]).to.deep.equal([0, 0, false]);
  const ended = async (work: PromiseLike<unknown>): Promise<void> => {
    let open = true;
    void work.then(() => (open = false), (error: unknown) => { open = false; wrong.push(String(error)); }); // prettier-ignore
    for (let turn = 0; open; turn++) {
      if (turn > 20) clock.tick(10);
      await Promise.resolve();
    }
  };
  await ended(top.read(pages.range(0, top.size), { position: 0 }));
  const found = pages.bytes(0, top.size);
  for (const [block, values] of possible.entries()) {
    const value = found[block * BLOCK] as number;
    if (!values.has(value)) wrong.push(`block ${String(block)} holds ${String(value)}, not ${[...values].join()}`);
  }
  pages.free();
  await ended(top.close());
  expect(wrong).to.deep.equal([]);
  expect(pool.pagesInUse, 'pages in use').to.equal(unused);
}

/** How often each of these comes up for every program: fewer means that nothing is put to the proof. */
const floors: Record<string, number> = {
  read: 3,
  write: 5,
  done: 4,
  failed: 0.01,
  cancelled: 0.5,
  'fault error': 0.05,
  'fault torn': 0.04,
  'fault short': 0.05,
  'fault hang': 0.05,
};

for (const { strategy } of designs) {
  describe(`troubled members under ${strategy.name}`, () => {
    let clock: sinon.SinonFakeTimers;
    beforeEach(() => {
      clock = sinon.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    });
    afterEach(() => {
      clock.restore();
    });

    for (const [name, build] of troubled) {
      it(`do not make ${name} lose, leak or invent anything (I4, I5, I8, N8, N13, N14)`, async function () {
        this.timeout(300_000);
        const tally = new Map<string, number>();
        const surroundings = { strategy, pool: new PagePool({ maxBytes: 1 << 20 }), clock, tally };
        await runPrograms(COUNT, (random, own) => run(build, random, own, surroundings));
        expect(rareOnes(floors, tally, COUNT)).to.deep.equal([]);
      });
    }
  });
}
