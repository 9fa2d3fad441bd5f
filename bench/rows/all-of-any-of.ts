import async from 'async';
import { allOf, anyOf, Completion, type CompoundEvent } from '../../lib/event/index.js';
import { callbackOf } from '../effects.js';
import { Slot, type SlotWaiter } from '../ideal-slot.js';
import type { Contender, Row } from '../row.js';

/* `n` groups of ten fresh sources: the first of each group, all groups. The values are added up. */

const EACH = 10;

function winnerOf(group: number): number {
  return group * EACH + ((group * 7) % EACH);
}

function sum(values: readonly number[]): number {
  let total = 0;
  for (let i = 0; i < values.length; i++) total += values[i]!;
  return total & 1023;
}

class All implements SlotWaiter {
  private left: number;
  private readonly values: number[];
  private readonly done: (values: number[]) => void;

  constructor(n: number, done: (values: number[]) => void) {
    this.left = n;
    this.values = new Array<number>(n);
    this.done = done;
  }

  arrive(index: number, value: number): void {
    this.values[index] = value;
    if (--this.left === 0) this.done(this.values);
  }
}

class First implements SlotWaiter {
  private readonly slots: readonly Slot[];
  private readonly from: number;
  private readonly to: SlotWaiter;
  private readonly index: number;

  constructor(slots: readonly Slot[], index: number, to: SlotWaiter) {
    this.slots = slots;
    this.index = index;
    this.from = index * EACH;
    this.to = to;
    for (let i = this.from; i < this.from + EACH; i++) slots[i]!.waiter = this;
  }

  arrive(_index: number, value: number): void {
    for (let i = this.from; i < this.from + EACH; i++) this.slots[i]!.waiter = null;
    this.to.arrive(this.index, value);
  }
}

const slots: Contender = {
  role: 'ideal',
  name: 'single-slot sources and countdowns, losers detached',
  prepare(n) {
    return (times) => {
      for (let i = 0; i < times; i++) {
        const callback = callbackOf(i);
        const sources = new Array<Slot>(n * EACH);
        for (let j = 0; j < sources.length; j++) sources[j] = new Slot();
        const all = new All(n, (values) => {
          callback(sum(values));
        });
        for (let j = 0; j < n; j++) new First(sources, j, all);
        for (let j = 0; j < n; j++) sources[winnerOf(j)]!.complete((i + j) & 7);
      }
    };
  },
};

const leave = { losers: 'leave' } as const;

const ours: Contender = {
  role: 'ours',
  name: "allOf of anyOf, losers: 'leave'",
  prepare(n) {
    return (times) => {
      for (let i = 0; i < times; i++) {
        const callback = callbackOf(i);
        const sources = new Array<Completion<number>>(n * EACH);
        for (let j = 0; j < sources.length; j++) sources[j] = new Completion<number>();
        const groups = new Array<CompoundEvent<number>>(n);
        for (let j = 0; j < n; j++) groups[j] = anyOf(sources.slice(j * EACH, (j + 1) * EACH), leave);
        allOf(groups).notify((all) => {
          callback(sum(all.value));
        });
        for (let j = 0; j < n; j++) sources[winnerOf(j)]!.complete((i + j) & 7);
      }
    };
  },
};

type Done = (error: null, value: number) => void;
type Task = (done: Done) => void;

const asyncParallel: Contender = {
  role: 'peer',
  name: 'async parallel of race',
  lacks: 'leaves losers attached',
  prepare(n) {
    return (times) => {
      for (let i = 0; i < times; i++) {
        const callback = callbackOf(i);
        const waiters = new Array<Done>(n * EACH);
        const groups = new Array<Task>(n);
        for (let j = 0; j < n; j++) {
          const tasks = new Array<Task>(EACH);
          for (let k = 0; k < EACH; k++) {
            tasks[k] = (done) => {
              waiters[j * EACH + k] = done;
            };
          }
          groups[j] = (done) => {
            async.race(tasks, done as never);
          };
        }
        async.parallel<number>(groups as never, (_error, values) => {
          callback(sum(values as number[]));
        });
        for (let j = 0; j < n; j++) waiters[winnerOf(j)]!(null, (i + j) & 7);
      }
    };
  },
};

const promises: Contender = {
  role: 'used',
  name: 'Promise.all of Promise.race',
  lacks: 'leaves losers attached',
  prepare(n) {
    return async (times) => {
      for (let i = 0; i < times; i++) {
        const resolvers = new Array<(value: number) => void>(n * EACH);
        const groups = new Array<Promise<number>>(n);
        for (let j = 0; j < n; j++) {
          const sources = new Array<Promise<number>>(EACH);
          for (let k = 0; k < EACH; k++) {
            sources[k] = new Promise((resolve) => {
              resolvers[j * EACH + k] = resolve;
            });
          }
          groups[j] = Promise.race(sources);
        }
        const all = Promise.all(groups);
        for (let j = 0; j < n; j++) resolvers[winnerOf(j)]!((i + j) & 7);
        callbackOf(i)(sum(await all));
      }
    };
  },
};

export const allOfAnyOf: Row = {
  name: 'all-of-any-of',
  operation: 'all of n groups, each any of ten fresh sources, losers detached',
  cases: [{ n: 100, reach: 3.3 }],
  contenders: [slots, ours, asyncParallel, promises],
  inTheWay: 'as all-of, at both levels.',
};
