import { crc32 } from 'node:zlib';
import { complementOf, IoError, Layer, type BlockDevice, type ByteRange, type Io } from '../../io/index.js';
import { bytesOf } from '../../layers/checksum-table.js';
import { UNIT } from '../blueprint.js';

/** Sums of the blocks that were written, by position, in memory. */
export class SumTable {
  private readonly sums = new Map<number, number>();

  /** The sums of what is about to be written; null of anything else. */
  before(io: Summed): readonly number[] | null {
    return io.operation === 'write' ? unitsOf(io).map(({ offset }) => sumOf(io, offset)) : null;
  }

  /** Takes note of the parts of a request that succeeded. Answers the blocks that were read and do not match. */
  after(io: Summed, written: readonly number[] | null, succeeded: readonly ByteRange[]): ByteRange[] {
    const bad: ByteRange[] = [];
    if (io.operation === 'flush') return bad;
    for (const range of succeeded.flatMap(wholeUnits)) {
      const at = io.position + range.offset;
      if (io.operation === 'write') this.sums.set(at, written?.[range.offset / UNIT] as number);
      else if (io.operation !== 'read') this.sums.delete(at);
      else if (this.sums.has(at) && this.sums.get(at) !== sumOf(io, range.offset)) bad.push(range);
    }
    return bad;
  }
}

/** What a block fails with that does not match its sum, of a request from `position` on. */
export function mismatch(position: number): IoError {
  return new IoError('EIO', { message: `A block from ${String(position)} on does not match its sum` });
}

type Summed = Pick<Io, 'operation' | 'pages' | 'offset' | 'position' | 'length'>;

/**
 * The comparison's checksumming layer: sums in memory, so that it is about transforming alone. `Checksum` is the one to
 * use; its table on the device and its order of writing would be most of what is measured.
 */
export class Sums extends Layer<readonly number[] | null> {
  private readonly lower: BlockDevice;
  private readonly table = new SumTable();

  constructor(lower: BlockDevice) {
    const size = lower.size - (lower.size % UNIT);
    super('sums', [lower], { size, blockSize: UNIT, preferredSize: UNIT }, {});
    this.lower = lower;
  }

  submit(io: Io): void {
    io.pass(this, this.lower, io.position, this.table.before(io));
  }

  done(io: Io, written: readonly number[] | null): void {
    const succeeded = io.succeededRanges();
    const bad = this.table.after(io, written, succeeded);
    if (bad.length === 0) return;
    io.failure ??= mismatch(io.position);
    io.failedRanges = [...complementOf(succeeded, io.length), ...bad];
    io.bytes -= bad.length * UNIT;
  }
}

function sumOf({ pages, offset }: Summed, at: number): number {
  return crc32(bytesOf(pages, offset + at, UNIT));
}

/** The units of a request. */
export function unitsOf({ length }: { readonly length: number }): ByteRange[] {
  return Array.from({ length: length / UNIT }, (_, i) => ({ offset: i * UNIT, length: UNIT }));
}

/** The units that lie wholly in a range. */
export function wholeUnits({ offset, length }: ByteRange): ByteRange[] {
  const units: ByteRange[] = [];
  for (let at = Math.ceil(offset / UNIT) * UNIT; at + UNIT <= offset + length; at += UNIT) {
    units.push({ offset: at, length: UNIT });
  }
  return units;
}
