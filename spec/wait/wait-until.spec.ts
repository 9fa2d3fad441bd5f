import { getEventListeners } from 'node:events';
import { promiseHooks } from 'node:v8';
import { expect } from 'chai';
import sinon from 'sinon';
import { ArgumentRangeError, TimeoutError } from '../../lib/wait/errors.js';
import { WaitQueue } from '../../lib/wait/queue.js';
import { waitUntil } from '../../lib/wait/wait-until.js';
import { Recorder, thrownBy } from './recorder.js';

describe('waitUntil', () => {
  let queue: WaitQueue;
  let tokens: number;

  /** Claims a token if there is one; truthy is its number. */
  const take = (): number => (tokens > 0 ? tokens-- : 0);
  const rejection = (promise: Promise<unknown>): Promise<unknown> =>
    promise.then(
      (value) => new Error(`resolved with ${String(value)}`),
      (error: unknown) => error,
    );

  beforeEach(() => {
    queue = new WaitQueue();
    tokens = 0;
  });

  it('resolves at once when the condition holds, and is not queued', async () => {
    tokens = 2;
    const got = waitUntil(queue, take);
    expect([queue.active, tokens]).to.deep.equal([false, 1]);
    expect(await got).to.equal(2);
  });

  it('claims in the wake function: many waiters get what there is, one each, in order (W6)', async () => {
    const got: string[] = [];
    const waits = ['a', 'b', 'c'].map(async (name) => {
      got.push(`${name} got ${await waitUntil(queue, take)}`);
    });
    tokens = 2;
    expect(queue.wake()).to.equal(2);
    expect([tokens, queue.size]).to.deep.equal([0, 1]);
    await Promise.all(waits.slice(0, 2));
    expect(got).to.deep.equal(['a got 2', 'b got 1']);
    tokens = 1;
    queue.wake();
    await Promise.all(waits);
    expect(got.slice(2)).to.deep.equal(['c got 1']);
  });

  it('is registered before it returns, so that no wake is lost (W6)', async () => {
    const wait = waitUntil(queue, take);
    tokens = 1;
    expect(queue.wake()).to.equal(1);
    expect(await wait).to.equal(1);
  });

  it('lets nobody in between the claim and the sleeper (W6)', async () => {
    const wait = waitUntil(queue, take);
    tokens = 1;
    queue.wake();
    const barger = waitUntil(queue, take);
    expect(queue.size).to.equal(1);
    expect(await wait).to.equal(1);
    tokens = 7;
    queue.wake();
    expect(await barger).to.equal(7);
  });

  it('does not leave the queue for a false condition: that costs no microtask (W6)', async () => {
    const wait = waitUntil(queue, take);
    const queued = sinon.spy(globalThis, 'queueMicrotask');
    let promises = 0;
    const count = (): number => promises++;
    const stops = [promiseHooks.onInit(count), promiseHooks.onSettled(count)] as (() => void)[];
    for (let times = 0; times < 100; times++) queue.wake();
    for (const stop of stops) stop();
    queued.restore();
    expect([promises, queued.callCount, queue.size]).to.deep.equal([0, 0, 1]);
    tokens = 1;
    queue.wake();
    await wait;
  });

  it('eats no exclusive wake-up for a false condition (W2, W6)', async () => {
    const never = new AbortController();
    const unlucky = waitUntil(queue, () => false, { exclusive: true, signal: never.signal });
    const lucky = waitUntil(queue, take, { exclusive: true });
    tokens = 1;
    expect(queue.wake('key', 1)).to.equal(1);
    expect(await lucky).to.equal(1);
    expect(queue.size).to.equal(1);
    never.abort('end');
    await rejection(unlucky);
  });

  it('takes one exclusive wake-up for a true condition (W2, W6)', async () => {
    const first = waitUntil(queue, take, { exclusive: true });
    const second = waitUntil(queue, take, { exclusive: true });
    tokens = 2;
    expect(queue.wake('key', 1)).to.equal(1);
    expect([tokens, queue.size]).to.deep.equal([1, 1]);
    queue.wake();
    expect(await Promise.all([first, second])).to.deep.equal([2, 1]);
  });

  it('asks the condition with nothing, first and later (W6)', async () => {
    const given: unknown[][] = [];
    const condition = (...all: unknown[]): boolean => given.push(all) > 1;
    const wait = waitUntil(queue, condition);
    queue.wake('key');
    await wait;
    expect(given).to.deep.equal([[], []]);
  });

  it('does not ask again once it was chosen (W6)', async () => {
    const condition = sinon.stub().returns(false);
    const wait = waitUntil(queue, condition as () => boolean);
    condition.returns(true);
    queue.wake();
    queue.wake();
    expect(condition.callCount).to.equal(2);
    expect(await wait).to.equal(true);
  });

  describe('with a condition that wakes its own queue', () => {
    it('is not asked from inside itself, and others are woken (W3, W6)', async () => {
      const recorder = new Recorder();
      let ready = false;
      let asked = 0;
      const wait = waitUntil(queue, () => {
        asked++;
        if (ready) queue.wake('nested');
        return ready;
      });
      const other = recorder.entry('other');
      queue.add(other);
      ready = true;
      expect(queue.wake('outer')).to.equal(2);
      expect(asked).to.equal(2);
      expect(recorder.calls).to.deep.equal(['other', 'other']);
      expect([await wait, queue.size]).to.deep.equal([true, 1]);
    });

    it('is asked again by the next wake (W6)', async () => {
      let asked = 0;
      const wait = waitUntil(queue, () => {
        if (asked > 0) queue.wake('nested');
        return ++asked === 4;
      });
      for (let times = 0; times < 3; times++) queue.wake();
      expect(await wait).to.equal(true);
    });
  });

  describe('with a condition that throws', () => {
    const thrown = new Error('thrown');

    it('at once, rejects and queues nobody (W6)', async () => {
      const wait = waitUntil(queue, () => {
        throw thrown;
      });
      expect(queue.active).to.equal(false);
      expect(await rejection(wait)).to.equal(thrown);
    });

    it('later, ends this wait only: the waker gets nothing, the next has its chance (W2, W5, W6)', async () => {
      const { signal } = new AbortController();
      let asked = 0;
      const condition = (): boolean => {
        if (asked++ > 0) throw thrown;
        return false;
      };
      const wait = waitUntil(queue, condition, { exclusive: true, signal });
      const next = waitUntil(queue, take, { exclusive: true });
      tokens = 1;
      expect(queue.wake('key', 1)).to.equal(1);
      expect(await rejection(wait)).to.equal(thrown);
      expect(await next).to.equal(1);
      expect([queue.active, getEventListeners(signal, 'abort').length]).to.deep.equal([false, 0]);
    });
  });

  describe('with a signal', () => {
    it('that was aborted before does not ask the condition (W6)', async () => {
      tokens = 1;
      const wait = waitUntil(queue, take, { signal: AbortSignal.abort('before') });
      expect([tokens, queue.active]).to.deep.equal([1, false]);
      expect(await rejection(wait)).to.equal('before');
    });

    it('leaves nothing behind when it aborts (W6)', async () => {
      const controller = new AbortController();
      const wait = waitUntil(queue, take, { signal: controller.signal });
      controller.abort('stop');
      expect([queue.active, getEventListeners(controller.signal, 'abort').length]).to.deep.equal([false, 0]);
      tokens = 1;
      expect(queue.wake()).to.equal(0);
      expect(tokens).to.equal(1);
      expect(await rejection(wait)).to.equal('stop');
    });

    it('keeps what it claimed when the abort comes after (W6)', async () => {
      const controller = new AbortController();
      const wait = waitUntil(queue, take, { signal: controller.signal });
      tokens = 1;
      queue.wake();
      controller.abort('too late');
      expect(await wait).to.equal(1);
    });

    it('that the condition itself aborts ends the wait and passes the wake-up on (W2, W6)', async () => {
      const controller = new AbortController();
      let asked = 0;
      const condition = (): boolean => {
        if (asked++ > 0) controller.abort('by the condition');
        return asked > 1;
      };
      const wait = waitUntil(queue, condition, { signal: controller.signal, exclusive: true });
      const next = waitUntil(queue, take, { exclusive: true });
      tokens = 1;
      expect(queue.wake('key', 1)).to.equal(1);
      expect(await rejection(wait)).to.equal('by the condition');
      expect(await next).to.equal(1);
    });

    it('that the condition aborts when it is first asked, and false, queues nobody (W6)', async () => {
      const controller = new AbortController();
      const condition = (): boolean => {
        controller.abort('at once');
        return false;
      };
      const wait = waitUntil(queue, condition, { signal: controller.signal });
      expect(queue.active).to.equal(false);
      expect(await rejection(wait)).to.equal('at once');
    });
  });

  describe('with timeoutMs', () => {
    let clock: sinon.SinonFakeTimers;

    beforeEach(() => (clock = sinon.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })));
    afterEach(() => clock.restore());

    it('ends with a TimeoutError, however often it was woken in vain (W6)', async () => {
      const wait = waitUntil(queue, take, { timeoutMs: 50 });
      for (let times = 0; times < 5; times++) {
        clock.tick(9);
        queue.wake();
      }
      expect(queue.size).to.equal(1);
      clock.tick(5);
      expect([queue.size, clock.countTimers()]).to.deep.equal([0, 0]);
      expect(await rejection(wait)).to.be.instanceOf(TimeoutError);
    });

    it('sets no timer when the condition holds at once', async () => {
      tokens = 1;
      const wait = waitUntil(queue, take, { timeoutMs: 50 });
      expect(clock.countTimers()).to.equal(0);
      expect(await wait).to.equal(1);
    });

    it('clears the timer when it was chosen (W6)', async () => {
      const wait = waitUntil(queue, take, { timeoutMs: 50 });
      tokens = 1;
      queue.wake();
      expect(clock.countTimers()).to.equal(0);
      expect(await wait).to.equal(1);
    });

    it('is refused at once when it is no delay, before the condition is asked', () => {
      tokens = 1;
      const error = thrownBy(() => void waitUntil(queue, take, { timeoutMs: -5 }));
      expect(error).to.be.instanceOf(ArgumentRangeError).and.include({ code: 'ERR_DELAY' });
      expect((error as Error).message).to.include('-5');
      expect([tokens, queue.active]).to.deep.equal([1, false]);
    });
  });

  it('has a type that is known to be truthy', async () => {
    const item = (): { name: string } | null => ({ name: 'item' });
    const got: { name: string } = await waitUntil(queue, item);
    expect(got.name).to.equal('item');
    // @ts-expect-error: a condition that holds is never null
    const isNull: null = await waitUntil(queue, item);
    expect(isNull).not.to.equal(null);
  });
});
