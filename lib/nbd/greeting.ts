import { malformed } from './nbd-error.js';
import { FLAG_FIXED_NEWSTYLE, FLAG_NO_ZEROES, INIT_MAGIC, OPTION_MAGIC } from './wire.js';

/** The first words of a server: two magics and its handshake flags. */
export const GREETING_BYTES = 18;
/** The answer of a client: its flags. */
export const CLIENT_FLAGS_BYTES = 4;

export function writeGreeting(flags: number): Buffer {
  const bytes = Buffer.allocUnsafe(GREETING_BYTES);
  bytes.writeBigUInt64BE(INIT_MAGIC, 0);
  bytes.writeBigUInt64BE(OPTION_MAGIC, 8);
  bytes.writeUInt16BE(flags, 16);
  return bytes;
}

/**
 * The handshake flags of a server.
 * @throws NbdError `ERR_NBD_PROTOCOL` for one that does not speak NBD, or only the old styles of its handshake
 */
export function readGreeting(bytes: Buffer, at: number): number {
  if (bytes.readBigUInt64BE(at) !== INIT_MAGIC) throw malformed('The peer is no NBD server: its first word is wrong');
  if (bytes.readBigUInt64BE(at + 8) !== OPTION_MAGIC)
    throw malformed('The server speaks the old style of the handshake');
  const flags = bytes.readUInt16BE(at + 16);
  if ((flags & FLAG_FIXED_NEWSTYLE) === 0) throw malformed('The server does not speak the fixed newstyle handshake');
  return flags;
}

export function writeClientFlags(flags: number): Buffer {
  const bytes = Buffer.allocUnsafe(CLIENT_FLAGS_BYTES);
  bytes.writeUInt32BE(flags);
  return bytes;
}

/** The flags of a client. @throws NbdError `ERR_NBD_PROTOCOL` for one that the server does not know */
export function readClientFlags(bytes: Buffer, at: number): number {
  const flags = bytes.readUInt32BE(at);
  if (flags > (FLAG_FIXED_NEWSTYLE | FLAG_NO_ZEROES)) {
    throw malformed(`The client sets flags that there are not: 0x${flags.toString(16)}`);
  }
  return flags;
}
