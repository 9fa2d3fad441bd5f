/*
 * The numbers of the NBD protocol, as the project's doc/proto.md has them, without their prefix `NBD_`. All fields on the
 * wire are big endian.
 */

/** `NBDMAGIC` and `IHAVEOPT`: a server's first words. The second also begins each option. */
export const INIT_MAGIC: bigint = 0x4e42444d41474943n;
export const OPTION_MAGIC: bigint = 0x49484156454f5054n;
export const OPTION_REPLY_MAGIC: bigint = 0x3e889045565a9n;
export const REQUEST_MAGIC = 0x25609513;
export const EXTENDED_REQUEST_MAGIC = 0x21e41c71;
export const SIMPLE_REPLY_MAGIC = 0x67446698;
export const STRUCTURED_REPLY_MAGIC = 0x668e33ef;
export const EXTENDED_REPLY_MAGIC = 0x6e8a278c;

/** Handshake flags of the server, and the same bits of the client. */
export const FLAG_FIXED_NEWSTYLE = 1;
export const FLAG_NO_ZEROES = 2;

/** Transmission flags: what an export can do. */
export const FLAG_HAS_FLAGS = 0x1;
export const FLAG_READ_ONLY = 0x2;
export const FLAG_SEND_FLUSH = 0x4;
export const FLAG_SEND_FUA = 0x8;
export const FLAG_SEND_TRIM = 0x20;
export const FLAG_SEND_WRITE_ZEROES = 0x40;
export const FLAG_SEND_DF = 0x80;
export const FLAG_CAN_MULTI_CONN = 0x100;
export const FLAG_SEND_CACHE = 0x400;
export const FLAG_SEND_FAST_ZERO = 0x800;

export const OPT_EXPORT_NAME = 1;
export const OPT_ABORT = 2;
export const OPT_LIST = 3;
export const OPT_STARTTLS = 5;
export const OPT_INFO = 6;
export const OPT_GO = 7;
export const OPT_STRUCTURED_REPLY = 8;
export const OPT_LIST_META_CONTEXT = 9;
export const OPT_SET_META_CONTEXT = 10;
export const OPT_EXTENDED_HEADERS = 11;

export const REP_ACK = 1;
export const REP_SERVER = 2;
export const REP_INFO = 3;
export const REP_META_CONTEXT = 4;
/** Set in the type of a reply that refuses. */
export const REP_ERROR = 0x80000000;
export const REP_ERR_UNSUP = 0x80000001;
export const REP_ERR_POLICY = 0x80000002;
export const REP_ERR_INVALID = 0x80000003;
export const REP_ERR_TLS_REQD = 0x80000005;
export const REP_ERR_UNKNOWN = 0x80000006;
export const REP_ERR_SHUTDOWN = 0x80000007;
export const REP_ERR_BLOCK_SIZE_REQD = 0x80000008;
export const REP_ERR_EXT_HEADER_REQD = 0x8000000a;

export const INFO_EXPORT = 0;
export const INFO_NAME = 1;
export const INFO_DESCRIPTION = 2;
export const INFO_BLOCK_SIZE = 3;

export const CMD_READ = 0;
export const CMD_WRITE = 1;
export const CMD_DISC = 2;
export const CMD_FLUSH = 3;
export const CMD_TRIM = 4;
export const CMD_CACHE = 5;
export const CMD_WRITE_ZEROES = 6;
export const CMD_BLOCK_STATUS = 7;

export const CMD_FLAG_FUA = 0x1;
export const CMD_FLAG_NO_HOLE = 0x2;
export const CMD_FLAG_DF = 0x4;
export const CMD_FLAG_REQ_ONE = 0x8;
export const CMD_FLAG_FAST_ZERO = 0x10;
export const CMD_FLAG_PAYLOAD_LEN = 0x20;

/** The last chunk of a reply. */
export const REPLY_FLAG_DONE = 1;

export const REPLY_NONE = 0;
export const REPLY_OFFSET_DATA = 1;
export const REPLY_OFFSET_HOLE = 2;
export const REPLY_BLOCK_STATUS = 5;
export const REPLY_BLOCK_STATUS_EXT = 6;
/** Set in the type of a chunk that tells an error. */
export const REPLY_ERROR_BIT = 0x8000;
export const REPLY_ERROR = 0x8001;
export const REPLY_ERROR_OFFSET = 0x8002;

/** The metadata context that the protocol defines itself, and what it tells of bytes. */
export const BASE_ALLOCATION = 'base:allocation';
export const STATE_HOLE = 1;
export const STATE_ZERO = 2;

/** The largest block that requests may have to keep to. */
export const MOST_BLOCK_BYTES = 65_536;

/** Bytes of UTF-8 that a name, a query or a message has at most. */
export const MAX_STRING_BYTES = 4096;

/** A 64-bit number; from 2^53 on it is not exact, and larger than any device. */
export function readU64(bytes: Buffer, at: number): number {
  return bytes.readUInt32BE(at) * 0x100000000 + bytes.readUInt32BE(at + 4);
}

export function writeU64(bytes: Buffer, value: number, at: number): void {
  // What was read as 2^64, inexactly, is told again as something.
  bytes.writeUInt32BE(Math.min(0xffffffff, Math.floor(value / 0x100000000)), at);
  bytes.writeUInt32BE(value % 0x100000000, at + 4);
}
