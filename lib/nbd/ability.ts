import { ArgumentRangeError } from '../wait/errors.js';
import type { Geometry } from '../io/device.js';
import type { Operation } from '../io/io.js';
import type { Terms } from './client-haggling.js';
import { NbdError } from './nbd-error.js';
import * as wire from './wire.js';

/** What a server's export makes of headers. */
export interface Ability {
  readonly flags: number;
  /** Bytes that one read or write may have, one request for zeroes, and one of the others that have no data. */
  readonly dataBytes: number;
  readonly zeroBytes: number;
  readonly spanBytes: number;
}

/** 32 MiB: what any server takes, unless it tells otherwise. */
const DATA_BYTES = 32 << 20;

/** What an export can do, in blocks of so many bytes. */
export function abilityOf({ flags, blockSizes, form }: Terms, blockSize: number): Ability {
  const most = blockSizes?.maximum ?? Infinity;
  const inBlocks = (bytes: number): number => Math.max(blockSize, bytes - (bytes % blockSize));
  const spanBytes = form === 'extended' ? 2 ** 40 : 2 ** 30;
  // Servers without extended headers know the protocol as it was when the largest size held for zeroes, too.
  const zeroBytes = form === 'extended' ? spanBytes : inBlocks(Math.min(spanBytes, most));
  return { flags, dataBytes: inBlocks(Math.min(DATA_BYTES, most)), zeroBytes, spanBytes };
}

/** The geometry of a device over an export. @throws ArgumentRangeError `ERR_BLOCK_SIZE` for blocks that the server does not take */
export function geometryOf({ size, blockSizes }: Terms, asked: number | undefined): Geometry {
  const least = blockSizes?.minimum ?? 1;
  const blockSize = asked ?? (size % 512 === 0 ? Math.max(512, least) : least);
  if (blockSize % least !== 0) {
    throw new ArgumentRangeError(
      'ERR_BLOCK_SIZE',
      `blockSize must be a multiple of what the server asks for, ${String(least)}, got ${String(blockSize)}`,
    );
  }
  const preferred = Math.max(4096, blockSizes?.preferred ?? 4096);
  return { size: size - (size % blockSize), blockSize, preferredSize: Math.ceil(preferred / blockSize) * blockSize };
}

/** What a device over an export can do. */
export function operationsOf({ flags }: Terms, readOnly: boolean): readonly Operation[] {
  const operations: Operation[] = ['read'];
  const writes = !readOnly && (flags & wire.FLAG_READ_ONLY) === 0;
  if (writes) operations.push('write');
  // What never writes has nothing to flush.
  if (!writes || (flags & wire.FLAG_SEND_FLUSH) !== 0) operations.push('flush');
  if (writes && (flags & wire.FLAG_SEND_TRIM) !== 0) operations.push('discard');
  if (writes && (flags & wire.FLAG_SEND_WRITE_ZEROES) !== 0) operations.push('writeZeroes');
  return operations;
}

/** Refuses an export that is not what it was. @throws NbdError `ERR_NBD_CHANGED` */
export function checkSame(before: Terms, now: Terms): void {
  const sizes = (terms: Terms): string => JSON.stringify(terms.blockSizes);
  if (before.size === now.size && before.flags === now.flags && sizes(before) === sizes(now)) return;
  throw new NbdError(
    'ERR_NBD_CHANGED',
    `The export has changed: it had ${String(before.size)} bytes and flags 0x${before.flags.toString(16)}, ` +
      `and has ${String(now.size)} bytes and flags 0x${now.flags.toString(16)}`,
  );
}
