import { EventEmitter, once } from 'node:events';
import { WaitQueue as AsyncWaitQueue } from '@esfx/async-waitqueue';
import { firstValueFrom, Subject } from 'rxjs';
import { Completion, ReusableCompletion } from '../../lib/event/index.js';
import { WaitQueue } from '../../lib/wait/index.js';
import { callbackOf, valueOf, type Callback } from '../effects.js';
import { List, Node } from '../ideal-list.js';
import type { Contender, Row } from '../row.js';

const node: Contender = {
  role: 'ideal',
  name: 'a fresh list node and a promise',
  prepare() {
    const source = new List();
    const next = (): Promise<number> =>
      new Promise((resolve) => {
        source.add(new Node(resolve));
      });
    return async (times) => {
      for (let i = 0; i < times; i++) {
        const promise = next();
        source.fire(valueOf(i));
        callbackOf(i)(await promise);
      }
    };
  },
};

const ours: Contender = {
  role: 'ours',
  name: 'queue.next()',
  prepare() {
    const source = new WaitQueue();
    return async (times) => {
      for (let i = 0; i < times; i++) {
        const promise = source.next();
        source.wake(valueOf(i));
        callbackOf(i)((await promise) as number);
      }
    };
  },
};

const reused: Contender = {
  role: 'ours-too',
  name: 'completion.promise() of a completion that is reset',
  prepare() {
    const source = new ReusableCompletion<number>();
    return async (times) => {
      for (let i = 0; i < times; i++) {
        const promise = source.promise();
        source.complete(valueOf(i));
        callbackOf(i)(await promise);
        source.reset();
      }
    };
  },
};

const promised: Contender = {
  role: 'ours-too',
  name: 'completion.promise() of a fresh completion',
  prepare() {
    return async (times) => {
      for (let i = 0; i < times; i++) {
        const source = new Completion<number>();
        const promise = source.promise();
        source.complete(valueOf(i));
        callbackOf(i)(await promise);
      }
    };
  },
};

const awaited: Contender = {
  role: 'ours-too',
  name: 'await of a fresh completion',
  prepare() {
    return async (times) => {
      for (let i = 0; i < times; i++) {
        const source = new Completion<number>();
        const waiting = waitFor(source, callbackOf(i));
        // `await` calls `then` in a microtask; a completion that settled before that is as good.
        source.complete(valueOf(i));
        await waiting;
      }
    };
  },
};

async function waitFor(source: Completion<number>, callback: Callback): Promise<void> {
  callback(await source);
}

const esfx: Contender = {
  role: 'peer',
  name: '@esfx/async-waitqueue',
  prepare() {
    const source = new AsyncWaitQueue<number>();
    return async (times) => {
      for (let i = 0; i < times; i++) {
        const promise = source.wait();
        source.resolveOne(valueOf(i));
        callbackOf(i)(await promise);
      }
    };
  },
};

const emitter: Contender = {
  role: 'used',
  name: 'events.once',
  prepare() {
    const source = new EventEmitter();
    return async (times) => {
      for (let i = 0; i < times; i++) {
        const promise = once(source, 'wake') as Promise<[number]>;
        source.emit('wake', valueOf(i));
        callbackOf(i)((await promise)[0]);
      }
    };
  },
};

const subject: Contender = {
  role: 'used',
  name: 'RxJS firstValueFrom',
  prepare() {
    const source = new Subject<number>();
    return async (times) => {
      for (let i = 0; i < times; i++) {
        const promise = firstValueFrom(source);
        source.next(valueOf(i));
        callbackOf(i)(await promise);
      }
    };
  },
};

export const oneShotPromise: Row = {
  name: 'one-shot-promise',
  operation: 'wait once with a promise, be woken, and await it',
  cases: [{ n: 1, reach: 1.05 }],
  contenders: [node, ours, reused, promised, awaited, esfx, emitter, subject],
  inTheWay: 'the longer entry, and the wake around it; the promise is nearly all of the rest.',
};
