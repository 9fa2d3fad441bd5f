import {
  IoError,
  Layer,
  type BlockDevice,
  type ByteRange,
  type Io,
  type PagePool,
  type PageVector,
} from '../../io/index.js';
import { bytesOf, covers } from '../../layers/checksum-table.js';
import { complementOf } from '../../io/ranges.js';
import { PACKED_UNIT, UNIT } from '../blueprint.js';
import { copies } from '../copies.js';
import { unitsOf } from './sums.js';

const HEADER = PACKED_UNIT - UNIT;

interface Packing {
  readonly pages: PageVector;
  failure: IoError | null;
  /** What succeeded below, in packed bytes. */
  succeeded: readonly ByteRange[];
}

/** The comparison's size-changing layer: each block travels behind a header, so that what is above and below differ in length. */
export class Pack extends Layer<Packing | null> {
  private readonly lower: BlockDevice;
  private readonly pool: PagePool;

  constructor(lower: BlockDevice, pool: PagePool) {
    const size = Math.floor(lower.size / PACKED_UNIT) * UNIT;
    super('pack', [lower], { size, blockSize: UNIT, preferredSize: UNIT }, {});
    this.lower = lower;
    this.pool = pool;
  }

  submit(io: Io): void {
    const { operation, position, length, fua } = io;
    if (operation === 'flush') {
      io.pass(this, this.lower, 0, null);
      return;
    }
    if (operation !== 'read' && operation !== 'write') {
      io.finish(0, new IoError('EOPNOTSUPP', { message: `${this.name} does not support ${operation}` }));
      return;
    }
    const packed = (length / UNIT) * PACKED_UNIT;
    let pages: PageVector;
    try {
      pages = this.pool.allocate(packed);
    } catch (error) {
      io.finish(0, error as IoError);
      return;
    }
    if (operation === 'write') pack(io, pages);
    const packing: Packing = { pages, failure: null, succeeded: [] };
    const split = io.split(this, packing);
    const at = (position / UNIT) * PACKED_UNIT;
    split.spawn(this.lower, { operation, position: at, pages, offset: 0, length: packed, fua }, null);
    split.seal();
  }

  override child(_io: Io, packing: Packing, part: Io): void {
    packing.failure = part.failure;
    packing.succeeded = part.succeededRanges();
  }

  done(io: Io, packing: Packing | null): void {
    if (packing === null) return;
    const { pages, succeeded } = packing;
    const { good, failure } = unpack(io, pages, succeeded);
    pages.free();
    io.bytes = good.length * UNIT;
    io.failure = packing.failure ?? failure;
    io.failedRanges = io.bytes < io.length ? complementOf(good, io.length) : null;
  }
}

/** Memory and where its first byte is on the device: an `Io`, or what a rival sends in its place. */
type Placed = Pick<Io, 'operation' | 'pages' | 'offset' | 'position' | 'length'>;

/** Writes what a request holds, with headers, into packed memory. */
export function pack(io: Placed, packed: PageVector): void {
  const header = new Uint8Array(HEADER);
  const view = new DataView(header.buffer);
  for (const { offset } of unitsOf(io)) {
    const to = (offset / UNIT) * PACKED_UNIT;
    view.setBigUint64(0, BigInt(blockNumber(io, offset)), true);
    packed.set(header, to);
    copyUnit(packed, to + HEADER, io.pages, io.offset + offset);
  }
}

/**
 * The blocks of a request of which all packed bytes are among those that succeeded and, of a read, whose headers are
 * theirs; these are copied to where the request wants them. And the failure that another's header is.
 */
export function unpack(
  io: Placed,
  packed: PageVector,
  succeeded: readonly ByteRange[],
): { good: ByteRange[]; failure: IoError | null } {
  let failure: IoError | null = null;
  const good = unitsOf(io).filter(({ offset }) => {
    const from = (offset / UNIT) * PACKED_UNIT;
    if (!covers(succeeded, { offset: from, length: PACKED_UNIT })) return false;
    if (io.operation === 'write') return true;
    const found = numberIn(packed, from);
    if (found !== 0 && found !== blockNumber(io, offset)) {
      failure ??= new IoError('EIO', { message: `The block at ${String(io.position + offset)} is another's` });
      return false;
    }
    copyUnit(io.pages, io.offset + offset, packed, from + HEADER);
    return true;
  });
  return { good, failure };
}

function copyUnit(to: PageVector | null, at: number, from: PageVector | null, start: number): void {
  to?.set(bytesOf(from, start, UNIT), at);
  copies.bytes += UNIT;
}

/** From 1 up: 0 is what a header that was never written holds. */
function blockNumber({ position }: Placed, offset: number): number {
  return (position + offset) / UNIT + 1;
}

function numberIn(pages: PageVector, at: number): number {
  const bytes = bytesOf(pages, at, 8);
  return Number(new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0, true));
}
