import { ArgumentRangeError } from '../wait/errors.js';
import type { BlockDevice, DeviceOptions } from '../io/device.js';
import type { Io } from '../io/io.js';
import { Layer } from '../io/layer.js';
import { joinGeometry, someMembers, spread } from './members.js';

export interface StripeOptions extends DeviceOptions {
  /** Bytes on one member before the next is taken, a multiple of the members' block size. Default 64 KiB. */
  chunk?: number;
}

/** RAID-0: chunks go round the members in turn. Its size is that of the smallest member, in whole chunks, times n. */
export class Stripe extends Layer {
  readonly chunk: number;

  /** @throws ArgumentError `ERR_MEMBERS` without a member; ArgumentRangeError `ERR_CHUNK` */
  constructor(members: readonly BlockDevice[], options: StripeOptions = {}) {
    const all = someMembers('Stripe', members);
    const { blockSize } = joinGeometry(all);
    const chunk = options.chunk ?? 64 * 1024;
    if (!Number.isSafeInteger(chunk) || chunk <= 0 || chunk % blockSize !== 0) {
      throw new ArgumentRangeError(
        'ERR_CHUNK',
        `chunk must be a positive multiple of the members' block size, ${String(blockSize)}, got ${String(chunk)}`,
      );
    }
    const chunks = all.reduce((least, { size }) => Math.min(least, Math.floor(size / chunk)), Infinity);
    const stripe = chunk * all.length;
    super('stripe', all, { size: chunks * stripe, blockSize, preferredSize: stripe }, options);
    this.chunk = chunk;
  }

  submit(io: Io): void {
    const { chunk, lowers } = this;
    if (io.operation === 'flush') {
      spread(this, io, lowers);
      return;
    }
    let number = Math.floor(io.position / chunk);
    let within = io.position % chunk;
    if (within + io.length <= chunk) {
      io.pass(this, lowers[number % lowers.length] as BlockDevice, this.memberPosition(number) + within, null);
      return;
    }
    const split = io.split(this, null);
    for (let done = 0; done < io.length; number++) {
      const length = Math.min(chunk - within, io.length - done);
      split.piece(lowers[number % lowers.length] as BlockDevice, this.memberPosition(number) + within, done, length);
      done += length;
      within = 0;
    }
    split.seal();
  }

  done(): void {
    // The sum of the pieces is the answer.
  }

  private memberPosition(chunkNumber: number): number {
    return Math.floor(chunkNumber / this.lowers.length) * this.chunk;
  }
}
