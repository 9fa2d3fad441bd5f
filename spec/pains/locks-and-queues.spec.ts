import { expect } from 'chai';
import { getEventListeners } from 'node:events';
import sinon from 'sinon';
import { Mutex, Semaphore, TimeoutError } from '../../lib/index.js';

/** What users of locks and task queues suffer when one who waits gives up: docs/pains.md tells the stories. */
describe('a lock or a queue of tasks', () => {
  /** A task queue is a semaphore: `run` waits for a permit, runs and gives it back. */
  const tasks = (atOnce: number): Semaphore => new Semaphore(atOnce);
  const endOf = (task: Promise<unknown>): Promise<unknown> => task.catch((error: unknown) => error);

  it('holds no place for a task that was aborted (sindresorhus/p-queue#219)', async () => {
    const queue = tasks(1);
    const running = await queue.acquire();
    const controller = new AbortController();
    const body = sinon.spy();
    const aborted = endOf(queue.run(body, { signal: controller.signal }));
    const next = queue.run(() => 'next');
    expect(queue.waiting).to.equal(2);
    controller.abort('no longer wanted');
    expect(queue.waiting).to.equal(1);
    running.release();
    expect([await next, await aborted, body.called]).to.deep.equal(['next', 'no longer wanted', false]);
  });

  it('goes on when running and waiting tasks are aborted together (sindresorhus/p-queue#168)', async () => {
    const queue = tasks(2);
    const controller = new AbortController();
    const { signal } = controller;
    const task = (): Promise<unknown> =>
      endOf(
        queue.run(() => new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))), {
          signal,
        }),
      );
    const all = [task(), task(), task(), task()];
    await queue.run(() => undefined, { barge: true, timeoutMs: 0 }).catch(() => undefined);
    controller.abort('stop');
    expect(await Promise.all(all)).to.deep.equal(['stop', 'stop', 'stop', 'stop']);
    expect([queue.free, queue.waiting, await queue.run(() => 'goes on')]).to.deep.equal([2, 0, 'goes on']);
  });

  it('settles what was aborted while it was queued, at once (sindresorhus/p-queue#241)', async () => {
    const queue = tasks(1);
    const running = await queue.acquire();
    const controller = new AbortController();
    const settled = sinon.spy();
    void endOf(queue.run(() => undefined, { signal: controller.signal })).then(settled);
    controller.abort('gone');
    await new Promise((resolve) => setImmediate(resolve));
    expect([settled.args, running.released]).to.deep.equal([[['gone']], false]);
    running.release();
  });

  it('lets one who waits be removed, from the middle, and keeps the order of the others (sindresorhus/p-queue#227, sindresorhus/p-queue#254, DirtyHairy/async-mutex#28, DirtyHairy/async-mutex#67)', async () => {
    const mutex = new Mutex();
    const held = await mutex.acquire();
    const second = new AbortController();
    const trace: unknown[] = [];
    const wait = (name: string, signal?: AbortSignal): Promise<unknown> =>
      mutex.run(() => trace.push(name), signal && { signal }).catch((error: unknown) => trace.push(error));
    const all = [wait('first'), wait('second', second.signal), wait('third')];
    second.abort('second left');
    expect(mutex.waiting).to.equal(2);
    held.release();
    await Promise.all(all);
    expect(trace).to.have.members(['first', 'second left', 'third']);
    expect(trace.indexOf('first')).to.be.lessThan(trace.indexOf('third'));
  });

  it('leaves no promise hanging when all are sent away (sindresorhus/p-queue#239)', async () => {
    const queue = tasks(1);
    const running = await queue.acquire();
    const clear = new AbortController();
    const all = Array.from({ length: 100 }, () => endOf(queue.acquire({ signal: clear.signal })));
    clear.abort('cleared');
    expect(queue.waiting).to.equal(0);
    expect(new Set(await Promise.all(all))).to.deep.equal(new Set(['cleared']));
    running.release();
    expect(queue.free).to.equal(1);
  });

  it('leaves no listener on the signal, whether it was served, aborted or too late (sindresorhus/p-queue#235)', async () => {
    const queue = tasks(1);
    const { signal } = new AbortController();
    const listeners = (): number => getEventListeners(signal, 'abort').length;
    const first = await queue.acquire({ signal });
    expect(listeners()).to.equal(0);
    const second = queue.acquire({ signal });
    const third = endOf(queue.acquire({ signal, timeoutMs: 0 }));
    expect(listeners()).to.equal(1);
    expect(await third).to.be.instanceOf(TimeoutError);
    expect(listeners()).to.equal(1);
    first.release();
    (await second).release();
    expect(listeners()).to.equal(0);
  });

  it('knows nothing of who timed out from that moment on: nobody is granted the lock in their place (DirtyHairy/async-mutex#54)', async () => {
    const clock = sinon.useFakeTimers();
    try {
      const mutex = new Mutex();
      const held = await mutex.acquire();
      const late = endOf(mutex.acquire({ timeoutMs: 10 }));
      expect(mutex.waiting).to.equal(1);
      clock.tick(10);
      expect(mutex.waiting).to.equal(0);
      held.release();
      expect(mutex.locked).to.equal(false);
      expect(mutex.tryAcquire()?.release()).to.equal(true);
      expect(await late).to.be.instanceOf(TimeoutError);
      expect(mutex.locked).to.equal(false);
    } finally {
      clock.restore();
    }
  });
});
