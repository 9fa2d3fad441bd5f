import { map, Subject, type Observable } from 'rxjs';
import { WaitEntry, WaitQueue, WOKEN } from '../../lib/wait/index.js';
import { callbackOf, layerOf, layers, valueOf } from '../effects.js';
import type { Contender, Row } from '../row.js';

/* Layers that stay where they are, the newest first: each result goes through all of them, and then to a callback. */

const array: Contender = {
  role: 'ideal',
  name: 'LIFO loop over an array of layers',
  lacks: 'may not be mutated while walking',
  prepare(n) {
    const stack = Array.from({ length: n }, (_, j) => layerOf(j));
    return (times) => {
      for (let i = 0; i < times; i++) {
        let value = valueOf(i);
        for (let j = stack.length - 1; j >= 0; j--) value = stack[j]!(value);
        callbackOf(i)(value);
      }
    };
  },
};

interface Message {
  value: number;
}

/** The four layers of effects.ts again, each with its own body. */
const wakeFunctions = [
  (_entry: WaitEntry, key: unknown) => {
    const message = key as Message;
    message.value = (message.value + 1) & 1023;
    return WOKEN;
  },
  (_entry: WaitEntry, key: unknown) => {
    const message = key as Message;
    message.value ^= 5;
    return WOKEN;
  },
  (_entry: WaitEntry, key: unknown) => {
    const message = key as Message;
    message.value = (message.value * 3) & 1023;
    return WOKEN;
  },
  (_entry: WaitEntry, key: unknown) => {
    const message = key as Message;
    message.value = (message.value >> 1) + 2;
    return WOKEN;
  },
];

const ours: Contender = {
  role: 'ours',
  name: 'queue.wake of entries that were added first',
  prepare(n) {
    const queue = new WaitQueue();
    for (let j = 0; j < n; j++) queue.addFirst(new WaitEntry(wakeFunctions[j & 3]!));
    const message: Message = { value: 0 };
    return (times) => {
      for (let i = 0; i < times; i++) {
        message.value = valueOf(i);
        queue.wake(message);
        callbackOf(i)(message.value);
      }
    };
  },
};

const reduceRight: Contender = {
  role: 'peer',
  name: 'reduceRight',
  lacks: 'may not be mutated while walking',
  prepare(n) {
    const stack = Array.from({ length: n }, (_, j) => layerOf(j));
    return (times) => {
      for (let i = 0; i < times; i++) {
        callbackOf(i)(stack.reduceRight((value, layer) => layer(value), valueOf(i)));
      }
    };
  },
};

const observables: Contender = {
  role: 'used',
  name: 'RxJS map',
  prepare(n) {
    const source = new Subject<number>();
    let piped: Observable<number> = source;
    for (let j = n - 1; j >= 0; j--) piped = piped.pipe(map(layers[j & 3]!));
    let result = 0;
    piped.subscribe((value) => (result = value));
    return (times) => {
      for (let i = 0; i < times; i++) {
        source.next(valueOf(i));
        callbackOf(i)(result);
      }
    };
  },
};

export const layersSync: Row = {
  name: 'layers-sync',
  operation: 'a result through n layers that stay',
  cases: [
    { n: 1, reach: 1.9 },
    { n: 4, reach: 1.4 },
    { n: 16, reach: 1.2 },
    { n: 1000, reach: 1.3 },
  ],
  contenders: [array, ours, reduceRight, observables],
  inTheWay:
    'as wake; besides, a wake function answers a number, so that the value travels in an object instead of a register.',
};
