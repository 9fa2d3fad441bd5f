import { expect } from 'chai';
import { EventEmitter } from 'node:events';
import {
  Completion,
  firstOf,
  fromEmitter,
  PASS,
  sequence,
  WaitEntry,
  WaitQueue,
  waitUntil,
  WOKEN,
} from '../../lib/index.js';
import { alive, warningsOf } from './alive.js';

/** What users suffer who wait for an event: docs/pains.md tells the stories. */
describe('waiting for an event', () => {
  it('and then for the next loses none that comes in the same turn (nodejs/node#32431, nodejs/node#34220, nodejs/node#61572, sindresorhus/p-event#27, cojs/await-event#1)', async () => {
    const emitter = new EventEmitter();
    const steps = sequence([
      () => fromEmitter(emitter, 'connect'),
      () => fromEmitter(emitter, 'data'),
      () => fromEmitter(emitter, 'end'),
    ]);
    emitter.emit('connect', 'a host');
    emitter.emit('data', 'all of it');
    emitter.emit('end');
    expect(await steps).to.deep.equal([['a host'], ['all of it'], []]);
    expect(emitter.eventNames()).to.deep.equal([]);
  });

  it('has every event of one turn when it stays on the queue (nodejs/node#32431)', () => {
    const seen: unknown[] = [];
    const data = new WaitQueue();
    const entry = new WaitEntry((_, key) => (seen.push(key), WOKEN));
    data.add(entry);
    for (const chunk of ['a', 'b', 'c']) data.wake(chunk);
    data.remove(entry);
    expect(seen).to.deep.equal(['a', 'b', 'c']);
  });

  it('many at once has one listener for all of them (nodejs/node#37582, vercel/next.js#29885, Agoric/agoric-sdk#12625)', async () => {
    const socket = new EventEmitter();
    const warnings = await warningsOf(async () => {
      const waits = Array.from({ length: 100 }, () => fromEmitter(socket, 'drain'));
      expect(socket.listenerCount('drain')).to.equal(1);
      socket.emit('drain');
      await Promise.all(waits);
    });
    expect([warnings, socket.eventNames()]).to.deep.equal([[], []]);
  });

  it('or for an error leaves no listener for the other, however it ends (TimonKK/clickhouse#113, getsentry/cli#989)', async () => {
    const socket = new EventEmitter();
    const drained = firstOf([fromEmitter(socket, 'drain'), fromEmitter(socket, 'close')]);
    socket.emit('drain');
    expect([await drained, socket.eventNames()]).to.deep.equal([[], []]);
    const failed = firstOf([fromEmitter(socket, 'drain'), fromEmitter(socket, 'close')]);
    const error = new Error('reset by peer');
    socket.emit('error', error);
    expect([await failed.then(null, (reason: unknown) => reason), socket.eventNames()]).to.deep.equal([error, []]);
    const given = firstOf([fromEmitter(socket, 'drain'), fromEmitter(socket, 'close')]);
    given.cancel();
    expect([given.state, socket.eventNames()]).to.deep.equal(['cancelled', []]);
  });

  it('touches two neighbours when one of 10,000 leaves, not those before it (primus/eventemitter3#255, oven-sh/bun#35801, oven-sh/bun#35823, nodejs/node#64373, ReactiveX/rxjs#2683)', () => {
    const queue = new WaitQueue();
    const entries = Array.from({ length: 10_000 }, () => new WaitEntry(() => WOKEN));
    for (const entry of entries) queue.add(entry);
    const touched = new Set<number>();
    for (const [index, entry] of entries.entries()) {
      for (const field of ['next', 'prev'] as const) {
        let link = entry[field];
        Object.defineProperty(entry, field, {
          get: () => (touched.add(index), link),
          set: (to: WaitEntry | null) => (touched.add(index), (link = to)),
        });
      }
    }
    queue.remove(entries[5000]!);
    expect([...touched].sort()).to.deep.equal([4999, 5000, 5001]);
  });

  it('is not kept from anybody by a listener that throws (medikoo/event-emitter#2, EventEmitter2/EventEmitter2#11, browserify/events#26)', () => {
    const queue = new WaitQueue();
    const called: string[] = [];
    const error = new Error('thrown');
    queue.add(new WaitEntry(() => (called.push('first'), WOKEN)));
    queue.add(
      new WaitEntry(() => {
        throw error;
      }),
    );
    queue.add(new WaitEntry(() => (called.push('last'), WOKEN)));
    expect(() => queue.wakeAll()).to.throw(error);
    expect(called).to.deep.equal(['first', 'last']);
    expect(error).to.have.property('woken', 2);
  });

  it('skips nobody when one who is called takes itself or another off (Effect-TS/effect#7338, Effect-TS/effect#7344)', () => {
    const queue = new WaitQueue();
    const called: string[] = [];
    const add = (name: string, leaving: () => WaitEntry[]): WaitEntry => {
      const entry = new WaitEntry(() => {
        called.push(name);
        for (const each of leaving()) queue.remove(each);
        return WOKEN;
      });
      queue.add(entry);
      return entry;
    };
    const first: WaitEntry = add('first', () => [first]);
    const second: WaitEntry = add('second', () => [second, third, first]);
    const third: WaitEntry = add('third', () => []);
    add('fourth', () => []);
    expect([queue.wakeAll(), called]).to.deep.equal([3, ['first', 'second', 'fourth']]);
    expect(queue.size).to.equal(1);
  });

  it('resumes the second waiter as well as the first, also when the first leaves as it is told (Effect-TS/effect#7365)', async () => {
    const deferred = new Completion<string>();
    const leaving = deferred.notify(() => deferred.remove(leaving));
    const [second, third] = [deferred.promise(), deferred.promise()];
    deferred.complete('value');
    expect(await Promise.all([second, third])).to.deep.equal(['value', 'value']);
  });

  it('is interrupted or completed, never both nor neither (Effect-TS/effect#7194)', async () => {
    for (const order of [
      ['complete', 'cancel'],
      ['cancel', 'complete'],
    ] as const) {
      const operation = new Completion<string>();
      const told: string[] = [];
      operation.notify(({ state }) => told.push(state));
      const answers = order.map((verb) => (verb === 'complete' ? operation.complete('value') : operation.cancel()));
      const first = order[0] === 'complete' ? 'done' : 'cancelled';
      expect([told, operation.state]).to.deep.equal([[first], first]);
      expect(answers).to.deep.equal(order[0] === 'complete' ? [true, 'too-late'] : ['cancelled', false]);
    }
    const controller = new AbortController();
    const queue = new WaitQueue();
    const item = ['item'];
    const claimed = waitUntil(queue, () => item.pop(), { exclusive: true, signal: controller.signal });
    queue.wake();
    controller.abort();
    expect([await claimed, item]).to.deep.equal(['item', []]);
  });

  it('keeps nobody who has been told (Effect-TS/effect#3998)', async () => {
    const exit = new Completion();
    const observers: WeakRef<object>[] = [];
    const observe = (): void => {
      const observer = { seen: 0 };
      observers.push(new WeakRef(observer));
      exit.notify(() => observer.seen++);
    };
    for (let i = 0; i < 1000; i++) observe();
    exit.complete();
    observe();
    expect([exit.size, await alive(observers), exit.state]).to.deep.equal([0, 0, 'done']);
  });

  it('passes on a wake-up that is not for it, which an emitter cannot (nodejs/node#37582)', () => {
    const queue = new WaitQueue();
    const taken: string[] = [];
    queue.addExclusive(new WaitEntry(() => PASS));
    queue.addExclusive(new WaitEntry(() => (taken.push('second'), WOKEN)));
    queue.addExclusive(new WaitEntry(() => (taken.push('third'), WOKEN)));
    expect([queue.wake(), taken]).to.deep.equal([1, ['second']]);
  });
});
