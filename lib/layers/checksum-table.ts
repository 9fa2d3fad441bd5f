import { ArgumentRangeError } from '../wait/errors.js';
import type { BlockDevice } from '../io/device.js';
import type { ByteRange } from '../io/io-error.js';
import type { PageVector } from '../io/pages.js';
import { xxh32 } from './xxh32.js';

/** Bytes of a block's entry: two sums of 32 bits, little endian. */
const ENTRY_SIZE = 8;
/** In place of a sum: the block reads as zeroes, whatever the device holds there. */
export const NEVER = 0;

/**
 * Where blocks and their sums are on a device of b-byte blocks: first n data blocks, at the positions they have above,
 * then the table: for each data block, in order, an entry of two sums, b / 8 entries in a block. What is left over is not
 * used. A table of zeroes says that nothing was ever written.
 */
export class ChecksumLayout {
  readonly blockSize: number;
  /** Data blocks that one block of the table covers. */
  readonly perBlock: number;
  /** Data blocks. */
  readonly blocks: number;
  /** Where the table begins, in bytes; all before it is data. */
  readonly tableStart: number;
  /** Bytes, in whole blocks. */
  readonly tableSize: number;

  /** @throws ArgumentRangeError `ERR_GEOMETRY` for blocks too small to hold entries, or fewer than two of them */
  constructor({ name, size, blockSize }: BlockDevice) {
    const total = size / blockSize;
    if (blockSize < 2 * ENTRY_SIZE || total < 2) {
      throw new ArgumentRangeError(
        'ERR_GEOMETRY',
        `Checksum needs at least 2 blocks of at least ${String(2 * ENTRY_SIZE)} bytes, ` +
          `${name} has ${String(total)} of ${String(blockSize)}`,
      );
    }
    this.blockSize = blockSize;
    this.perBlock = blockSize / ENTRY_SIZE;
    this.blocks = total - Math.ceil(total / (this.perBlock + 1));
    this.tableStart = this.blocks * blockSize;
    this.tableSize = Math.ceil(this.blocks / this.perBlock) * blockSize;
  }

  /** The blocks of the table that hold the entries of some bytes: the first, and the one behind the last. */
  tableBlocks(position: number, length: number): { first: number; end: number } {
    const covered = this.blockSize * this.perBlock;
    return { first: Math.floor(position / covered), end: Math.ceil((position + length) / covered) };
  }

  /** The blocks of a request, from its start. */
  blocksOf({ length }: { readonly length: number }): ByteRange[] {
    const { blockSize } = this;
    return Array.from({ length: length / blockSize }, (_, i) => ({ offset: i * blockSize, length: blockSize }));
  }

  /**
   * The sum of a block: XXH32, with the block's number as its seed, so that a block in the wrong place does not match.
   * Never {@link NEVER}.
   */
  sum(data: Uint8Array, position: number): number {
    return xxh32(data, (position / this.blockSize) % 2 ** 32) || 1;
  }
}

/**
 * The entries of a request's blocks, as a copy of the blocks of the table that hold them. An entry at rest holds its sum
 * twice; while a block is being written, the sum before and the sum after (see `Checksum`).
 */
export class Entries {
  readonly bytes: Uint8Array;
  private readonly view: DataView;
  private readonly layout: ChecksumLayout;
  private readonly position: number;

  /** @param position where the request begins; `bytes` holds the table from the block of its first entry on */
  constructor(layout: ChecksumLayout, position: number, bytes: Uint8Array) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    this.layout = layout;
    this.position = position;
  }

  /** Both sums of the block `offset` bytes into the request. */
  get(offset: number): [before: number, after: number] {
    const at = this.at(offset);
    return [this.view.getUint32(at, true), this.view.getUint32(at + 4, true)];
  }

  set(offset: number, before: number, after: number): void {
    const at = this.at(offset);
    this.view.setUint32(at, before, true);
    this.view.setUint32(at + 4, after, true);
  }

  /** Where the entry of a block is in the copy, in bytes. */
  rangeOf(offset: number): ByteRange {
    return { offset: this.at(offset), length: ENTRY_SIZE };
  }

  /** The sum that a block's data match, which may be {@link NEVER}; null when they match none. */
  match(offset: number, data: Uint8Array): number | null {
    const [before, after] = this.get(offset);
    if (before === NEVER && after === NEVER) return NEVER;
    const sum = this.layout.sum(data, this.position + offset);
    if (sum === before || sum === after) return sum;
    return before === NEVER || after === NEVER ? NEVER : null;
  }

  private at(offset: number): number {
    const { blockSize, perBlock } = this.layout;
    return (((this.position / blockSize) % perBlock) + offset / blockSize) * ENTRY_SIZE;
  }
}

/** Whether one of the ranges holds all of a block. */
export function covers(ranges: readonly ByteRange[], { offset, length }: ByteRange): boolean {
  return ranges.some((range) => range.offset <= offset && offset + length <= range.offset + range.length);
}

/** The bytes of a block, without a copy where they lie together. */
export function bytesOf(pages: PageVector | null, offset: number, length: number): Uint8Array {
  return pages?.view(offset, length) ?? pages?.bytes(offset, length) ?? new Uint8Array(length);
}
