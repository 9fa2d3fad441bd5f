import { contendersFor, rigOf } from './harness.js';
import type { Row, Run } from './row.js';
import { median } from './statistics.js';

/** What one operation allocates on the heap (what buffers hold is elsewhere), and what of that is still held after a collection. */
export interface Bytes {
  readonly name: string;
  readonly allocated: number;
  readonly retained: number;
}

declare const gc: () => void;

const SAMPLES = 5;
const WARM_UP_MS = 150;
/** Much less than the young generation that main.ts asks for, so that no collection comes in between. */
const SAMPLE_BYTES = 24 * 1024 * 1024;
const MOST_TIMES = 20_000;

/** Counts bytes, in a process with a young generation so large that it is never collected during a sample. */
export async function countBytes(row: Row, n: number): Promise<Bytes[]> {
  const figures: Bytes[] = [];
  for (const contender of contendersFor(row, n)) {
    const { run, close } = await rigOf(contender, n);
    const end = performance.now() + WARM_UP_MS;
    let warmUps = 0;
    while (performance.now() < end || warmUps < 3) {
      await run(4);
      warmUps++;
    }
    const times = await timesFor(run, warmUps);
    // Compiling and learning types only ever add to what is allocated: the least is the operation's own.
    const allocated: number[] = [];
    const retained: number[] = [];
    for (let i = 0; i < SAMPLES; i++) {
      gc();
      const before = process.memoryUsage().heapUsed;
      await run(times);
      const after = process.memoryUsage().heapUsed;
      gc();
      allocated.push((after - before) / times);
      retained.push((process.memoryUsage().heapUsed - before) / times);
    }
    await close();
    figures.push({ name: contender.name, allocated: Math.min(...allocated), retained: median(retained) });
  }
  return figures;
}

/** As many operations as fit in a sample; no more of the slow ones than the warm-up managed. */
async function timesFor(run: Run, warmUps: number): Promise<number> {
  gc();
  const before = process.memoryUsage().heapUsed;
  await run(4);
  const each = Math.max(1, (process.memoryUsage().heapUsed - before) / 4);
  return Math.max(1, Math.min(MOST_TIMES, warmUps * 20, Math.floor(SAMPLE_BYTES / each)));
}
