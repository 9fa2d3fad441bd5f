import { close, constants, fstat, ftruncate, open, read, type BigIntStats } from 'node:fs';
import { promisify } from 'node:util';
import type { NodeError } from '../io/io-error.js';
import { PAGE_SIZE, PagePool } from '../io/pages.js';
import { OptionError } from '../io/option-error.js';
import { blockDeviceSize, isBlockDevice } from './block-device.js';

/** The number of a device needs more bits than a number has. */
const fstatBig = promisify<number, { bigint: true }, BigIntStats>(fstat);

export const closeFile: (fd: number) => Promise<void> = promisify(close);

/** How a file is to be opened; its options have been checked. */
export interface FileRequest {
  readonly path: string;
  /** Make it, and make it so long, but never shorter; undefined takes it as it is. */
  readonly size: number | undefined;
  /** Whether it may be shorter than a block, though it is taken as it is. */
  readonly mayBeShort: boolean;
  readonly blockSize: number;
  readonly readOnly: boolean;
  readonly direct: boolean | 'try';
}

/** A file that is open. */
export interface OpenFile {
  readonly path: string;
  readonly fd: number;
  /** Bytes, of which the last block may lack some. */
  readonly length: number;
  /** What memory and positions have to be multiples of: 1, or of direct I/O what it was tried with. */
  readonly alignment: number;
}

/**
 * Opens a file, for direct I/O only once a direct read was seen to work.
 * @throws OptionError `ERR_DIRECT` where direct I/O does not work and is not merely tried, `ERR_SIZE` for a file that is
 *   longer than it is to be, or shorter than a block, which is left as it is; the system's error. Nothing is left open; a
 *   file that was asked for by size may have been made.
 */
export async function openBlocks(request: FileRequest): Promise<OpenFile> {
  if (request.direct === false) return openWith(request, 0);
  try {
    return await openDirect(request);
  } catch (error) {
    if (request.direct === 'try' && (error as { code?: string }).code === 'ERR_DIRECT') return openWith(request, 0);
    throw error;
  }
}

async function openDirect(request: FileRequest): Promise<OpenFile> {
  const { O_DIRECT } = constants as { O_DIRECT?: number };
  if (O_DIRECT === undefined) throw refusal(request, `${process.platform} has no O_DIRECT`);
  let file: OpenFile;
  try {
    file = await openWith(request, O_DIRECT);
  } catch (error) {
    throw isRefusal(error) ? refusal(request, 'the file system has no direct I/O', error) : error;
  }
  try {
    const { fd } = file;
    const { blockSize } = request;
    const refused = await trial(fd, blockSize);
    if (refused === null) return file;
    // Is it the blocks or the memory? The page size is what every file system with direct I/O takes.
    const larger = blockSize < PAGE_SIZE && (await trial(fd, PAGE_SIZE)) === null;
    const why = larger
      ? `blockSize ${String(blockSize)} is too small for it there, ${String(PAGE_SIZE)} is not`
      : 'the file system takes no direct I/O to the memory of a pool';
    throw refusal(request, why, refused);
  } catch (error) {
    await closeFile(file.fd);
    throw error;
  }
}

/** One direct read of the first block, to memory that is aligned as requests' will be. Answers why it was refused, or null. */
async function trial(fd: number, blockSize: number): Promise<unknown> {
  const alignment = alignmentOf(blockSize);
  const memory = new PagePool().allocate(alignment + blockSize).view() as Uint8Array;
  try {
    await promisify(read)(fd, memory, alignment, blockSize, 0);
    return null;
  } catch (error) {
    if (isRefusal(error)) return error;
    throw error;
  }
}

async function openWith(
  { path, size, mayBeShort, readOnly, blockSize }: FileRequest,
  flags: number,
): Promise<OpenFile> {
  const { O_RDONLY, O_RDWR, O_CREAT, O_EXCL } = constants;
  // Linux refuses it then for a block device that is mounted, or open so already.
  const more = (await isBlockDevice(path)) ? O_EXCL : size === undefined ? 0 : O_CREAT;
  const access = readOnly ? O_RDONLY : O_RDWR | more;
  const fd = await promisify(open)(path, access | flags, 0o666);
  try {
    const stats = await fstatBig(fd, { bigint: true });
    const isFixed = stats.isBlockDevice();
    const found = isFixed ? await blockDeviceSize(path, stats.rdev) : Number(stats.size);
    if (size !== undefined && size < found) {
      throw new OptionError(
        'ERR_SIZE',
        'size',
        `must not cut the file: ${path} has ${String(found)} bytes, got ${String(size)}`,
      );
    }
    if (size === undefined && found < blockSize && !mayBeShort) {
      throw new OptionError(
        'ERR_SIZE',
        'path',
        `must be that of a file of at least a block, ${String(blockSize)} bytes, ${path} has ${String(found)}; size extends it`,
      );
    }
    if (size !== undefined && size > found) {
      if (isFixed) {
        const why = `must not pass that of the block device ${path}, ${String(found)} bytes, got ${String(size)}`;
        throw new OptionError('ERR_SIZE', 'size', why);
      }
      await promisify(ftruncate)(fd, size);
    }
    return { path, fd, length: size ?? found, alignment: flags === 0 ? 1 : alignmentOf(blockSize) };
  } catch (error) {
    await closeFile(fd);
    throw error;
  }
}

/** Blocks are no smaller than what the file system takes, and pages are aligned no better than to their size. */
function alignmentOf(blockSize: number): number {
  return Math.min(blockSize, PAGE_SIZE);
}

function isRefusal(error: unknown): boolean {
  return (error as NodeError).code === 'EINVAL';
}

function refusal({ path }: FileRequest, why: string, cause?: unknown): Error {
  const error = new OptionError(
    'ERR_DIRECT',
    'direct',
    `I/O on ${path} does not work: ${why}; leave direct out, or give 'try' to do without where it must be`,
  );
  return Object.assign(error, { cause });
}
