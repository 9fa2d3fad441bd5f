import type { BlockDevice } from '../io/device.js';
import type { Io } from '../io/io.js';
import { IoError } from '../io/io-error.js';
import type { ParityArray, ParityLayer, StripeOperation } from './parity-array.js';

/** Which device was flushed, as which member. */
interface Flushed {
  readonly member: number;
  readonly device: BlockDevice;
}

/**
 * A flush of every member that is written to (I7). One that fails to flush may have lost what it had acknowledged: it is
 * given up, and the flush succeeds on the others. Regions that nobody writes to are not dirty any more afterwards.
 */
export class ParityFlush implements StripeOperation {
  private readonly array: ParityArray;
  private readonly layer: ParityLayer;
  private safe = new Set<number>();
  private failure: IoError | null = null;
  private cancelled = false;

  constructor(array: ParityArray, layer: ParityLayer) {
    this.array = array;
    this.layer = layer;
  }

  begin(io: Io): void {
    const { array } = this;
    this.safe = array.log.flushBegins();
    const split = io.split(this.layer, this);
    for (const member of array.present) {
      const own = { operation: 'flush', position: 0, pages: null, offset: 0, length: 0, fua: false } as const;
      const device = array.device(member);
      split.spawn(device, own, { member, device } satisfies Flushed);
    }
    split.seal();
  }

  locked(): void {
    // It locks nothing: what was acknowledged before is not being written any more.
  }

  child(part: Io, tag: unknown): void {
    if (part.failure === null) return;
    const flushed = tag as Flushed;
    this.failure ??= part.failure;
    if (part.failure.code === 'ECANCELED') this.cancelled = true;
    else this.array.givesUp(flushed.member, flushed.device);
  }

  done(io: Io): void {
    const { array } = this;
    const resume = io.suspend();
    array.whenStored(() => {
      const { cancelled, failure, safe } = this;
      array.log.flushEnded(safe, !cancelled && !array.broken);
      if (array.broken) io.failure = failure ?? new IoError('EIO', { message: 'Two members are missing' });
      else io.failure = cancelled ? failure : null;
      resume();
    });
  }
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
