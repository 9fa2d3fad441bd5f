import { EventEmitter } from 'node:events';
import { EventEmitter as EventEmitter3 } from 'eventemitter3';
import { createNanoEvents } from 'nanoevents';
import { Subject } from 'rxjs';
import { WaitEntry, WaitQueue } from '../../lib/wait/index.js';
import { callbackOf, valueOf, wakeFunctionOf, type Callback } from '../effects.js';
import type { Contender, Row } from '../row.js';

/** Four sources with `n` waiters each, so that a single waiter is not always the same function. */
function four<S>(make: () => S, add: (source: S, i: number) => void, n: number): S[] {
  return [0, 1, 2, 3].map((shift) => {
    const source = make();
    for (let i = 0; i < n; i++) add(source, i + shift);
    return source;
  });
}

const arrays: Contender = {
  role: 'ideal',
  name: 'loop over an array of functions',
  lacks: 'may not be mutated while walking',
  prepare(n) {
    const sources = four(
      () => [] as Callback[],
      (source, i) => source.push(callbackOf(i)),
      n,
    );
    return (times) => {
      for (let i = 0; i < times; i++) {
        const source = sources[i & 3]!;
        const value = valueOf(i);
        for (let j = 0; j < source.length; j++) source[j]!(value);
      }
    };
  },
};

const ours: Contender = {
  role: 'ours',
  name: 'queue.wake',
  prepare(n) {
    const sources = four(
      () => new WaitQueue(),
      (source, i) => source.add(new WaitEntry(wakeFunctionOf(i))),
      n,
    );
    return (times) => {
      for (let i = 0; i < times; i++) sources[i & 3]!.wake(valueOf(i));
    };
  },
};

const nanoevents: Contender = {
  role: 'peer',
  name: 'nanoevents',
  lacks: 'an error ends the walk',
  prepare(n) {
    const sources = four(
      () => createNanoEvents<{ wake: Callback }>(),
      (source, i) => source.on('wake', callbackOf(i)),
      n,
    );
    return (times) => {
      for (let i = 0; i < times; i++) sources[i & 3]!.emit('wake', valueOf(i));
    };
  },
};

const eventEmitter3: Contender = {
  role: 'peer',
  name: 'eventemitter3',
  lacks: 'an error ends the walk',
  prepare(n) {
    const sources = four(
      () => new EventEmitter3<{ wake: [number] }>(),
      (source, i) => source.on('wake', callbackOf(i)),
      n,
    );
    return (times) => {
      for (let i = 0; i < times; i++) sources[i & 3]!.emit('wake', valueOf(i));
    };
  },
};

const emitter: Contender = {
  role: 'used',
  name: 'EventEmitter',
  lacks: 'an error ends the walk',
  prepare(n) {
    const sources = four(
      () => new EventEmitter().setMaxListeners(0),
      (source, i) => source.on('wake', callbackOf(i)),
      n,
    );
    return (times) => {
      for (let i = 0; i < times; i++) sources[i & 3]!.emit('wake', valueOf(i));
    };
  },
};

const subject: Contender = {
  role: 'used',
  name: 'RxJS Subject',
  prepare(n) {
    const sources = four(
      () => new Subject<number>(),
      (source, i) => source.subscribe(callbackOf(i)),
      n,
    );
    return (times) => {
      for (let i = 0; i < times; i++) sources[i & 3]!.next(valueOf(i));
    };
  },
};

export const wake: Row = {
  name: 'wake',
  operation: 'wake n persistent waiters',
  cases: [
    { n: 1, reach: 1.3 },
    { n: 10, reach: 1.1 },
    { n: 1000, reach: 1.05 },
  ],
  contenders: [arrays, ours, nanoevents, eventEmitter3, emitter, subject],
  inTheWay:
    'each entry costs a cursor that a removal can move, a stamp and flags to look at, and an answer to count: together about half of what a callback costs. The code that ships also reads each constant through its module; a bundler that inlines them (esbuild `minifySyntax`) makes a single waiter faster.',
};
