import { setFlagsFromString } from 'node:v8';
import { setImmediate as nextTask } from 'node:timers/promises';
import { runInNewContext } from 'node:vm';
import type { Plan } from './plan.js';
import { median } from './statistics.js';

/** Heap that is to be held at once: much against what the heap does besides. */
const HELD_BYTES = 2 << 20;

/**
 * Heap that a request holds while it is in flight, in bytes: of as many as hold some megabytes, begun and held at the
 * bottom, after a garbage collection; the median of three, which passes share out among them, or of as many rounds as the
 * plan has if they are fewer. `begin` begins one; `end` lets all out.
 */
export async function retainedBytes(
  { rounds, passes }: Plan,
  begin: () => unknown,
  end: () => unknown,
): Promise<number> {
  // The first warms up, and tells how many it takes.
  const rough = await heldBy(32, begin, end);
  const count = Math.min(16_384, Math.max(16, Math.ceil(HELD_BYTES / Math.max(rough, 1))));
  const found: number[] = [];
  while (found.length < Math.min(Math.ceil(3 / passes), rounds)) found.push(await heldBy(count, begin, end));
  return Math.max(0, Math.round(median(found)));
}

async function heldBy(count: number, begin: () => unknown, end: () => unknown): Promise<number> {
  const before = await settledHeap();
  const held: unknown[] = [];
  for (let i = 0; i < count; i++) held.push(begin());
  const bytes = ((await settledHeap()) - before) / count;
  await end();
  await nextTask();
  // Else the next one's beginning might still hold them.
  held.length = 0;
  return bytes;
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
