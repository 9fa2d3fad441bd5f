import { expect } from 'chai';
import sinon from 'sinon';
import type { BlockDevice } from '../../lib/io/device.js';
import type { Strategy } from '../../lib/io/io.js';
import { IoError } from '../../lib/io/io-error.js';
import type { IoRequest } from '../../lib/io/io-request.js';
import { PagePool } from '../../lib/io/pages.js';
import { RequestQueue } from '../../lib/io/request-queue.js';
import { WaitingList } from '../../lib/io/waiting-list.js';
import { Checksum } from '../../lib/layers/checksum.js';
import { Delay } from '../../lib/layers/delay.js';
import { Fault } from '../../lib/layers/fault.js';
import { Retry } from '../../lib/layers/retry.js';
import { Stripe } from '../../lib/layers/stripe.js';
import { Throttle } from '../../lib/layers/throttle.js';
import { Trace } from '../../lib/layers/trace.js';
import { FaultyDevice } from './faulty-device.js';
import { Random, seed } from './random.js';
import { designs } from './strategies.js';

const BLOCK = 512;
const PROGRAMS = 12;

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
  ['Checksum over Stripe', (members, pool) => new Checksum(stripe(members), { pool })],
  ['Delay over Checksum over Retry', (members, pool) =>
    new Delay(new Checksum(new Retry(stripe(members)), { pool }), { delayMs: 2 })],
]; // prettier-ignore

/** One random program: requests that do not overlap, cancels, and time that passes. */
function run(strategy: Strategy, build: Build, programSeed: number, clock: sinon.SinonFakeTimers): void {
  const random = new Random(programSeed);
  const pool = new PagePool({ maxBytes: 1 << 20 });
  const members = new Members(strategy, programSeed);
  const top = new Trace(build(members, pool));
  const pages = pool.allocate(64 * 8 * BLOCK);
  const inUse = pool.pagesInUse;
  const possible = Array.from({ length: top.size / BLOCK }, () => new Set([0]));
  const busy = new Set<number>();
  const requests: IoRequest[] = [];
  const wrong: string[] = [];

  const submit = (): void => {
    const count = 1 + random.below(6);
    const first = random.below(possible.length - count);
    const blocks = Array.from({ length: count }, (_, i) => first + i);
    if (blocks.some((block) => busy.has(block))) return;
    for (const block of blocks) busy.add(block);
    const offset = requests.length * 8 * BLOCK;
    const value = 1 + requests.length;
    const range = pages.range(offset, count * BLOCK);
    const writing = random.chance(60);
    pages.set(new Uint8Array(count * BLOCK).fill(writing ? value : 0xee), offset);
    const request = writing
      ? top.write(range, { position: first * BLOCK })
      : top.read(range, { position: first * BLOCK });
    requests.push(request);
    let settled = 0;
    request.notify(() => {
      if (++settled > 1) wrong.push('settled twice');
      for (const block of blocks) busy.delete(block);
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

  for (let step = 0; step < 60; step++) {
    const dice = random.below(10);
    if (dice < 5) submit();
    else if (dice < 7) clock.tick(random.below(8));
    else if (dice < 8) random.pick(members.faults).letGo(random.chance(50) ? 'EIO' : undefined);
    else if (requests.length > 0) random.pick(requests).cancel();
  }
  expect(wrong).to.deep.equal([]);
  for (const fault of members.faults) fault.heal();
  for (let i = 0; requests.some(({ settled }) => !settled); i++) {
    expect(i, 'everything ends').to.be.lessThan(500);
    for (const fault of members.faults) fault.letGo();
    clock.tick(10);
  }
  for (const { inFlight } of [top, ...members.traces]) expect(inFlight, 'in flight').to.equal(0);
  expect([clock.countTimers(), [...WaitingList.all].length, pages.pinned, pool.pagesInUse - inUse]).to.deep.equal([0, 0, false, 0]); // prettier-ignore
  expect(wrong).to.deep.equal([]);
  for (const [block, values] of possible.entries()) {
    const request = top.read(pages.range(0, BLOCK), { position: block * BLOCK });
    while (!request.settled) clock.tick(10);
    expect(request.value).to.equal(BLOCK);
    expect([...values], `block ${String(block)}`).to.include(pages.bytes(0, 1)[0]);
  }
}

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
      it(`do not make ${name} lose, leak or invent anything (I4, I5, I8, N8, N13, N14)`, () => {
        for (let i = 0; i < PROGRAMS; i++) {
          try {
            run(strategy, build, seed + i, clock);
          } catch (error) {
            throw new Error(`WAKECHAIN_SEED=${String(seed + i)}: ${(error as Error).message}`, { cause: error });
          }
        }
      });
    }
  });
}
