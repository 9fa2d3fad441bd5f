import { malformed } from './nbd-error.js';
import { EXTENDED_REQUEST_MAGIC, readU64, REQUEST_MAGIC, writeU64 } from './wire.js';

/** A request without its payload, and the same with a length of 64 bits. */
export const REQUEST_BYTES = 28;
export const EXTENDED_REQUEST_BYTES = 32;

/** What a client asks for. Read into an object that is used again: there are many of them. */
export interface RequestHeader {
  flags: number;
  type: number;
  /** The client's name for it, in two halves. */
  cookieHigh: number;
  cookieLow: number;
  position: number;
  length: number;
}

export function newRequestHeader(): RequestHeader {
  return { flags: 0, type: 0, cookieHigh: 0, cookieLow: 0, position: 0, length: 0 };
}

/** @throws NbdError `ERR_NBD_PROTOCOL` for a wrong magic: nothing behind it can be trusted */
export function readRequest(bytes: Buffer, at: number, extended: boolean, into: RequestHeader): void {
  const magic = bytes.readUInt32BE(at);
  if (magic !== (extended ? EXTENDED_REQUEST_MAGIC : REQUEST_MAGIC)) {
    throw malformed(`A request begins with 0x${magic.toString(16)}, which is not its magic`);
  }
  into.flags = bytes.readUInt16BE(at + 4);
  into.type = bytes.readUInt16BE(at + 6);
  into.cookieHigh = bytes.readUInt32BE(at + 8);
  into.cookieLow = bytes.readUInt32BE(at + 12);
  into.position = readU64(bytes, at + 16);
  into.length = extended ? readU64(bytes, at + 24) : bytes.readUInt32BE(at + 24);
}

/** Writes a request at `at`. Answers its bytes. */
export function writeRequest(bytes: Buffer, at: number, extended: boolean, header: RequestHeader): number {
  bytes.writeUInt32BE(extended ? EXTENDED_REQUEST_MAGIC : REQUEST_MAGIC, at);
  bytes.writeUInt16BE(header.flags, at + 4);
  bytes.writeUInt16BE(header.type, at + 6);
  bytes.writeUInt32BE(header.cookieHigh, at + 8);
  bytes.writeUInt32BE(header.cookieLow, at + 12);
  writeU64(bytes, header.position, at + 16);
  if (extended) writeU64(bytes, header.length, at + 24);
  else bytes.writeUInt32BE(header.length, at + 24);
  return extended ? EXTENDED_REQUEST_BYTES : REQUEST_BYTES;
}
