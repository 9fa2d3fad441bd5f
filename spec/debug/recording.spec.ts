import { expect } from 'chai';
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import sinon from 'sinon';
import { holdersOf } from '../../lib/debug/holders.js';
import { nameOf } from '../../lib/debug/description.js';
import type { PendingWait } from '../../lib/debug/pending-wait.js';
import { recordedWaits, recordOf, recordWaits, type Recording } from '../../lib/debug/recording.js';
import { task } from '../../lib/debug/task.js';
import { acquireAll, acquiringAll, allOf, anyOf, Barrier, Channel, Completion, Condition, EventCounter, Latch, Mutex, Once, RwLock, Semaphore, WaitQueue } from '../../lib/index.js'; // prettier-ignore
import { Hold } from '../../lib/sync/hold.js';
import { SemaphoreGroup } from '../../lib/sync/acquire-all.js';
import { Takers } from '../../lib/sync/takers.js';
import { alive, LAST } from '../pains/alive.js';

describe('recordWaits', () => {
  let recording: Recording | null = null;
  const record = (options?: Parameters<typeof recordWaits>[0]): Recording => (recording = recordWaits(options));
  afterEach(() => {
    recording?.stop();
    recording = null;
  });

  it('records who waits, where it began and in which task, and lets go of what is over', async () => {
    const waits = record();
    const queue = new WaitQueue();
    const completion = new Completion<number>();
    const all = [task('anna', () => queue.next()), completion.promise()];
    expect(waits.waits().map((wait) => [wait.queue, wait.task && String(wait.task)])).to.deep.equal([
      [queue, 'task "anna"'],
      [completion, null],
    ]);
    expect(waits.waits()[0]!.stack[0]).to.contain('recording.spec');
    queue.wake();
    completion.complete(1);
    await Promise.all(all);
    expect([waits.waits(), recordedWaits()]).to.deep.equal([[], []]);
  });

  it('records neither layers nor what was there before', () => {
    const before = new WaitQueue();
    void before.next();
    const completion = new Completion();
    const waits = record();
    completion.intercept(() => undefined);
    expect([waits.waits(), recordOf([...before][0]!)]).to.deep.equal([[], undefined]);
  });

  it('keeps nothing alive that waits, or is waited for (W6)', async () => {
    const waits = record();
    const queues: WeakRef<object>[] = [];
    for (let i = 0; i < 100; i++) {
      const queue = new WaitQueue();
      void queue.next();
      queues.push(new WeakRef(queue));
    }
    expect([await alive(queues), waits.waits().length]).to.satisfy(
      ([kept = 1, recorded = 2]: number[]) => kept === 0 && recorded <= LAST,
    );
  });

  it('keeps some of the waits that are over, not all of them', async () => {
    record();
    const waits: WeakRef<object>[] = [];
    for (let i = 0; i < 3000; i++) {
      const queue = new WaitQueue();
      void queue.next();
      waits.push(new WeakRef(recordOf([...queue][0]!)!));
      queue.wake();
    }
    expect(await alive(waits.slice(0, 1900))).to.equal(0);
  });

  it('reports each wait that lasts too long once, by itself', () => {
    const clock = sinon.useFakeTimers();
    try {
      const report = sinon.spy<(wait: PendingWait) => void>(() => undefined);
      const waits = record({ hungAfterMs: 1000, report });
      const queue = new WaitQueue();
      void queue.next();
      clock.tick(999);
      void queue.next();
      expect(report.callCount).to.equal(0);
      clock.tick(1);
      expect(report.args.map(([wait]) => [wait.queue, wait.ageMs])).to.deep.equal([[queue, 1000]]);
      clock.tick(1000);
      expect([report.callCount, waits.check()]).to.deep.equal([2, 0]);
      waits.stop();
      expect(clock.countTimers()).to.equal(0);
    } finally {
      clock.restore();
    }
  });

  it('prints them to the standard error stream unless told otherwise', () => {
    const clock = sinon.useFakeTimers();
    const printed = sinon.stub(console, 'error');
    try {
      record();
      void new WaitQueue().next();
      clock.tick(119_999);
      expect(printed.callCount).to.equal(0);
      clock.tick(1);
      expect(printed.args.map(([text]) => String(text).split('\n')[0])).to.deep.equal([
        'WaitQueue has been waited for for 120000 ms',
      ]);
    } finally {
      recording?.stop();
      printed.restore();
      clock.restore();
    }
  });

  it('knows who holds a lock, however it was acquired, until it is given back', async () => {
    record();
    const who = (lock: object): (string | null)[] => holdersOf(lock).map(({ task: by }) => by && String(by));
    const [mutex, permits, lock] = [new Mutex(), new Semaphore(2), new RwLock()];
    const first = await task('anna', () => mutex.acquire());
    const waiting = task('bert', () => mutex.acquire());
    expect(who(mutex)).to.deep.equal(['task "anna"']);
    task('carl', () => first.release());
    expect(who(mutex)).to.deep.equal(['task "bert"']);
    (await waiting).release();
    const tried = task('dora', () => mutex.tryAcquire());
    expect(who(mutex)).to.deep.equal(['task "dora"']);
    tried?.release();
    expect(who(mutex)).to.deep.equal([]);

    const taken = await task('anna', () => permits.acquire());
    await task('bert', () =>
      permits.run(() => expect(who(permits)[1]).to.match(/^the run of Semaphore in task "bert"$/)),
    );
    expect(who(permits)).to.deep.equal(['task "anna"']);
    taken.release();

    const reader = await task('anna', () => lock.read());
    const writer = await task('anna', () => reader.upgrade());
    expect(who(lock)).to.deep.equal(['task "anna"']);
    const again = writer.downgrade();
    expect(who(lock)).to.deep.equal([null]);
    again.release();
    expect(who(lock)).to.deep.equal([]);
  });

  it('knows who holds what a branch took, and what was taken from several at once (E9)', async () => {
    record();
    const who = (lock: object): (string | null)[] => holdersOf(lock).map(({ task: by }) => by && String(by));
    const [mutex, permits, lock] = [new Mutex(), new Semaphore(3), new RwLock()];
    const first = await task('anna', () => mutex.acquiring().promise());
    const choice = task('bert', () => anyOf([mutex.acquiring()]).promise());
    expect(who(mutex)).to.deep.equal(['task "anna"']);
    task('carl', () => first.release());
    expect(who(mutex)).to.deep.equal(['task "bert"']);
    (await choice).release();
    const reader = await task('dora', () => lock.reading().promise());
    expect([who(lock), who(mutex)]).to.deep.equal([['task "dora"'], []]);
    reader.release();

    const none = new Semaphore(1);
    const all = [{ semaphore: permits, permits: 2 }, none];
    const hold = await task('anna', () => acquireAll(all));
    expect(holdersOf(permits).map(({ amount }) => amount)).to.deep.equal([2]);
    expect([who(permits), who(none)]).to.deep.equal([['task "anna"'], ['task "anna"']]);
    const waiting = task('bert', () => acquireAll(all));
    const branch = task('carl', () => acquiringAll(all).promise());
    task('dora', () => hold.release());
    expect([who(permits), who(none)]).to.deep.equal([['task "bert"'], ['task "bert"']]);
    (await waiting).release();
    expect(who(none)).to.deep.equal(['task "carl"']);
    (await branch).release();
    expect([who(permits), who(none)]).to.deep.equal([[], []]);
  });

  it('knows of no hold that was given back by who had no use for it, nor of one taken after the end (E9)', async () => {
    const waits = record();
    const mutex = new Mutex();
    const both = allOf([mutex.acquiring(), new Completion()]);
    expect(holdersOf(mutex).length).to.equal(1);
    both.cancel();
    expect([mutex.locked, holdersOf(mutex)]).to.deep.equal([false, []]);
    const hold = await mutex.acquire();
    const late = mutex.acquiring().promise();
    waits.stop();
    hold.release();
    expect([mutex.locked, holdersOf(mutex)]).to.deep.equal([true, []]);
    (await late).release();
  });

  it('makes known whose a queue is, of whatever is waited for', () => {
    record();
    const ending = new AbortController();
    const [latch, barrier, once] = [new Latch(1), new Barrier(2), new Once(() => new Promise<never>(() => undefined))];
    const branches = [new Channel().receiving(), new EventCounter().reading(), latch.opening(), barrier.arriving(), once.getting()]; // prettier-ignore
    for (const branch of branches) branch.promise().catch(() => undefined);
    expect(branches.map(nameOf)).to.deep.equal(['Taking of Channel', 'Taking of EventCounter', 'Wakened of Latch', 'Wakened of Barrier', 'Wakened of Once']); // prettier-ignore
    for (const branch of branches) branch.cancel();
    ending.abort();
  });

  it('knows that who waits for a condition holds the mutex again', async () => {
    record();
    const mutex = new Mutex();
    const condition = new Condition(mutex);
    const hold = await task('anna', () => mutex.acquire());
    const waiting = condition.wait(hold);
    expect(holdersOf(mutex)).to.deep.equal([]);
    condition.notify();
    await waiting;
    expect(holdersOf(mutex).map(({ task: by }) => String(by))).to.deep.equal(['task "anna"']);
    hold.release();
  });

  it('is on once at a time, and refuses an impossible threshold', () => {
    expect(() => recordWaits({ hungAfterMs: 0 }))
      .to.throw(RangeError, 'got 0')
      .with.property('code', 'ERR_DELAY');
    record();
    expect(() => recordWaits())
      .to.throw('already')
      .with.property('code', 'ERR_RECORDING');
    const first = recording;
    first?.stop();
    record();
    first?.stop();
    const waiting = new WaitQueue();
    void waiting.next();
    expect(recordedWaits().map(({ queue }) => queue)).to.deep.equal([waiting]);
    waiting.wake();
  });

  it('runs the library’s own methods again when it is off, and forgets (W7)', async () => {
    const methods = (): unknown[] => [
      ...[WaitQueue, Takers, Mutex, Semaphore, RwLock, Hold, SemaphoreGroup, Channel, Once].flatMap(({ prototype }) =>
        Object.getOwnPropertyNames(prototype).flatMap((name) => {
          const value: unknown = Object.getOwnPropertyDescriptor(prototype, name)?.value;
          return typeof value === 'function' ? [value] : [];
        }),
      ),
    ];
    const before = methods();
    const waits = record();
    const mutex = new Mutex();
    const hold = await mutex.acquire();
    expect(methods()).to.not.deep.equal(before);
    waits[Symbol.dispose]();
    expect(methods().every((method, index) => method === before[index])).to.equal(true);
    expect([recordedWaits(), holdersOf(mutex), hold.release()]).to.deep.equal([[], [], true]);
  });

  it('takes one trace for a wait, also for that of a branch, whose turn comes (W7)', () => {
    const mutex = new Mutex();
    const hold = mutex.tryAcquire();
    using waits = recordWaits();
    const { prepareStackTrace } = Error;
    let traces = 0;
    Error.prepareStackTrace = () => `trace ${String(++traces)}`;
    const branch = mutex.acquiring();
    branch.notify(() => undefined);
    Error.prepareStackTrace = prepareStackTrace;
    expect([waits.waits().length, traces]).to.deep.equal([1, 1]);
    branch.cancel();
    hold?.release();
  });

  it('takes no byte for a wait while it is off, also after it was on', function () {
    this.timeout(180_000);
    const program = fileURLToPath(new URL('allocations.ts', import.meta.url));
    // In one thread: else it depends on how busy the machine is when what is hot has been compiled, which allocates less.
    const heap = ['--expose-gc', '--single-threaded', '--max-semi-space-size=64', '--min-semi-space-size=64'];
    const flags = [...heap, '--import', 'tsx'];
    const cwd = fileURLToPath(new URL('../..', import.meta.url));
    const { stdout, stderr } = spawnSync(process.execPath, [...flags, program], { cwd, encoding: 'utf8' });
    expect(stderr).to.equal('');
    const { before, after, on } = JSON.parse(stdout) as Record<string, Record<string, number>>;
    expect(Object.keys(before!)).to.deep.equal(['plain', 'branch', 'several']);
    for (const [kind, bytes] of Object.entries(before!)) {
      // Of a branch the host's own share differs a little from one time to the next.
      expect(after![kind], kind).to.be.at.most(kind === 'plain' ? bytes : bytes * 1.03);
      expect(on![kind], kind).to.be.greaterThan(bytes + 100);
    }
  });
});
