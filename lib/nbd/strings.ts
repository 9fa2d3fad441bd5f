import { ArgumentRangeError } from '../wait/errors.js';
import { malformed } from './nbd-error.js';
import { MAX_STRING_BYTES } from './wire.js';

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** A string on the wire. @throws NbdError `ERR_NBD_PROTOCOL` when it is too long, holds NUL or is no UTF-8 */
export function readString(bytes: Uint8Array, what: string): string {
  if (bytes.length > MAX_STRING_BYTES) {
    throw malformed(`${what} has ${String(bytes.length)} bytes, at most ${String(MAX_STRING_BYTES)} are allowed`);
  }
  if (bytes.includes(0)) throw malformed(`${what} holds NUL`);
  try {
    return utf8.decode(bytes);
  } catch {
    throw malformed(`${what} is not UTF-8`);
  }
}

/** Refuses a name of an export that cannot be sent as it is. @throws ArgumentRangeError `ERR_EXPORT` */
export function checkExportName(name: string): void {
  const fault = stringFault(name);
  if (fault === null) return;
  throw new ArgumentRangeError('ERR_EXPORT', `The name of an export cannot be "${name.slice(0, 80)}": ${fault}`);
}

/** What keeps a text from being sent as a string, or null. */
export function stringFault(text: string): string | null {
  const bytes = Buffer.byteLength(text);
  if (bytes > MAX_STRING_BYTES) return `it has ${String(bytes)} bytes, at most ${String(MAX_STRING_BYTES)} are allowed`;
  if (text.includes('\0')) return 'it holds NUL';
  return Buffer.from(text).toString() === text ? null : 'it is no Unicode';
}

/** As much of a text as a string on the wire may have, whole characters. */
export function writeString(text: string): Buffer {
  const bytes = Buffer.from(text.replaceAll('\0', ''), 'utf8');
  if (bytes.length <= MAX_STRING_BYTES) return bytes;
  let end = MAX_STRING_BYTES;
  // Not in the middle of a character: its bytes behind the first are 10xxxxxx.
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end--;
  return bytes.subarray(0, end);
}
