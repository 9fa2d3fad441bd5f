import { malformed } from './nbd-error.js';
import { readString, writeString } from './strings.js';
import { readU64, REPLY_ERROR_OFFSET, writeU64 } from './wire.js';

/*
 * The payloads of chunks, but for the data of reads, which go between the socket and the pages of a request.
 */

/** In front of the data of `OFFSET_DATA`: where they belong. */
export const DATA_OFFSET_BYTES = 8;
/** `OFFSET_HOLE`: where zeroes begin, and how many there are. */
export const HOLE_BYTES = 12;

interface ErrorChunk {
  readonly errno: number;
  readonly message: string;
  /** The byte on the device at which it went wrong, of an `ERROR_OFFSET`. */
  readonly position: number | null;
}

/** The payload of an error chunk: with a position it is one of the type `ERROR_OFFSET`. */
export function writeErrorChunk({ errno, message, position }: ErrorChunk): Buffer {
  const text = writeString(message);
  const bytes = Buffer.allocUnsafe(6 + text.length + (position === null ? 0 : 8));
  bytes.writeUInt32BE(errno, 0);
  bytes.writeUInt16BE(text.length, 4);
  text.copy(bytes, 6);
  if (position !== null) writeU64(bytes, position, 6 + text.length);
  return bytes;
}

/** @throws NbdError `ERR_NBD_PROTOCOL` when it is cut short or tells no error */
export function readErrorChunk(type: number, payload: Buffer): ErrorChunk {
  const behind = type === REPLY_ERROR_OFFSET ? 8 : 0;
  const length = payload.length < 6 ? Infinity : payload.readUInt16BE(4);
  if (6 + length + behind > payload.length) throw malformed('An error does not end within its chunk');
  const errno = payload.readUInt32BE(0);
  if (errno === 0) throw malformed('An error chunk tells no error');
  const message = readString(payload.subarray(6, 6 + length), 'The message of an error');
  return { errno, message, position: behind === 0 ? null : readU64(payload, 6 + length) };
}

/** What is at some bytes of a device: `STATE_HOLE`, `STATE_ZERO`. */
export interface StatusExtent {
  readonly length: number;
  readonly state: number;
}

/** The payload of `BLOCK_STATUS`, or with extended headers of `BLOCK_STATUS_EXT`. */
export function writeBlockStatus(context: number, extents: readonly StatusExtent[], extended: boolean): Buffer {
  const each = extended ? 16 : 8;
  const head = extended ? 8 : 4;
  const bytes = Buffer.allocUnsafe(head + each * extents.length);
  bytes.writeUInt32BE(context, 0);
  if (extended) bytes.writeUInt32BE(extents.length, 4);
  for (const [i, { length, state }] of extents.entries()) {
    const at = head + each * i;
    if (extended) {
      writeU64(bytes, length, at);
      writeU64(bytes, state, at + 8);
    } else {
      bytes.writeUInt32BE(length, at);
      bytes.writeUInt32BE(state, at + 4);
    }
  }
  return bytes;
}

/** @throws NbdError `ERR_NBD_PROTOCOL` for one of no extents, of an empty extent, or of a length that does not fit */
export function readBlockStatus(payload: Buffer, extended: boolean): { context: number; extents: StatusExtent[] } {
  const each = extended ? 16 : 8;
  const head = extended ? 8 : 4;
  const count = (payload.length - head) / each;
  if (!Number.isInteger(count) || count < 1) throw malformed('A block status does not fit its chunk');
  if (extended && payload.readUInt32BE(4) !== count)
    throw malformed('A block status has not as many extents as it says');
  const extents = Array.from({ length: count }, (_, i) => {
    const at = head + each * i;
    return extended
      ? { length: readU64(payload, at), state: readU64(payload, at + 8) }
      : { length: payload.readUInt32BE(at), state: payload.readUInt32BE(at + 4) };
  });
  if (extents.some(({ length }) => length === 0)) throw malformed('A block status has an extent of no bytes');
  return { context: payload.readUInt32BE(0), extents };
}
