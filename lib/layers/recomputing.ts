import { IoError } from '../io/io-error.js';
import { PAGE_SIZE, type PageVector } from '../io/pages.js';
import { complementOf, inBlocks } from '../io/ranges.js';
import { readMember, writeMember } from './member-io.js';
import type { ParityArray } from './parity-array.js';
import type { ChunkRange } from './parity-plan.js';
import { readParts } from './read-parts.js';
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
      await this.write(stripe, member, 0, array.map.chunk);
      then();
    } finally {
      array.lock.release(stripe);
    }
  }

  /**
   * Recomputes, block by block, what it can of a stripe's parity. Answers what could not be read of the data; the parity of
   * that is left as it was. The stripe is not locked: no request may be under way.
   * @throws IoError when the member that has the parity does not take it: it is given up
   */
  async recomputeReadable(stripe: number): Promise<ChunkRange[]> {
    const { array, slots, slotSize } = this;
    const { chunk } = array.map;
    const parity = array.map.parityOf(stripe);
    const others = array.others(parity);
    const blockSize = Math.max(array.device(parity).blockSize, ...others.map((other) => array.device(other).blockSize));
    const position = array.map.positionOf(stripe);
    const read = others.map((other, slot) =>
      readParts(array.device(other), slots.range(slot * slotSize, chunk), position, blockSize),
    );
    const unread = (await Promise.all(read)).flatMap((good, slot) =>
      inBlocks(complementOf(good, chunk), blockSize, chunk).map(({ offset, length }) => ({
        member: others[slot] as number,
        within: offset,
        length,
      })),
    );
    for (let slot = 1; slot < others.length; slot++) xorInto(slots, 0, slots, slot * slotSize, chunk);
    const bad = unread.map(({ within, length }) => ({ offset: within, length }));
    for (const { offset, length } of complementOf(bad, chunk)) await this.write(stripe, parity, offset, length);
    return unread;
  }

  private async sum(stripe: number, member: number): Promise<void> {
    const { array, slots, slotSize } = this;
    const { chunk } = array.map;
    const position = array.map.positionOf(stripe);
    if (!array.canCompute(member, stripe))
      throw new IoError('EIO', { message: 'Two members of the stripe are missing' });
    const doubt = member === array.map.parityOf(stripe) ? null : array.doubts.error(stripe, 0, chunk);
    if (doubt !== null) throw doubt;
    const reads = array
      .others(member)
      .map((other, slot) => readMember(array.device(other), slots.range(slot * slotSize, chunk), position));
    // All have to have come back before the memory is used for anything else.
    for (const outcome of await Promise.allSettled(reads)) if (outcome.status === 'rejected') throw outcome.reason;
    for (let slot = 1; slot < reads.length; slot++) xorInto(slots, 0, slots, slot * slotSize, chunk);
  }

  private write(stripe: number, member: number, within: number, length: number): Promise<void> {
    const { array, slots } = this;
    const options = { position: array.map.positionOf(stripe) + within, fua: false };
    const device = array.device(member);
    return new Promise((resolve, reject) => {
      writeMember(device, slots.range(within, length), options, (error) => {
        if (error === null) {
          if (member === array.map.parityOf(stripe)) array.doubts.settle(stripe, within, length);
          resolve();
          return;
        }
        array.givesUp(member, device);
        reject(error);
      });
    });
  }
}
