import type { BlockDevice, DeviceOptions } from '../io/device.js';
import { ExtentList, MAX_EXTENTS, type ExtentState } from '../io/extents.js';
import type { Io } from '../io/io.js';
import { Layer } from '../io/layer.js';
import { OptionError } from '../io/option-error.js';
import { createSet, openSet, type MemberSet, type MemberSetOptions } from './member-set.js';
import { joinGeometry, someMembers, spread } from './members.js';

/** A run of bytes of a device. */
export interface Segment {
  readonly device: BlockDevice;
  /** Where it begins on the device, a multiple of the block size. Default 0. */
  readonly start?: number;
  /** Bytes, a multiple of the block size. Default: to the end of the device. */
  readonly length?: number;
}

/** Segments of devices, one behind the other, as a volume manager maps extents. */
export class Linear extends Layer {
  private readonly segments: readonly Required<Segment>[];
  /** Where each segment begins on this device. */
  private readonly starts: readonly number[];

  /**
   * @param segments devices, or parts of them, in order; one device may come several times
   * @throws ArgumentError `ERR_MEMBERS` without a segment; ArgumentRangeError `ERR_SEGMENT` for one that is not within
   *   its device or not aligned
   */
  constructor(segments: readonly (Segment | BlockDevice)[], options: DeviceOptions = {}) {
    const full = segments.map((segment) => ('device' in segment ? segment : { device: segment })).map(complete);
    const members = someMembers('Linear', [...new Set(full.map((segment) => segment.device))]);
    const geometry = joinGeometry(members);
    const starts: number[] = [];
    let size = 0;
    for (const [index, segment] of full.entries()) {
      checkSegment(segment, `segments.${String(index)}`, geometry.blockSize);
      starts.push(size);
      size += segment.length;
    }
    super('linear', members, { ...geometry, size }, options);
    this.segments = full;
    this.starts = starts;
  }

  /**
   * Whole devices behind each other, with a superblock on each that says who they are and in which order: {@link open}
   * opens them given in any. Some 8 KiB of each are taken. What was on the devices is lost. One whose making a crash
   * has cut off is refused by {@link open}, and made again with `overwrite`. Parts of devices are not written down: they
   * are what their description says.
   * @throws ArgumentError `ERR_MEMBERS`; `ERR_MEMBER_IN_USE` for a member of something, unless it is to be overwritten;
   *   ArgumentRangeError `ERR_GEOMETRY` for one too small; IoError
   */
  static async create(members: readonly BlockDevice[], options: DeviceOptions & MemberSetOptions): Promise<Linear> {
    const { blockSize } = joinGeometry(someMembers('Linear', members));
    return linearOf(await createSet('linear', members, 0, (room) => room - (room % blockSize), options), options);
  }

  /**
   * The concatenation that its members say they are, given in any order; all are needed.
   * @throws ArgumentError `ERR_NOT_A_MEMBER`, `ERR_FOREIGN_MEMBER`, `ERR_DUPLICATE_MEMBER` for one that does not belong,
   *   `ERR_MEMBERS` when one is missing; IoError when one cannot be read
   */
  static async open(
    members: readonly BlockDevice[],
    options: DeviceOptions & Pick<MemberSetOptions, 'pool'>,
  ): Promise<Linear> {
    return linearOf(await openSet('linear', members, options.pool), options);
  }

  submit(io: Io): void {
    if (io.operation === 'flush') {
      spread(this, io, this.lowers);
      return;
    }
    let index = this.indexOf(io.position);
    const within = io.position - (this.starts[index] as number);
    const first = this.segments[index] as Required<Segment>;
    if (within + io.length <= first.length) {
      io.pass(this, first.device, first.start + within, null);
      return;
    }
    const split = io.split(this, null);
    let skip = within;
    for (let done = 0; done < io.length; index++) {
      const segment = this.segments[index] as Required<Segment>;
      const length = Math.min(segment.length - skip, io.length - done);
      if (length > 0) split.piece(segment.device, segment.start + skip, done, length);
      done += length;
      skip = 0;
    }
    split.seal();
  }

  done(): void {
    // The sum of the pieces is the answer.
  }

  protected override async knownExtents(position: number, length: number): Promise<ExtentState[]> {
    const list = new ExtentList();
    const first = this.indexOf(position);
    for (let index = first; list.length < length && index - first < MAX_EXTENTS; index++) {
      const segment = this.segments[index] as Required<Segment>;
      const skip = position + list.length - (this.starts[index] as number);
      const end = list.length + Math.min(segment.length - skip, length - list.length);
      const known = await segment.device.extents(segment.start + skip, end - list.length);
      if (!known.every((state) => list.add(state.length, state)) || list.length < end) break;
    }
    return list.extents;
  }

  /** The segment that a position lies in: the last that begins at or before it, by bisection. */
  private indexOf(position: number): number {
    let low = 0;
    let high = this.starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.starts[middle] as number) <= position) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}

function linearOf({ devices, dataStart, dataSizes }: MemberSet, options: DeviceOptions): Linear {
  const segments = devices.map((device, i) => ({ device, start: dataStart, length: dataSizes[i] as number }));
  return new Linear(segments, options);
}

function complete(segment: Segment): Required<Segment> {
  const start = segment.start ?? 0;
  return { device: segment.device, start, length: segment.length ?? segment.device.size - start };
}

/** @throws OptionError `ERR_SEGMENT` */
export function checkSegment({ device, start, length }: Required<Segment>, option: string, blockSize: number): void {
  const aligned = [start, length].every(
    (value) => Number.isSafeInteger(value) && value >= 0 && value % blockSize === 0,
  );
  if (aligned && length > 0 && start + length <= device.size) return;
  throw new OptionError(
    'ERR_SEGMENT',
    option,
    `must be multiples of ${String(blockSize)} within the ${String(device.size)} bytes of ` +
      `${device.name}, got start ${String(start)}, length ${String(length)}`,
  );
}
