/*
 * Run by recording.spec.ts in a process of its own: prints how many bytes a wait takes, plain, for a lock as a branch, and
 * for several semaphores at once, before waits were ever recorded, while they are, and after.
 */
import { recordWaits } from '../../lib/debug/recording.js';
import { acquireAll, acquiringAll, Mutex, Semaphore, WaitQueue } from '../../lib/index.js';

const queue = new WaitQueue();
const mutex = new Mutex();
const semaphores = [new Semaphore(1), new Semaphore(1)];
const [held, both] = [await mutex.acquire(), await acquireAll(semaphores)];

/** Each begins a wait and answers with what ends it, if that takes more than a wake of the queue. */
const kinds: Record<string, () => (() => void) | null> = {
  plain() {
    void queue.next();
    return null;
  },
  branch() {
    const branch = mutex.acquiring();
    branch.notify(ignore);
    return () => void branch.cancel();
  },
  several() {
    const branch = acquiringAll(semaphores);
    branch.notify(ignore);
    return () => void branch.cancel();
  },
};

function ignore(): void {
  // Somebody waits, and that is all.
}

/** The least of several tries, to the byte: whatever else the host allocates meanwhile only adds. */
function bytesOfAWait(begin: () => (() => void) | null, waits: number, trials: number): number {
  let least = Infinity;
  const ends = new Array<(() => void) | null>(waits).fill(null);
  for (let trial = 0; trial < trials; trial++) {
    globalThis.gc?.();
    const before = process.memoryUsage().heapUsed;
    for (let i = 0; i < waits; i++) ends[i] = begin();
    least = Math.min(least, process.memoryUsage().heapUsed - before);
    // The latest first, so that nobody is served in between.
    for (let i = waits - 1; i >= 0; i--) ends[i]?.();
    queue.wakeAll();
  }
  return Math.round(least / waits);
}

function bytes(waits: number, trials: number): Record<string, number> {
  return Object.fromEntries(Object.entries(kinds).map(([kind, begin]) => [kind, bytesOfAWait(begin, waits, trials)]));
}

const before = bytes(4000, 12);
const recording = recordWaits();
const on = bytes(200, 2);
recording.stop();
console.log(JSON.stringify({ before, on, after: bytes(4000, 12) }));
held.release();
both.release();
