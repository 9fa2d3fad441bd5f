import { BlockDevice, type Transfer } from '../io/index.js';

/** In the place of a device that is to be blank: as large and as strict, reads as zeroes, and keeps nothing. */
export class StandIn extends BlockDevice {
  readonly lowers: readonly BlockDevice[] = [];

  /**
   * @param device what it stands for
   * @param size bytes; what is less than a block of the device is left off
   */
  constructor(device: BlockDevice, size: number) {
    const { name, strategy, geometry, operations, memoryAlignment } = device;
    super(name, strategy, { ...geometry, size: size - (size % geometry.blockSize) }, operations, memoryAlignment);
  }

  submit(io: Transfer): void {
    const { operation, pages, offset, length } = io;
    if (operation === 'read') for (const view of pages?.views(offset, length) ?? []) view.fill(0);
    io.finish(length, null);
  }
}
