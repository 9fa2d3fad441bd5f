import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { ArgumentError } from '../../wait/errors.js';
import { parseBlkparse } from './blkparse.js';
import { parseFioIolog } from './fio-iolog.js';
import { parseMsr } from './msr.js';
import type { TraceOperation } from './operation.js';

/** Parses a trace, in whichever of the formats it is. @throws ArgumentError `ERR_TRACE` naming the line that is wrong */
export function parseTrace(text: string): TraceOperation[] {
  const first = /^.*\S.*$/m.exec(text)?.[0] ?? '';
  const parse = /^fio version \d+ iolog/.test(first) ? parseFioIolog : first.includes(',') && !/^\s*\d+,\d+\s/.test(first) ? parseMsr : parseBlkparse; // prettier-ignore
  const operations = parse(text);
  if (operations.length > 0) return operations;
  throw new ArgumentError('ERR_TRACE', 'The trace has no operation: neither a read, a write, a flush nor a discard');
}

/**
 * Reads a trace from a file, which may be compressed by gzip.
 * @throws as {@link parseTrace}, with the path; ArgumentError `ERR_FILE` when it cannot be read
 */
export async function readTrace(path: string): Promise<TraceOperation[]> {
  let bytes: Uint8Array;
  try {
    bytes = await readFile(path);
    if (bytes[0] === 0x1f && bytes[1] === 0x8b) bytes = await promisify(gunzip)(bytes);
  } catch (error) {
    throw new ArgumentError('ERR_FILE', `The trace ${path} cannot be read: ${(error as Error).message}`);
  }
  try {
    return parseTrace(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8'));
  } catch (error) {
    throw error instanceof ArgumentError ? new ArgumentError(error.code, `${path}: ${error.message}`) : error;
  }
}
