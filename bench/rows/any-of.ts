import async from 'async';
import { race, Subject } from 'rxjs';
import { anyOf, Completion } from '../../lib/event/index.js';
import { callbackOf, valueOf, type Callback } from '../effects.js';
import { Slot, type SlotWaiter } from '../ideal-slot.js';
import type { Contender, Row } from '../row.js';

/* Every contender makes `n` sources and takes the first; another one of them comes first each time. */

class First implements SlotWaiter {
  private readonly slots: readonly Slot[];
  private readonly done: Callback;

  constructor(slots: readonly Slot[], done: Callback) {
    this.slots = slots;
    this.done = done;
    for (let i = 0; i < slots.length; i++) {
      slots[i]!.waiter = this;
      slots[i]!.index = i;
    }
  }

  arrive(_index: number, value: number): void {
    for (let i = 0; i < this.slots.length; i++) this.slots[i]!.waiter = null;
    this.done(value);
  }
}

const slots: Contender = {
  role: 'ideal',
  name: 'single-slot sources, losers detached',
  prepare(n) {
    return (times) => {
      for (let i = 0; i < times; i++) {
        const sources = new Array<Slot>(n);
        for (let j = 0; j < n; j++) sources[j] = new Slot();
        new First(sources, callbackOf(i));
        sources[(i * 7) % n]!.complete(valueOf(i));
      }
    };
  },
};

function ours(role: Contender['role'], name: string, losers: 'leave' | 'cancel'): Contender {
  const options = { losers };
  return {
    role,
    name,
    prepare(n) {
      return (times) => {
        for (let i = 0; i < times; i++) {
          const callback = callbackOf(i);
          const sources = new Array<Completion<number>>(n);
          for (let j = 0; j < n; j++) sources[j] = new Completion<number>();
          anyOf(sources, options).notify((any) => {
            callback(any.value);
          });
          sources[(i * 7) % n]!.complete(valueOf(i));
        }
      };
    },
  };
}

type Task = (done: (error: null, value: number) => void) => void;

const asyncRace: Contender = {
  role: 'peer',
  name: 'async.race',
  lacks: 'leaves losers attached',
  prepare(n) {
    return (times) => {
      for (let i = 0; i < times; i++) {
        const callback = callbackOf(i);
        const waiters = new Array<(error: null, value: number) => void>(n);
        const tasks = new Array<Task>(n);
        for (let j = 0; j < n; j++) {
          tasks[j] = (done) => {
            waiters[j] = done;
          };
        }
        async.race<number>(tasks, (_error, value) => {
          callback(value!);
        });
        waiters[(i * 7) % n]!(null, valueOf(i));
      }
    };
  },
};

const promises: Contender = {
  role: 'used',
  name: 'Promise.race',
  lacks: 'leaves losers attached',
  prepare(n) {
    return async (times) => {
      for (let i = 0; i < times; i++) {
        const resolvers = new Array<(value: number) => void>(n);
        const sources = new Array<Promise<number>>(n);
        for (let j = 0; j < n; j++) {
          sources[j] = new Promise((resolve) => {
            resolvers[j] = resolve;
          });
        }
        const any = Promise.race(sources);
        resolvers[(i * 7) % n]!(valueOf(i));
        callbackOf(i)(await any);
      }
    };
  },
};

const observables: Contender = {
  role: 'used',
  name: 'RxJS race',
  prepare(n) {
    return (times) => {
      for (let i = 0; i < times; i++) {
        const sources = new Array<Subject<number>>(n);
        for (let j = 0; j < n; j++) sources[j] = new Subject<number>();
        race(sources).subscribe(callbackOf(i));
        sources[(i * 7) % n]!.next(valueOf(i));
      }
    };
  },
};

export const anyOfRow: Row = {
  name: 'any-of',
  operation: 'take the first of n fresh sources and detach the rest',
  cases: [
    { n: 2, reach: 3.0 },
    { n: 16, reach: 2.2 },
    { n: 1000, reach: 2.5 },
  ],
  contenders: [
    slots,
    ours('ours', "anyOf, losers: 'leave'", 'leave'),
    ours('ours-too', 'anyOf, losers cancelled', 'cancel'),
    asyncRace,
    promises,
    observables,
  ],
  inTheWay: 'as all-of: every source and every child is made, linked and unlinked to take one value.',
};
