import { fdatasync } from 'node:fs';
import { BlockDevice, type DeviceOptions, type Geometry } from '../io/device.js';
import { checkGeometry } from '../io/gate.js';
import { IoError } from '../io/io-error.js';
import type { Operation, Transfer } from '../io/io.js';
import { PAGE_SIZE } from '../io/pages.js';
import { waitQueue } from '../io/strategy/wait-queue.js';
import { OptionError } from '../io/option-error.js';
import { closeFile, openBlocks, type OpenFile } from './file-open.js';
import { FileTransfer, type Ended } from './file-transfer.js';
import { TransferThread } from './transfer-thread.js';

/** How a {@link FileDevice} opens its file, and by which way it transfers. */
export interface FileOptions extends DeviceOptions {
  /**
   * Make the file when it is not there, and this many bytes long when it is shorter; one that is longer is refused, for
   * its end would be lost. Without it the file's length is the size.
   */
  size?: number;
  /** Bytes, a power of two. Default 512, with `direct` 4096. */
  blockSize?: number;
  /** Refuse everything but reads. Default false. */
  readOnly?: boolean;
  /**
   * Past the system's page cache (`O_DIRECT`), between the disk and the pages of a pool, which are aligned for it:
   * {@link BlockDevice.memoryAlignment} is then the block size, up to a page. `'try'` goes through the cache where the
   * platform or the file system has none of it, and {@link FileDevice.direct} tells. Default false.
   */
  direct?: boolean | 'try';
  /**
   * For files that are in the page cache: transfers of up to so many bytes, with `true` 64 KiB, are made by synchronous
   * calls, which are ready before the thread pool has begun. The thread is blocked meanwhile: where the file is not
   * cached, everything waits for the disk. Longer transfers and syncs are asynchronous as ever. Not with `direct`.
   * Default false.
   */
  blocking?: boolean | number;
  /**
   * For files that are in the page cache, where this thread must not be blocked: transfers of up to 128 KiB are made by a
   * thread of the device's own, which is handed bursts of them through shared memory and takes no wake-up for each. Where
   * it finds the file not cached, or transfers come one at a time, the thread pool takes over, and for good when the thread
   * should end. Only with memory that can be shared (the default of {@link PagePool}), of 16 pools at most. Not with
   * `direct` or `blocking`. Default false.
   */
  thread?: boolean;
}

const READ_ONLY: readonly Operation[] = ['read', 'flush'];
/** There is no hole punching from here, so no discard. */
const READ_WRITE: readonly Operation[] = ['read', 'write', 'flush', 'writeZeroes'];

/** From here on copies in parallel win over calls that are ready at once. */
const BLOCKING_BYTES = 64 * 1024;

/** Transfers kept for use again: more are only in flight in bursts. */
const MAX_IDLE = 256;

/**
 * A regular file as a device, or a block device of Linux: one that is mounted, or open to be written already, is not opened
 * to be written (`EBUSY`). Requests are system calls on the thread pool, vectored where the memory is in several
 * runs; short transfers go on where they ended. `flush` and `fua` are `fdatasync`: once one has failed, all fail until the
 * file is opened again, as nobody knows what was lost. Cancelling lets what runs finish.
 */
export class FileDevice extends BlockDevice {
  readonly lowers: readonly BlockDevice[] = [];
  readonly path: string;
  /** Whether it goes past the page cache. */
  readonly direct: boolean;
  private readonly file: OpenFile;
  private readonly blockingBytes: number;
  private readonly thread: TransferThread | null;
  private readonly idle: FileTransfer[] = [];
  /** What the first sync that failed did so with. The system tells it once, and has dropped what it could not write. */
  private unstable: IoError | null = null;
  private readonly transferred: Ended = (transfer, io, bytes, error) => {
    if (this.idle.length < MAX_IDLE) this.idle.push(transfer);
    if (error === null && io.fua) this.sync(io, bytes);
    else io.finish(bytes, error);
  };

  private constructor(file: OpenFile, geometry: Geometry, options: FileOptions) {
    super(
      options.name ?? file.path,
      options.strategy ?? waitQueue,
      geometry,
      options.readOnly === true ? READ_ONLY : READ_WRITE,
      file.alignment,
    );
    this.path = file.path;
    this.file = file;
    this.direct = file.alignment > 1;
    this.blockingBytes = blockingBytesOf(options);
    this.thread = options.thread === true ? new TransferThread(file.fd) : null;
  }

  /**
   * Opens a file. A length that is not a whole number of blocks is rounded down; a file without one is refused, unless
   * `size` extends it.
   * @throws OptionError `ERR_SIZE`, `ERR_GEOMETRY`, `ERR_BLOCK_SIZE`, `ERR_BLOCKING`; `ERR_DIRECT` with why direct I/O is
   *   not to be had, `ERR_BLOCKING` or `ERR_THREAD` for options that exclude each other; the
   *   system's error when it cannot be opened; StateError `ERR_THREAD_FILE` in a bundle (nothing is left open)
   */
  static open(path: string, options: FileOptions = {}): Promise<FileDevice> {
    return FileDevice.openAs(path, options, false);
  }

  /** @internal A file without a block is a device without one: it is to be extended. */
  static openShort(path: string, options: FileOptions = {}): Promise<FileDevice> {
    return FileDevice.openAs(path, options, true);
  }

  private static async openAs(path: string, options: FileOptions, mayBeShort: boolean): Promise<FileDevice> {
    const { size, readOnly = false, direct = false } = options;
    const blockSize = options.blockSize ?? (direct === false ? 512 : PAGE_SIZE);
    if (size !== undefined && (!Number.isSafeInteger(size) || size < 0 || readOnly)) {
      throw new OptionError(
        'ERR_SIZE',
        'size',
        `must be a whole number, and not be given when read-only, got ${String(size)}`,
      );
    }
    checkGeometry(path, { size: size ?? 0, blockSize, preferredSize: blockSize });
    blockingBytesOf(options);
    checkThread(options);
    const file = await openBlocks({ path, size, mayBeShort, blockSize, readOnly, direct });
    const geometry = {
      size: file.length - (file.length % blockSize),
      blockSize,
      preferredSize: Math.max(PAGE_SIZE, blockSize),
    };
    try {
      return new FileDevice(file, geometry, options);
    } catch (error) {
      await closeFile(file.fd);
      throw error;
    }
  }

  override get zeroesByWriting(): boolean {
    return true;
  }

  submit(io: Transfer): void {
    if (io.operation === 'flush') this.sync(io, 0);
    else {
      const transfer = this.idle.pop() ?? new FileTransfer(this.file, this.thread, this.transferred);
      transfer.begin(io, io.length <= this.blockingBytes);
    }
  }

  override get wantsSharedMemory(): boolean {
    return this.thread !== null;
  }

  protected override async release(): Promise<void> {
    await this.thread?.close();
    await closeFile(this.file.fd);
  }

  private sync(io: Transfer, bytes: number): void {
    fdatasync(this.file.fd, (error) => {
      if (error !== null) this.unstable ??= IoError.from(error);
      // A write whose sync failed is not known to be on stable storage, whatever was moved; nor is any before it (I7).
      io.finish(this.unstable === null ? bytes : 0, this.unstable);
    });
  }
}

function checkThread({ thread = false, blocking = false, direct = false }: FileOptions): void {
  if (thread && (blocking !== false || direct !== false)) {
    throw new OptionError(
      'ERR_THREAD',
      'thread',
      `must not be given with ${direct === false ? 'blocking, which needs none' : 'direct, which goes past the page cache'}`,
    );
  }
}

/** Up to how many bytes a transfer may block. */
function blockingBytesOf({ blocking = false, direct = false }: FileOptions): number {
  if (blocking === false) return 0;
  if (direct !== false) {
    throw new OptionError('ERR_BLOCKING', 'blocking', 'must not be given with direct, which goes past the page cache');
  }
  if (blocking === true) return BLOCKING_BYTES;
  if (Number.isSafeInteger(blocking) && blocking >= 0) return blocking;
  throw new OptionError(
    'ERR_BLOCKING',
    'blocking',
    `must be true, false, or a whole number of bytes from 0 up, got ${String(blocking)}`,
  );
}
