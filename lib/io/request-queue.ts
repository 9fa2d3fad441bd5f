import { ArgumentRangeError } from '../wait/errors.js';
import type { BlockDevice, DeviceOptions } from './device.js';
import type { Io } from './io.js';
import { Layer } from './layer.js';
import { WaitingList } from './waiting-list.js';

/**
 * A request queue in front of a device: at most `depth` headers run below, the others wait, first come, first served.
 * A header that waits is withdrawn in O(1); one that runs is left to finish (N14).
 */
export class RequestQueue extends Layer {
  readonly depth: number;
  private readonly lower: BlockDevice;
  private running = 0;
  private readonly waiting: WaitingList = new WaitingList();

  /** @throws ArgumentRangeError `ERR_DEPTH` unless `depth` is a whole number from 1 up */
  constructor(lower: BlockDevice, options: DeviceOptions & { depth: number }) {
    super('queue', [lower], lower.geometry, options);
    if (!Number.isInteger(options.depth) || options.depth < 1) {
      throw new ArgumentRangeError('ERR_DEPTH', `depth must be a whole number from 1 up, got ${String(options.depth)}`);
    }
    this.lower = lower;
    this.depth = options.depth;
  }

  /** How many headers wait. */
  get queued(): number {
    return this.waiting.length;
  }

  /** How many headers run below. */
  get inFlight(): number {
    return this.running;
  }

  submit(io: Io): void {
    if (this.running < this.depth) this.run(io);
    else this.waiting.park(io);
  }

  done(): void {
    this.running--;
    const slot = this.waiting.first;
    if (slot === null || this.running >= this.depth) return;
    this.waiting.take(slot);
    this.run(slot.io);
  }

  private run(io: Io): void {
    this.running++;
    io.pass(this, this.lower, io.position, null);
  }
}
