import { expect } from 'chai';
import fc from 'fast-check';
import { EXCLUSIVE, HOLD, STOP, WaitEntry } from '../../lib/wait/entry.js';
import { link } from '../../lib/wait/link.js';
import { WaitQueue, type Place } from '../../lib/wait/queue.js';
import { NaiveQueue, type NaiveEntry } from './naive-queue.js';
import { FEWEST_STEPS, program, run, type Kit, type Observer } from './queue-program.js';

const PROGRAMS = 10_000;
const seed = Number(process.env['WAKECHAIN_SEED'] ?? Date.now() % 0x7fffffff);

/** How often each of these must come up in all programs together; fewer means that the generator has gone trivial. */
const floors: Record<string, number> = {
  add: 50_000,
  addFirst: 50_000,
  addExclusive: 50_000,
  addExclusiveFirst: 50_000,
  addUnless: 10_000,
  link: 10_000,
  remove: 50_000,
  'wake 0': 10_000,
  'wake 1': 10_000,
  'wake 2': 10_000,
  'wake 3': 10_000,
  wakeAll: 10_000,
  resume: 10_000,
  'nested wake': 10_000,
  'added during walk': 10_000,
  're-added during walk': 10_000,
  'removed itself': 5_000,
  'removed cursor target': 5_000,
  'removed ahead of cursor': 5_000,
  'removed behind cursor': 5_000,
  'removed target of held walk': 1_000,
  'removed ahead in held walk': 1_000,
  throw: 10_000,
  'throw in nested': 5_000,
  'stop with exclusive left': 5_000,
  'stop through link': 1_000,
  'hold with exclusive left': 5_000,
  'hold through link': 1_000,
  'wake beside held walk': 10_000,
  'nested wake beside held walk': 1_000,
  'resumed inside walk': 5_000,
  'resumed before return': 5_000,
  'several errors': 1_000,
};

const real: Kit<WaitQueue, WaitEntry> = {
  queue: () => new WaitQueue(),
  entry: (wake, once) => new WaitEntry((_, key, queue) => wake(key as number, queue), { once }),
  link,
};

class Twin implements Kit<NaiveQueue, NaiveEntry>, Observer<NaiveQueue, NaiveEntry> {
  readonly counts: Map<string, number>;
  private readonly calls: ConstructorParameters<typeof NaiveQueue>[0] = [];
  private readonly queues: NaiveQueue[] = [];

  constructor(counts: Map<string, number>) {
    this.counts = counts;
  }

  link(queue: NaiveQueue, target: NaiveQueue, place: Place): NaiveEntry {
    return queue.link(target, place);
  }

  queue(): NaiveQueue {
    const queue = new NaiveQueue(this.calls);
    this.queues.push(queue);
    return queue;
  }

  entry(wake: (key: number, queue: NaiveQueue) => number, once: boolean): NaiveEntry {
    return { wake, once };
  }

  did(what: string): void {
    this.counts.set(what, (this.counts.get(what) ?? 0) + 1);
  }

  adding(queue: NaiveQueue, entry: NaiveEntry): void {
    if (queue.visits.length === 0) return;
    const again = queue.visits.some(({ stays }) => stays.some((stay) => stay.entry === entry));
    this.did(again ? 're-added during walk' : 'added during walk');
  }

  removing(queue: NaiveQueue, entry: NaiveEntry): void {
    for (const { stays, at, held } of queue.visits) {
      const index = stays.findIndex((stay) => stay.entry === entry);
      if (index === -1) continue;
      if (held) {
        if (index >= at) this.did(index === at ? 'removed target of held walk' : 'removed ahead in held walk');
      } else if (index === at - 1) this.did('removed itself');
      else if (index === at) this.did('removed cursor target');
      else this.did(index > at ? 'removed ahead of cursor' : 'removed behind cursor');
    }
  }

  waking(queue: NaiveQueue): void {
    const nested = this.calls.some((call) => call.queue === queue);
    if (nested) this.did('nested wake');
    if (queue.visits.some(({ held }) => held)) this.did(`${nested ? 'nested wake' : 'wake'} beside held walk`);
  }

  resuming(): void {
    if (this.calls.length > 0) this.did('resumed inside walk');
  }

  throwing(): void {
    this.did(this.calls.length > 1 ? 'throw in nested' : 'throw');
  }

  answering(queue: NaiveQueue, answer: number): void {
    const what = (answer & STOP) !== 0 ? 'stop' : (answer & HOLD) !== 0 ? 'hold' : null;
    const visit = queue.visits.at(-1);
    if (what === null || visit === undefined) return;
    const queued = queue.stays();
    const rest = visit.stays.slice(visit.at).filter((stay) => queued.includes(stay));
    if (rest.some((stay) => stay.exclusive)) this.did(`${what} with exclusive left`);
    const linked = this.queues.some(({ visits }) => {
      const above = visits.at(-1);
      return above !== undefined && !above.held && above.stays[above.at - 1]?.entry.target === queue;
    });
    if (linked) this.did(`${what} through link`);
  }
}

/** What must hold of the links between entries whenever no walk is open. */
function checkAtRest(queue: WaitQueue): void {
  expect(queue.ledger?.walks ?? null, 'an open walk is left').to.equal(null);
  expect(queue.ledger?.depth ?? 0).to.equal(0);
  let last: WaitEntry | null = null;
  let firstExclusive: WaitEntry | null = null;
  for (const entry of queue) {
    if (last !== null && entry.prev !== last) throw new Error('prev and next disagree');
    if ((entry.flags & EXCLUSIVE) !== 0) firstExclusive ??= entry;
    last = entry;
  }
  expect([queue.head?.prev ?? null, queue.ledger?.firstExclusive ?? null]).to.deep.equal([last, firstExclusive]);
}

describe('WaitQueue and its naive twin', function () {
  this.timeout(120_000);
  const counts = new Map<string, number>();

  // The programs throw a million errors that nobody looks at: their stacks would be half of the run.
  const { stackTraceLimit } = Error;
  before(() => (Error.stackTraceLimit = 0));
  after(() => (Error.stackTraceLimit = stackTraceLimit));

  after(() => {
    const line = [...counts].map(([what, count]) => `${what} ${count}`).sort();
    console.log(`      seed ${seed}: ${line.join(', ')}`);
  });

  it(`agree on ${PROGRAMS} programs of ${FEWEST_STEPS} steps and more (W1–W5, W7)`, () => {
    const agree = fc.property(program, (one) => {
      const twin = new Twin(counts);
      const expected = run(one, twin, twin);
      const actual = run(one, real);
      if (actual.trace.join('\n') !== expected.trace.join('\n')) expect(actual.trace).to.deep.equal(expected.trace);
      checkAtRest(actual.queues.A);
      checkAtRest(actual.queues.B);
    });
    fc.assert(agree, { seed, numRuns: PROGRAMS, endOnFailure: false });
  });

  it('meet every operation and interleaving often enough to mean something', () => {
    const trivial = Object.entries(floors).filter(([what, floor]) => (counts.get(what) ?? 0) < floor);
    expect(trivial.map(([what, floor]) => `${what}: ${counts.get(what) ?? 0} of ${floor}`)).to.deep.equal([]);
  });
});
