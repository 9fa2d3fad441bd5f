import { setFlagsFromString } from 'node:v8';
import { setImmediate as nextTask } from 'node:timers/promises';
import { runInNewContext } from 'node:vm';

/** Requests in flight at once: enough to tell a request's own bytes from what the heap does besides. */
const IN_FLIGHT = 256;

/**
 * Heap that a request holds while it is in flight, in bytes: of so many begun and held at the bottom, after a garbage
 * collection, the least of three. `begin` begins one; `end` lets all out.
 */
export async function retainedBytes(begin: () => unknown, end: () => unknown): Promise<number> {
  let least = Infinity;
  for (let i = 0; i < 3; i++) {
    const before = await settledHeap();
    const held: unknown[] = [];
    for (let n = 0; n < IN_FLIGHT; n++) held.push(begin());
    least = Math.min(least, ((await settledHeap()) - before) / IN_FLIGHT);
    await end();
    // Else the next one's beginning would still hold them.
    held.length = 0;
    await nextTask();
  }
  return Math.max(0, Math.round(least));
}

async function settledHeap(): Promise<number> {
  // What a design has put off to later turns is begun, and what it no longer needs is let go of.
  for (let i = 0; i < 4; i++) await nextTask();
  collect();
  return process.memoryUsage().heapUsed;
}

let collector: (() => void) | undefined;

/** Collects garbage, whatever the process was started with. */
function collect(): void {
  if (collector === undefined) {
    setFlagsFromString('--expose-gc');
    collector = runInNewContext('gc') as () => void;
  }
  collector();
}
