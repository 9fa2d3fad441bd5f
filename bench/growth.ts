import { allOf, Completion, firstOf, watch } from '../lib/event/index.js';
import { WaitEntry, WaitQueue } from '../lib/wait/index.js';
import { effects, wakeFunctionOf } from './effects.js';
import { exponent, median } from './statistics.js';

/** What something costs at each size, and the exponent k of the n^k that fits: 0 is constant, 1 is linear. */
export interface Growth {
  readonly name: string;
  /** Nanoseconds at each n. */
  readonly points: readonly { readonly n: number; readonly cost: number }[];
  readonly exponent: number;
  readonly expected: number;
}

interface Law {
  readonly name: string;
  readonly expected: number;
  /** Sets up `n` of what waits and returns a function that does the thing `times` times and says how long it took. */
  prepare(n: number): (times: number) => number;
}

declare const gc: () => void;

const SIZES = [100, 1_000, 10_000, 100_000];
const SAMPLES = 9;

function timed(body: () => void): number {
  const start = process.hrtime.bigint();
  body();
  return Number(process.hrtime.bigint() - start);
}

const waking: Law = {
  name: 'wake, all n woken',
  expected: 1,
  prepare(n) {
    const queue = new WaitQueue();
    for (let i = 0; i < n; i++) queue.add(new WaitEntry(wakeFunctionOf(i)));
    return (times) =>
      timed(() => {
        for (let i = 0; i < times; i++) queue.wakeAll(i & 7);
      });
  },
};

const wakingOne: Law = {
  name: 'wake one of n exclusive',
  expected: 0,
  prepare(n) {
    const queue = new WaitQueue();
    for (let i = 0; i < n; i++) queue.addExclusive(new WaitEntry(wakeFunctionOf(i)));
    return (times) =>
      timed(() => {
        for (let i = 0; i < times; i++) queue.wake(i & 7, 1);
      });
  },
};

const removing: Law = {
  name: 'remove one of n and add it again',
  expected: 0,
  prepare(n) {
    const queue = new WaitQueue();
    const entries = Array.from({ length: n }, (_, i) => new WaitEntry(wakeFunctionOf(i)));
    for (const entry of entries) queue.add(entry);
    return (times) =>
      timed(() => {
        for (let i = 0; i < times; i++) {
          // Always among the same hundred, so that the processor's cache is not what is measured.
          const entry = entries[(n >> 1) + ((i * 7) % 50)]!;
          queue.remove(entry);
          queue.add(entry);
        }
      });
  },
};

const aborting: Law = {
  name: 'abort one of n sleepers',
  expected: 0,
  prepare(n) {
    const queue = new WaitQueue();
    for (let i = 0; i < n; i++) void queue.next();
    return (times) => {
      const controllers = Array.from({ length: times }, () => new AbortController());
      for (const { signal } of controllers) queue.next({ signal }).catch(() => undefined);
      return timed(() => {
        for (const controller of controllers) controller.abort();
      });
    };
  },
};

const abortingShared: Law = {
  name: 'a wait that ends, on a signal with n watchers',
  expected: 0,
  prepare(n) {
    const { signal } = new AbortController();
    const queue = new WaitQueue();
    for (let i = 0; i < n; i++) void queue.next({ signal });
    const other = new WaitQueue();
    return (times) =>
      timed(() => {
        for (let i = 0; i < times; i++) {
          void other.next({ signal });
          other.wake(i);
        }
      });
  },
};

const arriving: Law = {
  name: 'complete one child of n pending',
  expected: 0,
  prepare(n) {
    return (times) => {
      const children = Array.from({ length: n + times }, () => new Completion<number>());
      const parent = allOf(children);
      parent.notify(() => {
        effects[0]! += 1;
      });
      return timed(() => {
        for (let i = 0; i < times; i++) children[(n >> 1) + i]!.complete(i);
      });
    };
  },
};

const cancelling: Law = {
  name: 'cancel a compound with 10 pending of n children',
  expected: 0,
  prepare(n) {
    return (times) => {
      const parents = Array.from({ length: 4 }, () => {
        const children = Array.from({ length: n }, () => new Completion<number>());
        const parent = allOf(children);
        for (let i = 0; i < n - 10; i++) children[i]!.complete(i);
        return parent;
      });
      return (
        timed(() => {
          for (const parent of parents) parent.cancel();
        }) *
        (times / parents.length)
      );
    };
  },
};

const racing: Law = {
  name: 'a race against a source that n races wait for',
  expected: 0,
  prepare(n) {
    const longLived = watch(new Completion<number>());
    const waiting = Array.from({ length: n }, () => firstOf([longLived, new Completion<number>()]));
    return (times) => {
      effects[0]! += waiting.length;
      return timed(() => {
        for (let i = 0; i < times; i++) {
          const own = new Completion<number>();
          firstOf([longLived, own]);
          own.complete(i);
        }
      });
    };
  },
};

const laws: readonly Law[] = [waking, wakingOne, removing, aborting, abortingShared, arriving, cancelling, racing];

/** Measures every law over the sizes. Made to be run in a process of its own. */
export async function measureGrowth(): Promise<Growth[]> {
  const grown: Growth[] = [];
  for (const { name, expected, prepare } of laws) {
    const points: { n: number; cost: number }[] = [];
    const warmUp = prepare(SIZES[0]!);
    for (let i = 0; i < 30; i++) warmUp(200);
    for (const n of SIZES) {
      const run = prepare(n);
      const times = expected === 1 ? Math.max(1, Math.round(400_000 / n)) : 2_000;
      // Not between samples: a collection throws optimized code away as well.
      gc();
      for (let i = 0; i < 5; i++) run(times);
      const costs: number[] = [];
      for (let i = 0; i < SAMPLES; i++) {
        costs.push(run(times) / times);
        // Rejections of aborted waits are delivered before the next sample.
        await new Promise((resolve) => setImmediate(resolve));
      }
      points.push({ n, cost: median(costs) });
    }
    grown.push({ name, expected, points, exponent: exponent(points) });
  }
  return grown;
}
