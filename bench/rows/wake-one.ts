import { WaitQueue as AsyncWaitQueue } from '@esfx/async-waitqueue';
import { Mutex, type MutexInterface } from 'async-mutex';
import { WaitEntry, WaitQueue } from '../../lib/wait/index.js';
import { alikeOf, alikeWakeFunctionOf, valueOf } from '../effects.js';
import { List, Node } from '../ideal-list.js';
import type { Contender, Row } from '../row.js';

/* One of `n` that wait is woken, and another takes its place at the end. */

const list: Contender = {
  role: 'ideal',
  name: 'a linked list',
  prepare(n) {
    const source = new List();
    for (let i = 0; i < n; i++) source.add(new Node(alikeOf(i)));
    return (times) => {
      for (let i = 0; i < times; i++) {
        const node = source.head!;
        source.remove(node);
        node.call(valueOf(i));
        source.add(new Node(alikeOf(i)));
      }
    };
  },
};

const once = { once: true };

const ours: Contender = {
  role: 'ours',
  name: 'queue.wake(key, 1) of exclusive entries',
  prepare(n) {
    const source = new WaitQueue();
    for (let i = 0; i < n; i++) source.addExclusive(new WaitEntry(alikeWakeFunctionOf(i), once));
    return (times) => {
      for (let i = 0; i < times; i++) {
        source.wake(valueOf(i), 1);
        source.addExclusive(new WaitEntry(alikeWakeFunctionOf(i), once));
      }
    };
  },
};

const exclusive = { exclusive: true };

const promised: Contender = {
  role: 'ours-too',
  name: 'queue.next({ exclusive })',
  prepare(n) {
    const source = new WaitQueue();
    const waits = Array.from({ length: n }, () => source.next(exclusive));
    let turn = 0;
    return async (times) => {
      for (let i = 0; i < times; i++) {
        source.wake(valueOf(i), 1);
        alikeOf(i)((await waits[turn]!) as number);
        waits[turn] = source.next(exclusive);
        turn = (turn + 1) % n;
      }
    };
  },
};

const esfx: Contender = {
  role: 'peer',
  name: '@esfx/async-waitqueue',
  prepare(n) {
    const source = new AsyncWaitQueue<number>();
    const waits = Array.from({ length: n }, () => source.wait());
    let turn = 0;
    return async (times) => {
      for (let i = 0; i < times; i++) {
        source.resolveOne(valueOf(i));
        alikeOf(i)(await waits[turn]!);
        waits[turn] = source.wait();
        turn = (turn + 1) % n;
      }
    };
  },
};

const mutex: Contender = {
  role: 'used',
  name: 'async-mutex',
  prepare(n) {
    const source = new Mutex();
    const waits: Promise<MutexInterface.Releaser>[] = Array.from({ length: n + 1 }, () => source.acquire());
    let turn = 0;
    return async (times) => {
      for (let i = 0; i < times; i++) {
        const release = await waits[turn]!;
        alikeOf(i)(valueOf(i));
        waits[turn] = source.acquire();
        release();
        turn = (turn + 1) % (n + 1);
      }
    };
  },
};

export const wakeOne: Row = {
  name: 'wake-one',
  operation: 'wake one of n exclusive waiters; another takes its place at the end',
  cases: [
    { n: 100, reach: 1.5 },
    { n: 100_000, reach: 1.5 },
  ],
  contenders: [list, ours, promised, esfx, mutex],
  inTheWay:
    'with more than one entry queued a wake opens a frame, so that it may be held, re-entered and stopped; that costs as much again as the list.',
};
