import type { BlockDevice, DeviceOptions } from '../io/device.js';
import { OptionError } from '../io/option-error.js';
import { checkSegment, Linear } from './linear.js';

/** A run of bytes of a file, where the file system has put it. */
export interface Extent {
  /** Bytes from the start of the device, a multiple of its block size. */
  readonly start: number;
  /** Bytes, a multiple of the block size. */
  readonly length: number;
}

/**
 * A file on a device as a device (the kernel's loop device, for a file whose extents are known): its extents, in order.
 * This is {@link Linear} over segments of one device, with one rule more: the extents of a file do not overlap, or
 * requests for different positions would change the same bytes. The file must not move while the loop is used.
 * @throws ArgumentError `ERR_MEMBERS` without an extent; ArgumentRangeError `ERR_SEGMENT` for one that is not aligned or
 *   not within the device, `ERR_EXTENTS` for two that overlap
 */
export function loop(device: BlockDevice, extents: Extent | readonly Extent[], options: DeviceOptions = {}): Linear {
  const all = 'start' in extents ? [extents] : extents;
  const sorted = [...all].sort((a, b) => a.start - b.start);
  for (const [i, { start }] of sorted.entries()) {
    const before = sorted[i - 1];
    if (before === undefined || before.start + before.length <= start) continue;
    throw new OptionError(
      'ERR_EXTENTS',
      'extents',
      `must not overlap, got ${describe(before)} and one from ${String(start)} on`,
    );
  }
  const segments = all.map(({ start, length }) => ({ device, start, length }));
  for (const [i, segment] of segments.entries()) checkSegment(segment, `extents.${String(i)}`, device.blockSize);
  return new Linear(segments, { ...options, name: options.name ?? `loop on ${device.name}` });
}

function describe({ start, length }: Extent): string {
  return `one from ${String(start)} to ${String(start + length)}`;
}
