import type { BlockDevice, DeviceOptions } from '../io/device.js';
import type { ExtentState } from '../io/extents.js';
import type { Io } from '../io/io.js';
import { Layer } from '../io/layer.js';

/** The layer that does nothing: the template for every other, and the measure of what a layer costs. */
export class Pass extends Layer {
  private readonly lower: BlockDevice;

  constructor(lower: BlockDevice, options: DeviceOptions = {}) {
    super('pass', [lower], lower.geometry, options);
    this.lower = lower;
  }

  submit(io: Io): void {
    io.pass(this, this.lower, io.position, null);
  }

  protected override knownExtents(position: number, length: number): Promise<ExtentState[]> {
    return this.lower.extents(position, length);
  }

  done(): void {
    // What came up goes on up.
  }
}
