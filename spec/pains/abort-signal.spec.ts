import { expect } from 'chai';
import { getEventListeners } from 'node:events';
import {
  Channel,
  Completion,
  firstOf,
  fromSignal,
  Mutex,
  Semaphore,
  toSignal,
  WaitQueue,
  waitUntil,
  watch,
} from '../../lib/index.js';
import { alive, warningsOf } from './alive.js';

const listenersOf = (signal: AbortSignal): number => getEventListeners(signal, 'abort').length;

/** What users of AbortSignal suffer: docs/pains.md tells the stories. */
describe('an AbortSignal', () => {
  it('that lives long keeps nothing of the operations it could have stopped, as AbortSignal.any makes it (nodejs/node#55351, denoland/deno#24842, denoland/deno#32898)', async () => {
    const shutdown = new AbortController();
    const signals: WeakRef<AbortSignal>[] = [];
    const request = async (): Promise<void> => {
      const own = new AbortController();
      const operation = new Completion<string>({ signal: shutdown.signal });
      operation.cancelOn(own.signal);
      signals.push(new WeakRef(toSignal(operation)), new WeakRef(own.signal));
      expect(listenersOf(shutdown.signal)).to.equal(1);
      operation.complete('answer');
      await operation;
    };
    for (let i = 0; i < 2000; i++) await request();
    expect([listenersOf(shutdown.signal), await alive(signals)]).to.deep.equal([0, 0]);
  });

  it('made of several and listened to keeps nothing either (nodejs/node#64476, nodejs/node#64481)', async () => {
    const shutdown = new AbortController();
    const signals: WeakRef<AbortSignal>[] = [];
    const observed = async (): Promise<void> => {
      const operation = new Completion({ signal: shutdown.signal });
      const signal = toSignal(operation);
      signal.addEventListener('abort', () => expect.fail('nobody aborted'));
      signals.push(new WeakRef(signal));
      operation.complete();
      await operation;
    };
    for (let i = 0; i < 2000; i++) await observed();
    expect([listenersOf(shutdown.signal), await alive(signals)]).to.deep.equal([0, 0]);
  });

  it('made of several aborts with the reason of the first that does (nodejs/node#55351)', () => {
    const [one, other] = [new AbortController(), new AbortController()];
    const operation = new Completion({ signal: one.signal });
    operation.cancelOn(other.signal);
    const signal = toSignal(operation);
    const reason = new Error('the user left');
    other.abort(reason);
    one.abort(new Error('too late'));
    expect([signal.aborted, signal.reason, operation.error]).to.deep.equal([true, reason, reason]);
    expect([listenersOf(one.signal), listenersOf(other.signal)]).to.deep.equal([0, 0]);
  });

  it('that ends one wait after the other is left without a listener (nodejs/node#43337, nodejs/node#51010, nodejs/node#51091, nodejs/node#48951)', async () => {
    const { signal } = new AbortController();
    const arrived = new WaitQueue();
    const most: number[] = [];
    for (let i = 0; i < 100; i++) {
      const next = arrived.next({ signal });
      most.push(listenersOf(signal));
      arrived.wake(i);
      expect([await next, listenersOf(signal)]).to.deep.equal([i, 0]);
    }
    expect(Math.max(...most)).to.equal(1);
  });

  it('that ends 1,596 waits at once has one listener, and nothing is printed (nodejs/node#47449, QwenLM/qwen-code#4423, deeplay-io/abort-controller-x#11, sindresorhus/p-retry#71, langchain-ai/langgraphjs#1014, langchain-ai/langchainjs#9905, opral/inlang#3982, oven-sh/bun#29898, jsdom/jsdom#4255, nodejs/node#42259)', async () => {
    const controller = new AbortController();
    const { signal } = controller;
    const [queue, mutex, channel] = [new WaitQueue(), new Mutex(), new Channel()];
    const lock = await mutex.acquire();
    const warnings = await warningsOf(async () => {
      const waits: PromiseLike<unknown>[] = [];
      for (let i = 0; i < 266; i++) {
        const completion = new Completion({ signal });
        waits.push(
          queue.next({ signal }),
          waitUntil(queue, () => false, { signal }),
          mutex.acquire({ signal }),
        );
        waits.push(channel.receive({ signal }), completion, firstOf([completion, fromSignal(signal)]).then());
      }
      expect([waits.length, listenersOf(signal)]).to.deep.equal([1596, 1]);
      const ends = Promise.allSettled(waits);
      controller.abort();
      expect((await ends).length).to.equal(1596);
    });
    expect([warnings, listenersOf(signal)]).to.deep.equal([[], 0]);
    expect([queue.size, mutex.waiting]).to.deep.equal([0, 0]);
    lock.release();
  });

  it('is wired right: aborted before, during and after, with its own reason and no listener left (nodejs/node#35990)', async () => {
    const reason = new Error('stop');
    const rejection = (wait: PromiseLike<unknown>): Promise<unknown> =>
      Promise.resolve(wait).then(
        () => 'fulfilled',
        (error: unknown) => error,
      );
    const waits: [name: string, wait: (signal: AbortSignal) => PromiseLike<unknown>][] = [
      ['a queue', (signal) => new WaitQueue().next({ signal })],
      ['a condition', (signal) => waitUntil(new WaitQueue(), () => false, { signal })],
      ['a completion', (signal) => new Completion({ signal })],
      ['a compound', (signal) => firstOf([new Completion()], { signal })],
      ['a channel', (signal) => new Channel().receive({ signal })],
      ['permits', (signal) => new Semaphore(1).acquire({ signal, permits: 1 })],
    ];
    for (const [name, wait] of waits.slice(0, -1)) {
      const before = new AbortController();
      before.abort(reason);
      expect(await rejection(wait(before.signal)), `${name} before`).to.equal(reason);
      expect(listenersOf(before.signal)).to.equal(0);
      const during = new AbortController();
      const rejected = rejection(wait(during.signal));
      expect(listenersOf(during.signal), name).to.equal(1);
      during.abort(reason);
      expect(await rejected, `${name} during`).to.equal(reason);
      expect(listenersOf(during.signal), name).to.equal(0);
    }
    const after = new AbortController();
    const semaphore = new Semaphore(1);
    const hold = await semaphore.acquire({ signal: after.signal });
    expect(listenersOf(after.signal)).to.equal(0);
    after.abort(reason);
    expect([hold.released, semaphore.free]).to.deep.equal([false, 0]);
  });

  it('can end a wait that is a cell of shared memory elsewhere, and the next waiter is woken (WebAssembly/threads#176)', async () => {
    const controller = new AbortController();
    const cell = new WaitQueue();
    const cancelled = cell.next({ exclusive: true, signal: controller.signal }).catch((error: unknown) => error);
    const other = cell.next({ exclusive: true });
    controller.abort('no longer');
    expect([cell.size, cell.wake('notified')]).to.deep.equal([1, 1]);
    expect([await cancelled, await other]).to.deep.equal(['no longer', 'notified']);
  });

  it('that nobody aborts costs a losing branch nothing once the race is over (nodejs/node#55351)', async () => {
    const { signal } = new AbortController();
    const done = new Completion<number>();
    const race = firstOf([watch(done), signal]);
    expect(listenersOf(signal)).to.equal(1);
    done.complete(1);
    expect([await race, listenersOf(signal)]).to.deep.equal([1, 0]);
  });
});
