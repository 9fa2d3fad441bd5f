import { BlockDevice, type DeviceOptions, type Geometry } from '../io/device.js';
import { checkGeometry } from '../io/gate.js';
import type { Io } from '../io/io.js';
import { waitQueue } from '../io/strategy/wait-queue.js';

export interface NullOptions extends DeviceOptions {
  /** Bytes. Default 1 TiB. */
  size?: number;
  /** Bytes, a power of two. Default 512. */
  blockSize?: number;
}

/** Answers everything at once and transfers nothing: reads leave the memory as it is. What is left is the engine's cost. */
export class NullDevice extends BlockDevice {
  readonly geometry: Geometry;

  /** @throws ArgumentRangeError `ERR_GEOMETRY`, `ERR_BLOCK_SIZE` */
  constructor(options: NullOptions = {}) {
    super('null', options.strategy ?? waitQueue);
    const blockSize = options.blockSize ?? 512;
    this.geometry = { size: options.size ?? 2 ** 40, blockSize, preferredSize: blockSize };
    checkGeometry(this.name, this.geometry);
  }

  submit(io: Io): void {
    io.finish(io.length, null);
  }
}
