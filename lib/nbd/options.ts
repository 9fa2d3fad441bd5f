import { malformed } from './nbd-error.js';
import { readString, writeString } from './strings.js';
import { OPTION_MAGIC } from './wire.js';

/** In front of an option's data: a magic, the option and the length of its data. */
export const OPTION_HEADER_BYTES = 16;

interface OptionHeader {
  readonly option: number;
  /** Bytes of data that follow. */
  readonly length: number;
}

/** @throws NbdError `ERR_NBD_PROTOCOL` for a wrong magic */
export function readOptionHeader(bytes: Buffer, at: number): OptionHeader {
  if (bytes.readBigUInt64BE(at) !== OPTION_MAGIC) throw malformed('An option does not begin with its magic');
  return { option: bytes.readUInt32BE(at + 8), length: bytes.readUInt32BE(at + 12) };
}

export function writeOption(option: number, data: Uint8Array): Buffer {
  const header = Buffer.allocUnsafe(OPTION_HEADER_BYTES);
  header.writeBigUInt64BE(OPTION_MAGIC, 0);
  header.writeUInt32BE(option, 8);
  header.writeUInt32BE(data.length, 12);
  return Buffer.concat([header, data]);
}

/** The data of `INFO` and `GO`: which export, and what to tell of it besides. */
interface ExportQuestion {
  readonly name: string;
  /** `INFO_…` numbers; unknown ones are to be ignored. */
  readonly infos: readonly number[];
}

/** @throws NbdError `ERR_NBD_PROTOCOL` when it is cut short, or longer than it says */
export function readExportQuestion(data: Buffer): ExportQuestion {
  const fields = new Fields(data);
  const name = fields.string('The name of the export');
  const infos = Array.from({ length: fields.u16() }, () => fields.u16());
  fields.end();
  return { name, infos };
}

export function writeExportQuestion({ name, infos }: ExportQuestion): Buffer {
  const counted = Buffer.allocUnsafe(2 + 2 * infos.length);
  counted.writeUInt16BE(infos.length, 0);
  for (const [i, info] of infos.entries()) counted.writeUInt16BE(info, 2 + 2 * i);
  return Buffer.concat([lengthAndString(name), counted]);
}

/** The data of `LIST_META_CONTEXT` and `SET_META_CONTEXT`: an export, and which contexts of it. */
interface MetaQuestion {
  readonly name: string;
  readonly queries: readonly string[];
}

/** @throws NbdError `ERR_NBD_PROTOCOL` when it is cut short, or longer than it says */
export function readMetaQuestion(data: Buffer): MetaQuestion {
  const fields = new Fields(data);
  const name = fields.string('The name of the export');
  const count = fields.u32();
  // Each needs its length: a count that cannot be is refused before anything is made of it.
  if (count > fields.left / 4) throw malformed(`${String(count)} queries do not fit into the option`);
  const queries = Array.from({ length: count }, () => fields.string('A query'));
  fields.end();
  return { name, queries };
}

export function writeMetaQuestion({ name, queries }: MetaQuestion): Buffer {
  const count = Buffer.allocUnsafe(4);
  count.writeUInt32BE(queries.length);
  return Buffer.concat([lengthAndString(name), count, ...queries.map(lengthAndString)]);
}

function lengthAndString(text: string): Buffer {
  const string = writeString(text);
  const length = Buffer.allocUnsafe(4);
  length.writeUInt32BE(string.length);
  return Buffer.concat([length, string]);
}

/** The fields of an option's data, one behind the other. */
class Fields {
  private readonly data: Buffer;
  private at = 0;

  constructor(data: Buffer) {
    this.data = data;
  }

  /** Bytes that were not read yet. */
  get left(): number {
    return this.data.length - this.at;
  }

  u16(): number {
    return this.data.readUInt16BE(this.skip(2, 'A field'));
  }

  u32(): number {
    return this.data.readUInt32BE(this.skip(4, 'A field'));
  }

  /** A string behind its length. */
  string(what: string): string {
    const length = this.u32();
    const from = this.skip(length, what);
    return readString(this.data.subarray(from, from + length), what);
  }

  /** Refuses data behind the last field. */
  end(): void {
    if (this.left > 0) throw malformed(`An option has ${String(this.left)} bytes behind its end`);
  }

  private skip(bytes: number, what: string): number {
    if (bytes > this.left) throw malformed(`${what} does not end within its option`);
    const from = this.at;
    this.at += bytes;
    return from;
  }
}
