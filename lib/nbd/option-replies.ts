import { malformed } from './nbd-error.js';
import { readString, writeString } from './strings.js';
import {
  INFO_BLOCK_SIZE,
  INFO_DESCRIPTION,
  INFO_EXPORT,
  INFO_NAME,
  OPTION_REPLY_MAGIC,
  readU64,
  REP_ERROR,
  writeU64,
} from './wire.js';

/** In front of a reply's data: a magic, the option, the type of the reply and the length of its data. */
export const OPTION_REPLY_HEADER_BYTES = 20;

interface OptionReplyHeader {
  readonly option: number;
  readonly type: number;
  readonly length: number;
}

const NOTHING = Buffer.alloc(0);

export function writeOptionReply(option: number, type: number, data: Uint8Array = NOTHING): Buffer {
  const header = Buffer.allocUnsafe(OPTION_REPLY_HEADER_BYTES);
  header.writeBigUInt64BE(OPTION_REPLY_MAGIC, 0);
  header.writeUInt32BE(option, 8);
  header.writeUInt32BE(type, 12);
  header.writeUInt32BE(data.length, 16);
  return Buffer.concat([header, data]);
}

/** A refusal, with what to show to people. */
export function writeOptionError(option: number, type: number, message: string): Buffer {
  return writeOptionReply(option, type, writeString(message));
}

/** @throws NbdError `ERR_NBD_PROTOCOL` for a wrong magic */
export function readOptionReplyHeader(bytes: Buffer, at: number): OptionReplyHeader {
  if (bytes.readBigUInt64BE(at) !== OPTION_REPLY_MAGIC) {
    throw malformed('The reply to an option does not begin with its magic');
  }
  return { option: bytes.readUInt32BE(at + 8), type: bytes.readUInt32BE(at + 12), length: bytes.readUInt32BE(at + 16) };
}

export function isRefusal(type: number): boolean {
  return type >= REP_ERROR;
}

/** `REP_SERVER`: an export's name, and a description for people. */
export function writeServerReply(name: string, description: string): Buffer {
  const bytes = writeString(name);
  const length = Buffer.allocUnsafe(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes, writeString(description)]);
}

export function readServerReply(data: Buffer): { name: string; description: string } {
  const length = data.length < 4 ? Infinity : data.readUInt32BE(0);
  if (length > data.length - 4) throw malformed('The name of an export does not end within its reply');
  const name = readString(data.subarray(4, 4 + length), 'The name of an export');
  return { name, description: readString(data.subarray(4 + length), 'The description of an export') };
}

/** What `REP_INFO` tells of an export; anything else a server may tell is `unknown`. */
export type ExportInfo =
  | { readonly info: 'export'; readonly size: number; readonly flags: number }
  | { readonly info: 'name' | 'description'; readonly text: string }
  | { readonly info: 'block-size'; readonly minimum: number; readonly preferred: number; readonly maximum: number }
  | { readonly info: 'unknown' };

export function writeExportInfo(info: Exclude<ExportInfo, { info: 'unknown' }>): Buffer {
  switch (info.info) {
    case 'export': {
      const bytes = Buffer.allocUnsafe(12);
      bytes.writeUInt16BE(INFO_EXPORT, 0);
      writeU64(bytes, info.size, 2);
      bytes.writeUInt16BE(info.flags, 10);
      return bytes;
    }
    case 'block-size': {
      const bytes = Buffer.allocUnsafe(14);
      bytes.writeUInt16BE(INFO_BLOCK_SIZE, 0);
      bytes.writeUInt32BE(info.minimum, 2);
      bytes.writeUInt32BE(info.preferred, 6);
      bytes.writeUInt32BE(info.maximum, 10);
      return bytes;
    }
    default: {
      const type = Buffer.allocUnsafe(2);
      type.writeUInt16BE(info.info === 'name' ? INFO_NAME : INFO_DESCRIPTION);
      return Buffer.concat([type, writeString(info.text)]);
    }
  }
}

/** @throws NbdError `ERR_NBD_PROTOCOL` for one of a wrong length */
export function readExportInfo(data: Buffer): ExportInfo {
  if (data.length < 2) throw malformed('An information about an export has no type');
  const type = data.readUInt16BE(0);
  if (type === INFO_EXPORT) {
    checkLength(data, 12);
    return { info: 'export', size: readU64(data, 2), flags: data.readUInt16BE(10) };
  }
  if (type === INFO_BLOCK_SIZE) {
    checkLength(data, 14);
    const [minimum, preferred, maximum] = [data.readUInt32BE(2), data.readUInt32BE(6), data.readUInt32BE(10)];
    return { info: 'block-size', minimum, preferred, maximum };
  }
  if (type !== INFO_NAME && type !== INFO_DESCRIPTION) return { info: 'unknown' };
  const text = readString(data.subarray(2), 'What is told of an export');
  return { info: type === INFO_NAME ? 'name' : 'description', text };
}

/** `REP_META_CONTEXT`: a context, and the number that it goes by. */
export function writeMetaContext(id: number, name: string): Buffer {
  const bytes = Buffer.allocUnsafe(4);
  bytes.writeUInt32BE(id);
  return Buffer.concat([bytes, writeString(name)]);
}

export function readMetaContext(data: Buffer): { id: number; name: string } {
  if (data.length < 4) throw malformed('A metadata context has no number');
  return { id: data.readUInt32BE(0), name: readString(data.subarray(4), 'The name of a metadata context') };
}

/** The answer to `EXPORT_NAME`, which has no header: the export's size and flags, and zeroes unless they were called off. */
export function writeExportNameReply(size: number, flags: number, zeroes: boolean): Buffer {
  const bytes = Buffer.alloc(zeroes ? 134 : 10);
  writeU64(bytes, size, 0);
  bytes.writeUInt16BE(flags, 8);
  return bytes;
}

function checkLength(data: Buffer, length: number): void {
  if (data.length !== length) {
    throw malformed(`An information about an export has ${String(data.length)} bytes, ${String(length)} are right`);
  }
}
