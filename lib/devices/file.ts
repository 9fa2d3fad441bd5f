import { close, fdatasync, fstat, ftruncate, open, read, readv, write, writev } from 'node:fs';
import { promisify } from 'node:util';
import { ArgumentRangeError } from '../wait/errors.js';
import { BlockDevice, type DeviceOptions, type Geometry } from '../io/device.js';
import { checkGeometry } from '../io/gate.js';
import { IoError, type NodeError } from '../io/io-error.js';
import type { Operation, Transfer } from '../io/io.js';
import { PAGE_SIZE } from '../io/pages.js';
import { waitQueue } from '../io/strategy/wait-queue.js';

export interface FileOptions extends DeviceOptions {
  /** Make the file when it is not there, and make it this many bytes long. Without it the file's length is the size. */
  size?: number;
  /** Bytes, a power of two. Default 512. */
  blockSize?: number;
  /** Refuse everything but reads. Default false. */
  readOnly?: boolean;
}

const openFile = promisify(open);
const statFile = promisify(fstat);
const truncateFile = promisify(ftruncate);
const closeFile = promisify(close);

const READ_ONLY: readonly Operation[] = ['read', 'flush'];
/** There is no hole punching from here, so no discard. */
const READ_WRITE: readonly Operation[] = ['read', 'write', 'flush', 'writeZeroes'];

/** How often a call that was interrupted, or moved no byte, is tried again before it counts as failed. */
const ATTEMPTS = 3;

/**
 * A regular file as a device. Requests are system calls on the thread pool, vectored where the memory is in several
 * runs; short transfers go on where they ended. `flush` and `fua` are `fdatasync`. Cancelling lets what runs finish.
 */
export class FileDevice extends BlockDevice {
  readonly lowers: readonly BlockDevice[] = [];
  readonly path: string;
  private readonly fd: number;

  private constructor(path: string, fd: number, geometry: Geometry, options: FileOptions) {
    super(
      options.name ?? path,
      options.strategy ?? waitQueue,
      geometry,
      options.readOnly === true ? READ_ONLY : READ_WRITE,
    );
    this.path = path;
    this.fd = fd;
  }

  /**
   * Opens a file. A length that is not a whole number of blocks is rounded down.
   * @throws ArgumentRangeError `ERR_SIZE`, `ERR_GEOMETRY`, `ERR_BLOCK_SIZE`; the system's error when it cannot be
   *   opened (nothing is left open)
   */
  static async open(path: string, options: FileOptions = {}): Promise<FileDevice> {
    const blockSize = options.blockSize ?? 512;
    const { size } = options;
    if (size !== undefined && (!Number.isSafeInteger(size) || size < 0 || options.readOnly === true)) {
      throw new ArgumentRangeError(
        'ERR_SIZE',
        `size must be a whole number, and not be given when read-only, got ${String(size)}`,
      );
    }
    checkGeometry(path, { size: size ?? 0, blockSize, preferredSize: blockSize });
    const fd = await openFile(path, options.readOnly === true ? 'r' : size === undefined ? 'r+' : 'a+').then(
      async (first) => {
        if (size === undefined) return first;
        // Made if it was not there; appending would ignore positions, so it is opened again.
        await closeFile(first);
        return openFile(path, 'r+');
      },
    );
    try {
      if (size !== undefined) await truncateFile(fd, size);
      const length = (await statFile(fd)).size;
      const geometry = {
        size: length - (length % blockSize),
        blockSize,
        preferredSize: Math.max(PAGE_SIZE, blockSize),
      };
      return new FileDevice(path, fd, geometry, options);
    } catch (error) {
      await closeFile(fd);
      throw error;
    }
  }

  submit(io: Transfer): void {
    switch (io.operation) {
      case 'flush':
        this.sync(io, 0);
        break;
      case 'writeZeroes':
        this.transfer(io, zeroes(io.length), 0, ATTEMPTS);
        break;
      default:
        this.transfer(io, io.pages?.views(io.offset, io.length) ?? [], 0, ATTEMPTS);
    }
  }

  protected override release(): Promise<void> {
    return closeFile(this.fd);
  }

  /** Moves what is left of `views`, `done` bytes having been moved. */
  private transfer(io: Transfer, views: Uint8Array[], done: number, attempts: number): void {
    const ended = (error: NodeError | null, moved: number): void => {
      if (error !== null) {
        if (isPassing(error) && attempts > 1) this.transfer(io, views, done, attempts - 1);
        else io.finish(done, IoError.from(error));
        return;
      }
      const total = done + moved;
      if (total >= io.length) this.finish(io, total);
      else if (moved > 0) this.transfer(io, rest(io, views, moved, total), total, ATTEMPTS);
      else if (attempts > 1) this.transfer(io, views, total, attempts - 1);
      else
        io.finish(
          total,
          new IoError('EIO', { message: `${this.path} ends before ${String(io.position + io.length)}` }),
        );
    };
    const position = io.position + done;
    const [only] = views;
    if (views.length === 1 && only !== undefined) {
      if (io.operation === 'read') read(this.fd, only, 0, only.length, position, ended);
      else write(this.fd, only, 0, only.length, position, ended);
    } else if (io.operation === 'read') readv(this.fd, views, position, ended);
    else writev(this.fd, views, position, ended);
  }

  private finish(io: Transfer, bytes: number): void {
    if (io.fua) this.sync(io, bytes);
    else io.finish(bytes, null);
  }

  private sync(io: Transfer, bytes: number): void {
    fdatasync(this.fd, (error) => {
      // A write whose sync failed is not known to be on stable storage, whatever was moved.
      if (error === null) io.finish(bytes, null);
      else io.finish(0, IoError.from(error));
    });
  }
}

/** What may succeed when it is tried again. */
function isPassing(error: NodeError): boolean {
  return error.code === 'EINTR' || error.code === 'EAGAIN';
}

/** What is left to move after a short transfer. */
function rest(io: Transfer, views: readonly Uint8Array[], moved: number, total: number): Uint8Array[] {
  return io.operation === 'writeZeroes' ? zeroes(io.length - total) : skip(views, moved);
}

function skip(views: readonly Uint8Array[], bytes: number): Uint8Array[] {
  let left = bytes;
  const rest: Uint8Array[] = [];
  for (const view of views) {
    if (left >= view.length) left -= view.length;
    else {
      rest.push(left === 0 ? view : view.subarray(left));
      left = 0;
    }
  }
  return rest;
}

const ZEROES = new Uint8Array(64 * 1024);

/** At most 1024 views, what one vectored call takes; the rest follows as after a short transfer. */
function zeroes(length: number): Uint8Array[] {
  const views: Uint8Array[] = [];
  for (let left = length; left > 0 && views.length < 1024; left -= ZEROES.length) {
    views.push(left < ZEROES.length ? ZEROES.subarray(0, left) : ZEROES);
  }
  return views;
}
