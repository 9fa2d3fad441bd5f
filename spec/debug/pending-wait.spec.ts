import { expect } from 'chai';
import sinon from 'sinon';
import { describe as named } from '../../lib/debug/description.js';
import { isWait, PendingWait } from '../../lib/debug/pending-wait.js';
import { Task } from '../../lib/debug/task.js';
import {
  acquireAll,
  allOf,
  Channel,
  Completion,
  firstOf,
  Mutex,
  Semaphore,
  WaitEntry,
  WaitQueue,
  WOKEN,
} from '../../lib/index.js';
import { alive } from '../pains/alive.js';

describe('PendingWait', () => {
  let clock: sinon.SinonFakeTimers;
  beforeEach(() => {
    clock = sinon.useFakeTimers({ toFake: ['performance'] });
  });
  afterEach(() => clock.restore());

  it('tells what is waited for, for how long and by whom, until it is over', () => {
    const queue = named(new WaitQueue(), 'letters');
    const entry = new WaitEntry(() => WOKEN);
    queue.add(entry);
    const wait = new PendingWait(entry, new Task('task "anna"', null));
    clock.tick(1500);
    expect([wait.queue, wait.ageMs]).to.deep.equal([queue, 1500]);
    expect(wait.toString().split('\n')[0]).to.equal(
      'WaitQueue "letters" has been waited for in task "anna" for 1500 ms',
    );
    queue.remove(entry);
    expect(wait.queue).to.equal(null);
    expect(wait.toString()).to.contain('a wait (over)');
  });

  it('tells where it began, without the calls within the package', () => {
    function begin(): PendingWait {
      return new PendingWait(new WaitEntry(() => WOKEN), null);
    }
    const { stack, where } = begin();
    expect(stack[0]).to.contain('begin').and.to.contain('pending-wait.spec');
    expect(stack.filter((line) => line.includes('/lib/') && !line.includes('node_modules'))).to.deep.equal([]);
    expect(where).to.contain('for 0 ms, at begin');
    expect(stack.filter((line) => line.includes('node:'))).to.deep.equal([]);
  });

  it('is over when nobody can wake who waits any more', async () => {
    const entries = Array.from({ length: 10 }, () => new WaitEntry(() => WOKEN));
    const waits = entries.map((entry) => new PendingWait(entry, null));
    const collected = entries.splice(0).map((entry) => new WeakRef(entry));
    expect(await alive(collected)).to.equal(0);
    expect([waits[0]!.waited, waits[0]!.queue]).to.deep.equal([null, null]);
    expect(String(waits[0])).to.contain('a wait (over)');
  });

  it('tells of a compound what it stands on in the end, and how many of many', () => {
    const [mutex, jobs] = [named(new Mutex(), 'accounts'), named(new Channel(), 'jobs')];
    const held = mutex.tryAcquire();
    const choice = firstOf([mutex.acquiring(), jobs.receiving()]);
    choice.notify(() => undefined);
    const waiter = (waited: WaitQueue): string => String(new PendingWait([...waited].at(-1)!, null)).split('\n')[1]!;
    expect(waiter(choice)).to.equal('    it stands on Mutex "accounts", Channel "jobs"');
    const many = allOf(Array.from({ length: 100_000 }, () => new WaitQueue()));
    many.notify(() => undefined);
    expect(waiter(many)).to.equal(`    it stands on ${'WaitQueue, '.repeat(5)}…`);
    const queue = new WaitQueue();
    void queue.next();
    expect(waiter(queue)).to.not.contain('stands on');
    choice.cancel();
    held?.release();
  });

  it('tells of several semaphores that are waited for at once', async () => {
    const [disks, tapes] = [named(new Semaphore(1), 'disks'), named(new Semaphore(1), 'tapes')];
    const hold = await tapes.acquire();
    const waiting = acquireAll([disks, tapes]);
    const wait = new PendingWait(disks.takers.head!, null);
    expect(String(wait)).to.match(
      /^SemaphoreGroup \(1 of Semaphore "disks", 1 of Semaphore "tapes"\) has been waited for/,
    );
    expect(wait.waited).to.not.equal(wait.queue);
    hold.release();
    (await waiting).release();
    expect([wait.waited, wait.queue]).to.deep.equal([null, null]);
  });

  it('sees who waits also behind many calls, and leaves the depth of stacks as it was', () => {
    const behind = (calls: number): PendingWait =>
      calls === 0 ? new PendingWait(new WaitEntry(() => WOKEN), null) : behind(calls - 1);
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = 10;
    try {
      const { stack } = behind(30);
      expect([stack.length > 30, Error.stackTraceLimit]).to.deep.equal([true, 10]);
    } finally {
      Error.stackTraceLimit = stackTraceLimit;
    }
  });
});

describe('isWait', () => {
  it('knows those who wait from layers and listeners that stay', () => {
    const queue = new WaitQueue();
    void queue.next();
    queue.add(new WaitEntry(() => WOKEN));
    expect(Array.from(queue, isWait)).to.deep.equal([true, false]);
    const completion = new Completion();
    void completion.promise();
    completion.notify(() => undefined);
    completion.intercept(() => undefined);
    completion.onCancel(() => undefined);
    expect(Array.from(completion as WaitQueue, isWait)).to.deep.equal([false, false, true, true]);
  });
});
