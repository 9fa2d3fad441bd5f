import { malformed } from './nbd-error.js';
import {
  EXTENDED_REPLY_MAGIC,
  readU64,
  REPLY_FLAG_DONE,
  SIMPLE_REPLY_MAGIC,
  STRUCTURED_REPLY_MAGIC,
  writeU64,
} from './wire.js';

/** Bytes in front of the payload, by the form of reply that was negotiated. */
export const SIMPLE_REPLY_BYTES = 16;
export const STRUCTURED_REPLY_BYTES = 20;
export const EXTENDED_REPLY_BYTES = 32;

/** Which forms of replies a client understands: each includes the one before it, but for `extended`, which stands alone. */
export type ReplyForm = 'simple' | 'structured' | 'extended';

/** The head of a reply, or of one of its chunks. Read into an object that is used again. */
interface ReplyHeader {
  /** An errno without chunks behind it. */
  simple: boolean;
  /** Of a simple reply. */
  errno: number;
  /** Whether this is the last chunk. */
  done: boolean;
  /** `REPLY_…`, of a chunk. */
  type: number;
  cookieHigh: number;
  cookieLow: number;
  /** Bytes of payload of a chunk; what follows a simple reply only the request tells. */
  length: number;
}

export function newReplyHeader(): ReplyHeader {
  return { simple: true, errno: 0, done: true, type: 0, cookieHigh: 0, cookieLow: 0, length: 0 };
}

/** Writes a simple reply at `at`. Answers its bytes. */
export function writeSimpleReply(bytes: Buffer, at: number, errno: number, high: number, low: number): number {
  bytes.writeUInt32BE(SIMPLE_REPLY_MAGIC, at);
  bytes.writeUInt32BE(errno, at + 4);
  bytes.writeUInt32BE(high, at + 8);
  bytes.writeUInt32BE(low, at + 12);
  return SIMPLE_REPLY_BYTES;
}

/** What a chunk says of the request that it answers. */
interface Answered {
  readonly cookieHigh: number;
  readonly cookieLow: number;
  readonly position: number;
}

/** Writes the head of a chunk with so many bytes of payload at `at`. Answers its bytes. */
export function writeChunkHeader(
  bytes: Buffer,
  at: number,
  extended: boolean,
  done: boolean,
  type: number,
  request: Answered,
  length: number,
): number {
  bytes.writeUInt32BE(extended ? EXTENDED_REPLY_MAGIC : STRUCTURED_REPLY_MAGIC, at);
  bytes.writeUInt16BE(done ? REPLY_FLAG_DONE : 0, at + 4);
  bytes.writeUInt16BE(type, at + 6);
  bytes.writeUInt32BE(request.cookieHigh, at + 8);
  bytes.writeUInt32BE(request.cookieLow, at + 12);
  if (!extended) {
    bytes.writeUInt32BE(length, at + 16);
    return STRUCTURED_REPLY_BYTES;
  }
  writeU64(bytes, request.position, at + 16);
  writeU64(bytes, length, at + 24);
  return EXTENDED_REPLY_BYTES;
}

/** Bytes that tell what a reply is: all of a simple one, and of a structured one all but its length. */
export function headBytes(form: ReplyForm): number {
  return form === 'extended' ? EXTENDED_REPLY_BYTES : SIMPLE_REPLY_BYTES;
}

/** What stands for a length that comes in the next four bytes. */
export const LENGTH_FOLLOWS = -1;

/**
 * Reads the first {@link headBytes} of a reply.
 * @throws NbdError `ERR_NBD_PROTOCOL` for the magic of a form that was not agreed on
 */
export function readReply(bytes: Buffer, at: number, form: ReplyForm, into: ReplyHeader): void {
  const magic = bytes.readUInt32BE(at);
  into.simple = magic === SIMPLE_REPLY_MAGIC && form !== 'extended';
  into.cookieHigh = bytes.readUInt32BE(at + 8);
  into.cookieLow = bytes.readUInt32BE(at + 12);
  if (into.simple) {
    into.errno = bytes.readUInt32BE(at + 4);
    into.done = true;
    into.type = into.length = 0;
    return;
  }
  const own = form === 'extended' ? EXTENDED_REPLY_MAGIC : STRUCTURED_REPLY_MAGIC;
  if (form === 'simple' || magic !== own) {
    throw malformed(`A reply begins with 0x${magic.toString(16)}, which is not the magic of a ${form} one`);
  }
  into.errno = 0;
  into.done = (bytes.readUInt16BE(at + 4) & REPLY_FLAG_DONE) !== 0;
  into.type = bytes.readUInt16BE(at + 6);
  into.length = form === 'extended' ? readU64(bytes, at + 24) : LENGTH_FOLLOWS;
}
