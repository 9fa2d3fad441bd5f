import { ArgumentError, ArgumentRangeError } from '../wait/errors.js';
import { BlockDevice } from '../io/device.js';
import { PAGE_SIZE, type PagePool } from '../io/pages.js';
import { Unaligned } from '../layers/unaligned.js';
import { Zeroing } from '../layers/zeroing.js';
import type { ExportInfo } from './option-replies.js';
import { checkExportName } from './strings.js';
import {
  CMD_TRIM,
  FLAG_CAN_MULTI_CONN,
  FLAG_HAS_FLAGS,
  FLAG_READ_ONLY,
  FLAG_SEND_CACHE,
  FLAG_SEND_DF,
  FLAG_SEND_FAST_ZERO,
  FLAG_SEND_FLUSH,
  FLAG_SEND_FUA,
  FLAG_SEND_TRIM,
  FLAG_SEND_WRITE_ZEROES,
  MOST_BLOCK_BYTES,
} from './wire.js';

/** A device that a server offers, and how. */
export interface NbdExportOptions {
  /** What is served. It stays the caller's: the server does not close it. */
  device: BlockDevice;
  /** For people, in the list of exports. Default: the name of the device. */
  description?: string;
  /** Refuse everything but reads. Default: when the device cannot write. */
  readOnly?: boolean;
  /**
   * Whether clients may use several connections to it, as one that is flushed vouches for what was written through the
   * others. True of every device here (I7). Default true.
   */
  multiConnection?: boolean;
  /**
   * Serve any range of bytes, by reading, changing and writing back what is less than a block. When false the block size of
   * the device is announced as the least, which the protocol allows up to 64 KiB, and other requests are refused with
   * `EINVAL`. Default true.
   */
  byteGranular?: boolean;
}

/** A device under a name. */
export class Export {
  readonly name: string;
  readonly description: string;
  readonly device: BlockDevice;
  readonly readOnly: boolean;
  /** Whether zeroes take less than writing them would. */
  readonly zeroesFast: boolean;
  private readonly multiConnection: boolean;

  /**
   * @throws ArgumentError `ERR_EXPORT` for what is no device; ArgumentRangeError `ERR_EXPORT` for a name that is too long,
   *   and for blocks that cannot be announced
   */
  constructor(name: string, options: NbdExportOptions, pool: PagePool) {
    const { device, description, readOnly, multiConnection = true, byteGranular = true } = options;
    if (!(device instanceof BlockDevice)) {
      throw new ArgumentError('ERR_EXPORT', `device of the export "${name}" must be a BlockDevice`);
    }
    checkExportName(name);
    if (!byteGranular && device.blockSize > MOST_BLOCK_BYTES) {
      throw new ArgumentRangeError(
        'ERR_EXPORT',
        `The export "${name}" cannot announce blocks of more than ${String(MOST_BLOCK_BYTES)} bytes, ` +
          `got ${String(device.blockSize)}: serve it with byteGranular`,
      );
    }
    this.name = name;
    this.description = description ?? device.name;
    this.readOnly = readOnly === true || !device.operations.includes('write');
    this.zeroesFast = zeroesFast(device);
    const emulates = !this.readOnly && !device.operations.includes('writeZeroes');
    const zeroing = emulates ? new Zeroing(device, { pool }) : device;
    this.device = byteGranular && device.blockSize > 1 ? new Unaligned(zeroing, { pool }) : zeroing;
    this.multiConnection = multiConnection;
  }

  get size(): number {
    return this.device.size;
  }

  /** What clients are told it can do. @param structured whether they understand chunks */
  flags(structured: boolean): number {
    const { operations } = this.device;
    let flags = FLAG_HAS_FLAGS | FLAG_SEND_CACHE;
    if (operations.includes('flush')) flags |= FLAG_SEND_FLUSH;
    if (structured) flags |= FLAG_SEND_DF;
    if (this.multiConnection) flags |= FLAG_CAN_MULTI_CONN;
    if (this.readOnly) return flags | FLAG_READ_ONLY;
    flags |= FLAG_SEND_FUA;
    if (operations.includes('discard')) flags |= FLAG_SEND_TRIM;
    return flags | FLAG_SEND_WRITE_ZEROES | FLAG_SEND_FAST_ZERO;
  }

  /** Whether a command of that type is for it: what it was announced to do. */
  can(type: number): boolean {
    return type !== CMD_TRIM || this.device.operations.includes('discard');
  }

  /** The sizes that requests have to keep to. @param maximum bytes of a request */
  blockSizes(maximum: number): Extract<ExportInfo, { info: 'block-size' }> {
    const { blockSize, preferredSize } = this.device.geometry;
    // The protocol allows a power of two, no smaller than the minimum.
    const wanted = 2 ** Math.ceil(Math.log2(Math.max(PAGE_SIZE, preferredSize, blockSize)));
    const most = Math.max(maximum - (maximum % blockSize), blockSize);
    const preferred = Math.min(wanted, 2 ** Math.floor(Math.log2(most)));
    return { info: 'block-size', minimum: blockSize, preferred, maximum: most };
  }
}

/** Whether every device that zeroes are taken from has some, and makes them without writing them. */
function zeroesFast(device: BlockDevice): boolean {
  const stack = new Set([device]);
  for (const each of stack) {
    if (each.zeroesByWriting || !each.operations.includes('writeZeroes')) return false;
    for (const from of each.zeroesFrom) stack.add(from);
  }
  return true;
}
