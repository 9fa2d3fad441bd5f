import async from 'async';
import neoAsync from 'neo-async';
import { forkJoin, Subject } from 'rxjs';
import { allOf, Completion } from '../../lib/event/index.js';
import { callbackOf, type Callback } from '../effects.js';
import { Slot, type SlotWaiter } from '../ideal-slot.js';
import type { Contender, Row } from '../row.js';

/* Every contender makes `n` sources, waits for all, completes them in order, and adds up the values it is given. */

function sum(values: readonly number[]): number {
  let total = 0;
  for (let i = 0; i < values.length; i++) total += values[i]!;
  return total & 1023;
}

class Countdown implements SlotWaiter {
  private left: number;
  private readonly values: number[];
  private readonly done: (values: number[]) => void;

  constructor(slots: readonly Slot[], done: (values: number[]) => void) {
    this.left = slots.length;
    this.values = new Array<number>(slots.length);
    this.done = done;
    for (let i = 0; i < slots.length; i++) {
      slots[i]!.waiter = this;
      slots[i]!.index = i;
    }
  }

  arrive(index: number, value: number): void {
    this.values[index] = value;
    if (--this.left === 0) this.done(this.values);
  }
}

const countdown: Contender = {
  role: 'ideal',
  name: 'a countdown over single-slot sources',
  prepare(n) {
    return (times) => {
      for (let i = 0; i < times; i++) {
        const callback = callbackOf(i);
        const slots = new Array<Slot>(n);
        for (let j = 0; j < n; j++) slots[j] = new Slot();
        new Countdown(slots, (values) => {
          callback(sum(values));
        });
        for (let j = 0; j < n; j++) slots[j]!.complete((i + j) & 7);
      }
    };
  },
};

const ours: Contender = {
  role: 'ours',
  name: 'allOf',
  prepare(n) {
    return (times) => {
      for (let i = 0; i < times; i++) {
        const callback = callbackOf(i);
        const sources = new Array<Completion<number>>(n);
        for (let j = 0; j < n; j++) sources[j] = new Completion<number>();
        allOf(sources).notify((all) => {
          callback(sum(all.value));
        });
        for (let j = 0; j < n; j++) sources[j]!.complete((i + j) & 7);
      }
    };
  },
};

type Task = (done: (error: null, value: number) => void) => void;

/** A library that starts tasks and counts their callbacks: each task keeps its callback where it can be called. */
function withTasks(
  role: Contender['role'],
  name: string,
  parallel: (tasks: Task[], done: (error: unknown, values: unknown) => void) => unknown,
): Contender {
  return {
    role,
    name,
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
          parallel(tasks, (_error, values) => {
            callback(sum(values as number[]));
          });
          for (let j = 0; j < n; j++) waiters[j]!(null, (i + j) & 7);
        }
      };
    },
  };
}

const promises: Contender = {
  role: 'used',
  name: 'Promise.all',
  prepare(n) {
    return async (times) => {
      for (let i = 0; i < times; i++) {
        const callback: Callback = callbackOf(i);
        const resolvers = new Array<(value: number) => void>(n);
        const sources = new Array<Promise<number>>(n);
        for (let j = 0; j < n; j++) {
          sources[j] = new Promise((resolve) => {
            resolvers[j] = resolve;
          });
        }
        const all = Promise.all(sources);
        for (let j = 0; j < n; j++) resolvers[j]!((i + j) & 7);
        callback(sum(await all));
      }
    };
  },
};

const observables: Contender = {
  role: 'used',
  name: 'RxJS forkJoin',
  // Quadratic in n: seconds for each operation.
  most: 1000,
  prepare(n) {
    return (times) => {
      for (let i = 0; i < times; i++) {
        const callback = callbackOf(i);
        const sources = new Array<Subject<number>>(n);
        for (let j = 0; j < n; j++) sources[j] = new Subject<number>();
        forkJoin(sources).subscribe((values) => {
          callback(sum(values));
        });
        for (let j = 0; j < n; j++) {
          sources[j]!.next((i + j) & 7);
          sources[j]!.complete();
        }
      }
    };
  },
};

export const allOfRow: Row = {
  name: 'all-of',
  operation: 'wait for all of n sources',
  cases: [
    { n: 2, reach: 2.0 },
    { n: 16, reach: 2.5 },
    { n: 1000, reach: 2.5 },
    { n: 100_000, reach: 2.5 },
  ],
  contenders: [
    countdown,
    ours,
    withTasks('peer', 'neo-async parallel', neoAsync.parallel),
    withTasks('peer', 'async parallel', async.parallel),
    promises,
    observables,
  ],
  inTheWay:
    'a source can be layered, cancelled, held and waited for by many (5 fields, 64 bytes), and a child is an entry that keeps its outcome and its place in the order (9 fields, 96 bytes), where the ideal has 2 fields. About half of the difference is making them, the rest the checks that the rules ask for at each claim and arrival.',
};
