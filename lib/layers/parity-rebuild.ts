import { IoError } from '../io/io-error.js';
import { PAGE_SIZE, type PageVector } from '../io/pages.js';
import { readMember, writeMember } from './member-io.js';
import type { ParityArray } from './parity-array.js';
import { xorInto } from './xor.js';

/**
 * Makes one member's chunk of stripes anew from those of all others, stripe by stripe, each locked meanwhile (I8): the
 * chunk of a member that is rebuilt, or the parity after a crash, which is the same sum. Requests go on between stripes.
 */
export class Recomputing {
  private readonly array: ParityArray;
  private readonly slots: PageVector;
  private readonly slotSize: number;

  /** @throws IoError `ENOMEM` */
  constructor(array: ParityArray) {
    this.array = array;
    this.slotSize = Math.ceil(array.map.chunk / PAGE_SIZE) * PAGE_SIZE;
    this.slots = array.pool.allocate(this.slotSize * (array.map.members - 1));
  }

  /** Gives the memory back. */
  close(): void {
    this.slots.free();
  }

  /**
   * Recomputes a member's chunk of one stripe; `then` runs when it is written and before the stripe is unlocked.
   * @throws IoError `EIO` and others, of the member that failed: nothing was written when it was one that is read from.
   *   What `check` throws, which is called with the stripe locked and nothing done.
   */
  async recompute(stripe: number, member: number, check: () => void, then: () => void): Promise<void> {
    const { array } = this;
    await new Promise<void>((resolve) => {
      array.lock.acquireOwn(stripe, resolve);
    });
    try {
      check();
      await this.sum(stripe, member);
      await this.write(stripe, member);
      then();
    } finally {
      array.lock.release(stripe);
    }
  }

  private async sum(stripe: number, member: number): Promise<void> {
    const { array, slots, slotSize } = this;
    const { chunk } = array.map;
    const position = array.map.positionOf(stripe);
    if (!array.canCompute(member, stripe))
      throw new IoError('EIO', { message: 'Two members of the stripe are missing' });
    const reads = array
      .others(member)
      .map((other, slot) => readMember(array.device(other), slots.range(slot * slotSize, chunk), position));
    // All have to have come back before the memory is used for anything else.
    for (const outcome of await Promise.allSettled(reads)) if (outcome.status === 'rejected') throw outcome.reason;
    for (let slot = 1; slot < reads.length; slot++) xorInto(slots, 0, slots, slot * slotSize, chunk);
  }

  private write(stripe: number, member: number): Promise<void> {
    const { array, slots } = this;
    const options = { position: array.map.positionOf(stripe), fua: false };
    const device = array.device(member);
    return new Promise((resolve, reject) => {
      writeMember(device, slots.range(0, array.map.chunk), options, (error) => {
        if (error === null) {
          resolve();
          return;
        }
        array.givesUp(member, device);
        reject(error);
      });
    });
  }
}

/**
 * After a crash: makes the parity of every stripe in dirty regions anew, and flushes it.
 * @throws IoError of the member that failed
 */
export async function repairParity(array: ParityArray): Promise<void> {
  const { map, log } = array;
  const { regions } = log;
  if (regions.length === 0) return;
  const recomputing = new Recomputing(array);
  try {
    for (const region of regions) {
      const [first, end] = array.stripesOf(region);
      for (let stripe = first; stripe < end; stripe++) {
        // With one missing there is either no parity to repair, or none to be had; who opened it has been warned.
        if (array.missing(stripe).length > 0) continue;
        await recomputing.recompute(stripe, map.parityOf(stripe), nothing, nothing);
      }
    }
  } finally {
    recomputing.close();
  }
  await flushAll(array);
}

/**
 * Flushes every member that is written to; dirty regions that nobody writes to are dirty no more.
 * @throws IoError of the member that failed
 */
export async function flushAll(array: ParityArray): Promise<void> {
  const safe = array.log.flushBegins();
  const outcomes = await Promise.allSettled(array.present.map((member) => array.device(member).flush().promise()));
  const failed = outcomes.find((outcome) => outcome.status === 'rejected');
  array.log.flushEnded(safe, failed === undefined && !array.broken);
  if (failed !== undefined) throw failed.reason;
}

function nothing(): void {
  // Nothing is to be checked, nor told.
}
