import { BlockDevice, type DeviceOptions } from '../io/device.js';
import { ExtentList, type ExtentState } from '../io/extents.js';
import type { Transfer } from '../io/io.js';
import { PAGE_SIZE } from '../io/pages.js';
import { waitQueue } from '../io/strategy/wait-queue.js';

/** How big a {@link MemoryDevice} is. */
export interface MemoryOptions extends DeviceOptions {
  /** Bytes, a multiple of the block size. */
  size: number;
  /** Bytes, a power of two. Default 512. */
  blockSize?: number;
}

/** Bytes that are looked at for one answer of what is zero: a tenth of a millisecond. */
const LOOK_BYTES = 1 << 20;

/** What it takes to find a page that begins with data: a line of the processor's cache. */
const GLANCE_BYTES = 64;

/** A device in memory, zeroed; answers at once. What it acknowledged is as stable as the process. */
export class MemoryDevice extends BlockDevice {
  readonly lowers: readonly BlockDevice[] = [];
  /** What is on the device, for tests and tools. */
  readonly contents: Uint8Array;

  /** @throws ArgumentRangeError `ERR_GEOMETRY`, `ERR_BLOCK_SIZE` */
  constructor(options: MemoryOptions) {
    const { size, blockSize = 512 } = options;
    super(options.name ?? 'memory', options.strategy ?? waitQueue, { size, blockSize, preferredSize: blockSize });
    this.contents = new Uint8Array(size);
  }

  override directAccess(position: number, length: number): Uint8Array | null {
    return this.closed ? null : this.contents.subarray(position, position + length);
  }

  submit(io: Transfer): void {
    const { operation, position, pages, offset, length } = io;
    if (operation === 'read') pages?.set(this.contents.subarray(position, position + length), offset);
    else if (operation === 'write' && pages !== null) {
      let at = position;
      for (const view of pages.views(offset, length)) {
        this.contents.set(view, at);
        at += view.length;
      }
    } else if (operation !== 'flush') this.contents.fill(0, position, position + length);
    io.finish(length, null);
  }

  /** All room is taken; which pages are zero is found by looking at them. */
  protected override knownExtents(position: number, length: number): ExtentState[] {
    const list = new ExtentList();
    const unit = Math.max(PAGE_SIZE, this.blockSize);
    const nothing = new Uint8Array(unit);
    const end = position + length;
    let left = Math.max(LOOK_BYTES, unit);
    for (let at = position; at < end && left > 0; at = position + list.length) {
      const next = Math.min(end, at - (at % unit) + unit);
      const begins = this.contents[at] === 0;
      const zero = begins && Buffer.compare(this.contents.subarray(at, next), nothing.subarray(0, next - at)) === 0;
      left -= begins ? next - at : GLANCE_BYTES;
      if (!list.add(next - at, { allocated: true, zero })) break;
    }
    return list.extents;
  }
}
