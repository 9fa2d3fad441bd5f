import { IoError } from '../io/io-error.js';
import type { ParityArray } from './parity-array.js';
import { flushAll } from './parity-flush.js';
import { Recomputing } from './recomputing.js';

/** Stripes with data that cannot be read: more are no bad sectors, but a bad disk. */
const MAX_DOUBTS = 1000;

/**
 * After a crash: makes the parity of every stripe in dirty regions anew, and flushes it. Where data cannot be read parity
 * stays in doubt, and its region dirty ({@link ParityDoubts}).
 * @throws IoError of the member that failed, other than by `EIO` when it was read, or by that in too many stripes
 */
export async function repairParity(array: ParityArray): Promise<void> {
  const { regions } = array.log;
  if (regions.length === 0) return;
  const recomputing = new Recomputing(array);
  try {
    for (const region of regions) {
      const [first, end] = array.stripesOf(region);
      for (let stripe = first; stripe < end; stripe++) {
        // With one missing there is either no parity to repair, or none to be had; who opened it has been warned.
        if (array.missing(stripe).length === 0) await repairStripe(array, recomputing, stripe);
      }
    }
  } finally {
    recomputing.close();
  }
  await flushAll(array);
}

async function repairStripe(array: ParityArray, recomputing: Recomputing, stripe: number): Promise<void> {
  try {
    await recomputing.recompute(stripe, array.map.parityOf(stripe), nothing, nothing);
  } catch (error) {
    const isUnreadable = error instanceof IoError && error.code === 'EIO' && array.missing(stripe).length === 0;
    if (!isUnreadable || array.doubts.size >= MAX_DOUBTS) throw error;
    for (const range of await recomputing.recomputeReadable(stripe)) array.doubts.add(stripe, range);
  }
}

function nothing(): void {
  // Nothing is to be checked, nor told.
}
