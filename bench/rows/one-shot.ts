import { EventEmitter } from 'node:events';
import { EventEmitter as EventEmitter3 } from 'eventemitter3';
import { Subject, take } from 'rxjs';
import { Completion } from '../../lib/event/index.js';
import { WaitEntry, WaitQueue } from '../../lib/wait/index.js';
import { callbackOf, callbacks, valueOf, wakeFunctionOf } from '../effects.js';
import { List, Node } from '../ideal-list.js';
import type { Contender, Row } from '../row.js';

const list: Contender = {
  role: 'ideal',
  name: 'a fresh list node',
  prepare() {
    const source = new List();
    return (times) => {
      for (let i = 0; i < times; i++) {
        source.add(new Node(callbackOf(i)));
        source.fire(valueOf(i));
      }
    };
  },
};

const once = { once: true };

const ours: Contender = {
  role: 'ours',
  name: 'queue.add of an entry made with once',
  prepare() {
    const source = new WaitQueue();
    return (times) => {
      for (let i = 0; i < times; i++) {
        source.add(new WaitEntry(wakeFunctionOf(i), once));
        source.wake(valueOf(i));
      }
    };
  },
};

const notifiers = callbacks.map((callback) => (completion: Completion<number>) => {
  callback(completion.value);
});

const completion: Contender = {
  role: 'ours-too',
  name: 'completion.notify of a fresh completion',
  prepare() {
    return (times) => {
      for (let i = 0; i < times; i++) {
        const source = new Completion<number>();
        source.notify(notifiers[i & 3]!);
        source.complete(valueOf(i));
      }
    };
  },
};

const eventEmitter3: Contender = {
  role: 'peer',
  name: 'eventemitter3 once',
  lacks: 'an error ends the walk',
  prepare() {
    const source = new EventEmitter3<{ wake: [number] }>();
    return (times) => {
      for (let i = 0; i < times; i++) {
        source.once('wake', callbackOf(i));
        source.emit('wake', valueOf(i));
      }
    };
  },
};

const emitter: Contender = {
  role: 'used',
  name: 'EventEmitter.once',
  lacks: 'an error ends the walk',
  prepare() {
    const source = new EventEmitter();
    return (times) => {
      for (let i = 0; i < times; i++) {
        source.once('wake', callbackOf(i));
        source.emit('wake', valueOf(i));
      }
    };
  },
};

const subject: Contender = {
  role: 'used',
  name: 'RxJS take(1)',
  prepare() {
    const source = new Subject<number>();
    return (times) => {
      for (let i = 0; i < times; i++) {
        source.pipe(take(1)).subscribe(callbackOf(i));
        source.next(valueOf(i));
      }
    };
  },
};

export const oneShot: Row = {
  name: 'one-shot',
  operation: 'wait once with a callback, and be woken',
  cases: [{ n: 1, reach: 1.2 }],
  contenders: [list, ours, completion, eventEmitter3, emitter, subject],
  inTheWay:
    'an entry has 7 fields where the node has 5, and a wake counts what runs, catches what is thrown and checks whether the entry came before it.',
};
