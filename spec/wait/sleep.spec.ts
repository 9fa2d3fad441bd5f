import { getEventListeners } from 'node:events';
import { expect } from 'chai';
import sinon from 'sinon';
import { ArgumentRangeError, TimeoutError } from '../../lib/wait/errors.js';
import { WaitQueue } from '../../lib/wait/queue.js';
import { sleep, type SleepOptions } from '../../lib/wait/sleep.js';
import { Recorder, thrownBy } from './recorder.js';
import { Completion } from '../../lib/event/completion.js';
import { SETTLE } from '../../lib/wait/keys.js';

/** What the promise rejects with; an error of its own if it does not. */
async function rejection(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    (value) => new Error(`resolved with ${String(value)}`),
    (error: unknown) => error,
  );
}

const listeners = (signal: AbortSignal): number => getEventListeners(signal, 'abort').length;

describe('sleep', () => {
  let queue: WaitQueue;
  let clock: sinon.SinonFakeTimers;

  beforeEach(() => {
    queue = new WaitQueue();
    clock = sinon.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  });

  afterEach(() => {
    // Whatever a spec does, nothing is left behind (W6).
    expect([queue.active, clock.countTimers()]).to.deep.equal([false, 0]);
    clock.restore();
  });

  it('resolves with the key of the wake, for each who sleeps (W6)', async () => {
    const sleepers = [sleep(queue, null), sleep(queue, null, {}), sleep(queue, null, { timeoutMs: 5 })];
    expect(queue.size).to.equal(3);
    expect(queue.wake('key')).to.equal(3);
    expect(await Promise.all(sleepers)).to.deep.equal(['key', 'key', 'key']);
  });

  it('resolves with what its test gave, when that is truthy (W6)', async () => {
    let item: string | null = null;
    const sleeper = sleep(queue, () => item);
    expect(queue.wake('key')).to.equal(0);
    item = 'item';
    expect(queue.wake('key')).to.equal(1);
    expect(await sleeper).to.equal('item');
  });

  it('calls its test with nothing, not with the key (W6)', async () => {
    const given: unknown[][] = [];
    const test = (...all: unknown[]): number => given.push(all);
    const sleeper = sleep(queue, test);
    queue.wake('key');
    await sleeper;
    expect(given).to.deep.equal([[]]);
  });

  const places: [what: string, options: SleepOptions | undefined, order: string[]][] = [
    ['at the end of the shared part', undefined, ['a', 'sleeper', 'x']],
    ['at the end of the shared part', {}, ['a', 'sleeper', 'x']],
    ['in front of the shared part', { first: true }, ['sleeper', 'a', 'x']],
    ['at the end of the exclusive part', { exclusive: true }, ['a', 'x', 'sleeper']],
    ['in front of the exclusive part', { exclusive: true, first: true }, ['a', 'sleeper', 'x']],
  ];
  for (const [what, options, order] of places) {
    it(`stands ${what} with ${options === undefined ? 'no options' : JSON.stringify(options)} (W1)`, async () => {
      const [a, x] = new Recorder().entries('a', 'x');
      queue.add(a);
      queue.addExclusive(x);
      const sleeper = sleep(queue, null, options);
      expect([...queue].map(({ data }) => (typeof data === 'string' ? data : 'sleeper'))).to.deep.equal(order);
      queue.wakeAll();
      await sleeper;
      queue.remove(a);
      queue.remove(x);
    });
  }

  describe('with timeoutMs', () => {
    it('rejects with a TimeoutError when the time is over, and not before (W6)', async () => {
      const sleeper = sleep(queue, null, { timeoutMs: 50 });
      clock.tick(49);
      expect(queue.size).to.equal(1);
      clock.tick(1);
      expect(queue.size).to.equal(0);
      const error = await rejection(sleeper);
      expect(error).to.be.instanceOf(TimeoutError).and.include({ timeoutMs: 50, code: 'ERR_TIMEOUT' });
    });

    it('ends each of many at its own time (W6)', async () => {
      const ended: string[] = [];
      const all = [30, 10, 20].map(async (timeoutMs) => {
        await rejection(sleep(queue, null, { timeoutMs }));
        ended.push(`${timeoutMs}`);
      });
      for (const left of [3, 2, 1, 0]) {
        expect(queue.size).to.equal(left);
        await clock.tickAsync(10);
      }
      await Promise.all(all);
      expect(ended).to.deep.equal(['10', '20', '30']);
    });

    it('is cleared when the sleeper is woken first (W6)', async () => {
      const sleeper = sleep(queue, null, { timeoutMs: 50 });
      expect(clock.countTimers()).to.equal(1);
      queue.wake('key');
      expect(clock.countTimers()).to.equal(0);
      expect(await sleeper).to.equal('key');
    });

    it('that is over first takes no exclusive wake-up from the next (W2, W6)', async () => {
      const late = sleep(queue, null, { timeoutMs: 0, exclusive: true });
      const next = sleep(queue, null, { exclusive: true });
      clock.tick(0);
      expect(queue.wake('key')).to.equal(1);
      expect(await next).to.equal('key');
      expect(await rejection(late)).to.be.instanceOf(TimeoutError);
    });

    it('of a sleeper that was chosen in the same turn changes nothing (W6)', async () => {
      const sleeper = sleep(queue, null, { timeoutMs: 1 });
      setTimeout(() => queue.wake('in time'), 0);
      clock.tick(1);
      expect(await sleeper).to.equal('in time');
    });

    for (const timeoutMs of [-1, NaN, Infinity, 2 ** 31]) {
      it(`of ${timeoutMs} is refused at once, named, and nobody is queued`, () => {
        const error = thrownBy(() => void sleep(queue, null, { timeoutMs }));
        expect(error).to.be.instanceOf(ArgumentRangeError).and.include({ code: 'ERR_DELAY' });
        expect((error as Error).message)
          .to.include(String(timeoutMs))
          .and.include('timeoutMs');
      });
    }

    it('keeps the process alive unless unref is asked for', () => {
      clock.restore();
      const timers = (): number => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;
      const before = timers();
      const sleepers = [sleep(queue, null, { timeoutMs: 1e6, unref: true })];
      const unreferenced = timers() - before;
      sleepers.push(sleep(queue, null, { timeoutMs: 1e6 }));
      const referenced = timers() - before;
      queue.wake();
      expect([unreferenced, referenced, timers() - before]).to.deep.equal([0, 1, 0]);
      clock = sinon.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    });
  });

  describe('with a signal', () => {
    it('rejects with the reason of the signal, whatever it is (W6)', async () => {
      for (const reason of [new Error('stop'), 'stop', 0, null]) {
        const controller = new AbortController();
        const sleeper = sleep(queue, null, { signal: controller.signal });
        controller.abort(reason);
        expect(queue.size).to.equal(0);
        expect(await rejection(sleeper)).to.equal(reason);
      }
    });

    it('rejects with the platform’s AbortError when no reason was given (W6)', async () => {
      const controller = new AbortController();
      const sleeper = sleep(queue, null, { signal: controller.signal });
      controller.abort();
      expect(await rejection(sleeper)).to.include({ name: 'AbortError' });
    });

    it('that was aborted before rejects at once and queues nobody (W6)', async () => {
      const sleeper = sleep(queue, null, { signal: AbortSignal.abort('before'), timeoutMs: 5 });
      expect([queue.size, clock.countTimers()]).to.deep.equal([0, 0]);
      expect(await rejection(sleeper)).to.equal('before');
    });

    it('ends all who sleep with it, on several queues, in order (W6)', async () => {
      const controller = new AbortController();
      const other = new WaitQueue();
      const ended: number[] = [];
      const all = [queue, other, queue].map(async (on, index) => {
        await rejection(sleep(on, null, { signal: controller.signal }));
        ended.push(index);
      });
      controller.abort();
      expect([queue.size, other.size]).to.deep.equal([0, 0]);
      await Promise.all(all);
      expect(ended).to.deep.equal([0, 1, 2]);
    });

    it('has one listener however many sleep, and none after they woke (W6)', async () => {
      const { signal } = new AbortController();
      const warnings: Error[] = [];
      const note = (warning: Error): unknown => warnings.push(warning);
      process.on('warning', note);
      const sleepers = Array.from({ length: 1000 }, (_, index) =>
        sleep(queue, null, index % 2 === 0 ? { signal } : { signal, timeoutMs: 5 }),
      );
      expect(listeners(signal)).to.equal(1);
      queue.wake();
      expect(listeners(signal)).to.equal(0);
      await Promise.all(sleepers);
      // Warnings are emitted on a later tick.
      await new Promise(setImmediate);
      process.off('warning', note);
      expect(warnings).to.deep.equal([]);
    });

    it('has no listener left after a timeout, an abort, or one wait after another (W6)', async () => {
      const controller = new AbortController();
      const { signal } = controller;
      for (let count = 0; count < 20; count++) {
        const sleeper = sleep(queue, null, { signal });
        queue.wake();
        await sleeper;
      }
      expect(listeners(signal)).to.equal(0);

      const late = sleep(queue, null, { signal, timeoutMs: 5 });
      clock.tick(5);
      expect(listeners(signal)).to.equal(0);
      await rejection(late);

      const ended = sleep(queue, null, { signal });
      controller.abort('stop');
      expect(listeners(signal)).to.equal(0);
      await rejection(ended);
    });

    it('that aborts after the sleeper was chosen changes nothing (W6)', async () => {
      const controller = new AbortController();
      const sleeper = sleep(queue, null, { signal: controller.signal, exclusive: true });
      const next = sleep(queue, null, { exclusive: true });
      expect(queue.wake('key')).to.equal(1);
      controller.abort('too late');
      expect(await sleeper).to.equal('key');
      queue.wake('other key');
      expect(await next).to.equal('other key');
    });

    it('that aborts first lets the next have the wake-up, in the same turn (W2, W6)', async () => {
      const controller = new AbortController();
      const sleeper = sleep(queue, null, { signal: controller.signal, exclusive: true });
      const next = sleep(queue, null, { exclusive: true });
      controller.abort('in time');
      expect(queue.wake('key')).to.equal(1);
      expect(await rejection(sleeper)).to.equal('in time');
      expect(await next).to.equal('key');
    });

    it('that aborts during the walk ends who was not reached yet (W3, W6)', async () => {
      const controller = new AbortController();
      const recorder = new Recorder();
      const aborts = recorder.entry('aborts', { once: true, does: () => controller.abort('during') });
      queue.add(aborts);
      const sleeper = sleep(queue, null, { signal: controller.signal });
      expect(queue.wake('key')).to.equal(1);
      expect(await rejection(sleeper)).to.equal('during');
    });

    it('and a timeout: whichever comes first ends the wait, once (W6)', async () => {
      const controller = new AbortController();
      const both = { signal: controller.signal, timeoutMs: 10 };
      const first = sleep(queue, null, both);
      clock.tick(10);
      const second = sleep(queue, null, both);
      controller.abort('stop');
      clock.tick(10);
      expect(await rejection(first)).to.be.instanceOf(TimeoutError);
      expect(await rejection(second)).to.equal('stop');
    });
  });

  it('on a completion ends with it, before and after it has settled, and keeps to its time (C2 W6)', async () => {
    const completion = new Completion();
    const { signal } = new AbortController();
    const options = { signal, timeoutMs: 10 };
    const before = [completion.next(options), sleep(completion, () => 'tested', options)];
    const never = rejection(sleep(completion, () => false, options));
    completion.complete();
    expect(await Promise.all([...before, completion.next(options)])).to.deep.equal([SETTLE, 'tested', SETTLE]);
    clock.tick(10);
    expect(await never).to.be.instanceOf(TimeoutError);
    expect(listeners(signal)).to.equal(0);
  });

  it('on a completion that is asked to cancel passes, until that has settled; a condition is asked (C5 W6)', async () => {
    const completion = new Completion();
    completion.onCancel(() => false);
    const ends: unknown[] = [];
    const note = (key: unknown): unknown => ends.push(key);
    const plain = completion.next().then(note);
    const timed = completion.next({ timeoutMs: 10, exclusive: true }).then(note);
    void sleep(completion, () => completion.cancelRequested && 'asked').then(note);
    expect(completion.cancel()).to.equal('requested');
    for (let turn = 0; turn < 5; turn++) await Promise.resolve();
    expect([ends, completion.size]).to.deep.equal([['asked'], 3]);
    completion.complete();
    await Promise.all([plain, timed]);
    expect(ends).to.deep.equal(['asked', SETTLE, SETTLE]);
  });
});
