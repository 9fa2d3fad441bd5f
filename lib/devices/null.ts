import { BlockDevice, type DeviceOptions } from '../io/device.js';
import type { Transfer } from '../io/io.js';
import { waitQueue } from '../io/strategy/wait-queue.js';

/** How big a {@link NullDevice} says it is. */
export interface NullOptions extends DeviceOptions {
  /** Bytes. Default 1 TiB. */
  size?: number;
  /** Bytes, a power of two. Default 512. */
  blockSize?: number;
}

/** Answers everything at once and transfers nothing: reads leave the memory as it is. What is left is the engine's cost. */
export class NullDevice extends BlockDevice {
  readonly lowers: readonly BlockDevice[] = [];

  /** @throws ArgumentRangeError `ERR_GEOMETRY`, `ERR_BLOCK_SIZE` */
  constructor(options: NullOptions = {}) {
    const { size = 2 ** 40, blockSize = 512 } = options;
    super(options.name ?? 'null', options.strategy ?? waitQueue, { size, blockSize, preferredSize: blockSize });
  }

  submit(io: Transfer): void {
    io.finish(io.length, null);
  }
}
