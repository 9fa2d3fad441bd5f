/*
 * Run by recording.spec.ts in a process of its own: prints how many bytes a wait takes before waits were ever recorded,
 * while they are, and after.
 */
import { recordWaits } from '../../lib/debug/recording.js';
import { WaitQueue } from '../../lib/wait/queue.js';

const queue = new WaitQueue();

/** The least of several tries, to the byte: whatever else the host allocates meanwhile only adds. */
function bytesOfAWait(waits: number, trials: number): number {
  let least = Infinity;
  for (let trial = 0; trial < trials; trial++) {
    globalThis.gc?.();
    const before = process.memoryUsage().heapUsed;
    for (let i = 0; i < waits; i++) void queue.next();
    least = Math.min(least, process.memoryUsage().heapUsed - before);
    queue.wakeAll();
  }
  return Math.round(least / waits);
}

const before = bytesOfAWait(20_000, 6);
const recording = recordWaits();
const on = bytesOfAWait(200, 2);
recording.stop();
console.log(JSON.stringify({ before, on, after: bytesOfAWait(20_000, 6) }));
