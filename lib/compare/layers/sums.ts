import { crc32 } from 'node:zlib';
import { complementOf, IoError, Layer, type BlockDevice, type ByteRange, type Io } from '../../io/index.js';
import { bytesOf } from '../../layers/checksum-table.js';
import { UNIT } from '../blueprint.js';

/**
 * The comparison's checksumming layer: sums in memory, so that it is about transforming alone. `Checksum` is the one to
 * use; its table on the device and its order of writing would be most of what is measured.
 */
export class Sums extends Layer<readonly number[] | null> {
  private readonly lower: BlockDevice;
  private readonly sums = new Map<number, number>();

  constructor(lower: BlockDevice) {
    const size = lower.size - (lower.size % UNIT);
    super('sums', [lower], { size, blockSize: UNIT, preferredSize: UNIT }, {});
    this.lower = lower;
  }

  submit(io: Io): void {
    const sums = io.operation === 'write' ? unitsOf(io).map(({ offset }) => sumOf(io, offset)) : null;
    io.pass(this, this.lower, io.position, sums);
  }

  done(io: Io, written: readonly number[] | null): void {
    if (io.operation === 'flush') return;
    const bad: ByteRange[] = [];
    for (const range of io.succeededRanges().flatMap(wholeUnits)) {
      const at = io.position + range.offset;
      if (io.operation === 'write') this.sums.set(at, written?.[range.offset / UNIT] as number);
      else if (io.operation !== 'read') this.sums.delete(at);
      else if (this.sums.has(at) && this.sums.get(at) !== sumOf(io, range.offset)) bad.push(range);
    }
    if (bad.length === 0) return;
    io.failure ??= new IoError('EIO', { message: `A block from ${String(io.position)} on does not match its sum` });
    io.failedRanges = [...complementOf(io.succeededRanges(), io.length), ...bad];
    io.bytes -= bad.length * UNIT;
  }
}

function sumOf({ pages, offset }: Io, at: number): number {
  return crc32(bytesOf(pages, offset + at, UNIT));
}

/** The units of a request. */
export function unitsOf({ length }: { readonly length: number }): ByteRange[] {
  return Array.from({ length: length / UNIT }, (_, i) => ({ offset: i * UNIT, length: UNIT }));
}

/** The units that lie wholly in a range. */
function wholeUnits({ offset, length }: ByteRange): ByteRange[] {
  const units: ByteRange[] = [];
  for (let at = Math.ceil(offset / UNIT) * UNIT; at + UNIT <= offset + length; at += UNIT) {
    units.push({ offset: at, length: UNIT });
  }
  return units;
}
