import { ArgumentError, ArgumentRangeError } from '../wait/errors.js';
import { collate } from '../io/collate.js';
import type { BlockDevice, DeviceOptions, Geometry } from '../io/device.js';
import type { Io } from '../io/io.js';
import { IoError, PULLED, type ByteRange } from '../io/io-error.js';
import { Layer } from '../io/layer.js';
import type { PagePool, PageVector } from '../io/pages.js';
import { complementOf, sumOf } from '../io/ranges.js';
import { OptionError } from '../io/option-error.js';
import { CryptThreads, DECRYPT, ENCRYPT } from './crypt-threads.js';
import { inTurn } from './turns.js';
import { Xts, type Place } from './xts.js';
import { SECTOR_SIZE } from './xts-masks.js';

/**
 * What is encrypted or decrypted in one turn of the event loop, some 150 µs of work. More than that goes on in parts,
 * which end where multiples of this do on the device: the first is being transferred while the second is encrypted.
 */
const PART_SIZE = 128 * 1024;

/** The key of a {@link Crypt}, and who works with it. */
export interface CryptOptions extends DeviceOptions {
  /** 64 bytes for AES-256-XTS or 32 for AES-128-XTS: two keys of half the length, which must differ. */
  key: Uint8Array;
  /** Where the pages come from that written data is encrypted into: the caller's own are never changed. */
  pool: PagePool;
  /**
   * Threads that encrypt and decrypt 16 KiB and more, in memory that can be shared (the default of {@link PagePool}).
   * What they cannot take is done by this one; so is less than that, together with what else comes in the same turn.
   * Default 0, at most 64.
   */
  threads?: number;
}

const NOTHING = (): void => undefined;

/** The most threads of a Crypt. */
const MOST_THREADS = 64;

/** A request in parts. */
class Parts {
  /** What is written is encrypted into these pages. */
  readonly own: PageVector | null;
  /** Parts that have arrived and are not decrypted yet. */
  encrypted = 0;
  /** Goes on with a read that waits for them. */
  resume: (() => void) | null = null;

  constructor(own: PageVector | null) {
    this.own = own;
  }
}

/**
 * Encryption: AES-XTS over sectors of 4096 bytes with the sector's number as tweak, little endian (IEEE 1619). What was
 * read is decrypted where it was read to; of a read that failed in part, the parts that succeeded are (I4).
 * It conceals; it does not authenticate: a changed sector decrypts to noise. `writeZeroes` is refused: zeroes would have
 * to be encrypted by whoever wants them. A request of more than 128 KiB goes down in parts, and lets others have their
 * turn in between. With threads, several are encrypted or decrypted at a time.
 */
export class Crypt extends Layer<PageVector | Parts | null> {
  private readonly lower: BlockDevice;
  private readonly xts: Xts;
  private readonly pool: PagePool;
  private readonly threads: CryptThreads | null;

  /** @throws ArgumentRangeError `ERR_KEY` for a key of another length, `ERR_GEOMETRY`, `ERR_THREADS`; ArgumentError `ERR_KEY` for equal halves; StateError `ERR_THREAD_FILE` for threads in a bundle */
  constructor(lower: BlockDevice, options: CryptOptions) {
    const { key, pool, threads = 0 } = options;
    checkKey(key);
    checkThreads(threads);
    super('crypt', [lower], sectorsOf(lower), options, 'writeZeroes');
    this.lower = lower;
    // Of shared memory threads would be given the memory itself, in which another key may be by the time they have begun.
    const own = Uint8Array.from(key);
    this.xts = new Xts(own);
    this.pool = pool;
    this.threads = threads === 0 ? null : new CryptThreads(threads, own, this.xts);
  }

  submit(io: Io): void {
    const { pages, offset, position, length } = io;
    if (pages === null || (io.operation === 'read' && length <= PART_SIZE)) {
      io.pass(this, this.lower, position, null);
      return;
    }
    if (io.operation === 'read') {
      this.readInParts(io, pages);
      return;
    }
    let own: PageVector;
    try {
      own = this.pool.allocate(length);
    } catch (error) {
      io.finish(0, error as IoError);
      return;
    }
    if (length > PART_SIZE) {
      this.writeInParts(io, pages, own);
      return;
    }
    this.crypt(ENCRYPT, { pages, offset }, { pages: own, offset: 0 }, position, length, (lost) => {
      if (lost === null && !io.cancelled) io.substitute(this, this.lower, position, own, own);
      else {
        own.free();
        io.finish(0, lost ?? PULLED);
      }
    });
  }

  override get wantsSharedMemory(): boolean {
    return this.threads !== null || super.wantsSharedMemory;
  }

  override child(io: Io, frame: PageVector | Parts | null, part: Io, at: unknown): void {
    const shift = at as number;
    const parts = frame as Parts;
    if (part.failure !== null || part.bytes < part.length) keepWholeSectors(part);
    collate(io, part, shift);
    if (io.operation !== 'read') return;
    const ranges = part.succeededRanges().map(({ offset, length }) => ({ offset: offset + shift, length }));
    parts.encrypted++;
    inTurn(() => {
      this.decrypt(io, ranges, () => {
        if (--parts.encrypted === 0) parts.resume?.();
      });
    });
  }

  done(io: Io, frame: PageVector | Parts | null): void {
    if (frame instanceof Parts) {
      frame.own?.free();
      if (frame.encrypted > 0) frame.resume = io.suspend();
      return;
    }
    frame?.free();
    if (io.pages === null || io.operation === 'flush') return;
    if (io.failure !== null || io.bytes < io.length) keepWholeSectors(io);
    if (io.operation !== 'read') return;
    const ranges = io.succeededRanges();
    if (this.threads === null) this.decrypt(io, ranges, NOTHING);
    else if (ranges.length > 0) this.decrypt(io, ranges, io.suspend());
  }

  protected override async release(): Promise<void> {
    await this.threads?.close();
  }

  /** `then` is called once all is decrypted: before this returns, unless there are threads. */
  private decrypt(io: Io, ranges: readonly ByteRange[], then: () => void): void {
    const { pages, offset, position } = io;
    if (pages === null) return;
    let left = ranges.length;
    if (left === 0) then();
    for (const range of ranges) {
      const place = { pages, offset: offset + range.offset };
      this.crypt(DECRYPT, place, place, position + range.offset, range.length, (lost) => {
        if (lost !== null) {
          io.bytes -= range.length;
          fail(io, lost, range);
        }
        if (--left === 0) then();
      });
    }
  }

  /**
   * By a thread, or at once. `then` is told an error when it was not done: where a thread has ended that was to decrypt
   * in place, and nobody knows what is still encrypted. What it was to encrypt is there yet, and is encrypted here.
   */
  private crypt(
    kind: number,
    from: Place,
    to: Place,
    position: number,
    length: number,
    then: (lost: IoError | null) => void,
  ): void {
    const here = (): void => {
      this.xts.crypt(kind === ENCRYPT, from, to, position, length);
      then(null);
    };
    const asked = this.threads?.ask(kind, from, to, length, position, (done) => {
      if (done) then(null);
      else if (kind === ENCRYPT) here();
      else then(new IoError('EIO', { message: `A thread of ${this.name} has ended` }));
    });
    if (asked !== true) here();
  }

  private readInParts(io: Io, pages: PageVector): void {
    const { position, offset } = io;
    const split = io.split(this, new Parts(null));
    for (let at = 0; at < io.length;) {
      const length = partLength(io, at);
      const own = { operation: io.operation, position: position + at, pages, offset: offset + at, length, fua: false };
      split.spawn(this.lower, own, at);
      at += length;
    }
    split.seal();
  }

  private writeInParts(io: Io, pages: PageVector, own: PageVector): void {
    const split = io.split(this, new Parts(own));
    let at = 0;
    const next = (): void => {
      if (io.cancelled) {
        // Nothing more is encrypted, or sent.
        fail(io, PULLED, { offset: at, length: io.length - at });
        split.seal();
        return;
      }
      const { operation, position, offset, fua } = io;
      const length = partLength(io, at);
      const part = at;
      const [from, to] = [
        { pages, offset: offset + part },
        { pages: own, offset: part },
      ];
      this.crypt(ENCRYPT, from, to, position + part, length, (lost) => {
        if (lost === null)
          split.spawn(
            this.lower,
            { operation, position: position + part, pages: own, offset: part, length, fua },
            part,
          );
        else fail(io, lost, { offset: part, length });
        at += length;
        if (at < io.length) inTurn(next);
        else split.seal();
      });
    };
    inTurn(next);
  }
}

/** Up to where a multiple of PART_SIZE is on the device, or the request ends. */
function partLength({ position, length }: Io, at: number): number {
  return Math.min(PART_SIZE - ((position + at) % PART_SIZE), length - at);
}

/** A range has failed whose bytes are not among those that were counted. */
function fail(io: Io, error: IoError, range: ByteRange): void {
  io.failure ??= error;
  (io.failedRanges ??= []).push(range);
}

/** Whole sectors of what is below. */
function sectorsOf({ name, geometry: { size, blockSize, preferredSize } }: BlockDevice): Geometry {
  if (blockSize > SECTOR_SIZE) {
    throw new ArgumentRangeError(
      'ERR_GEOMETRY',
      `The block size under Crypt must divide ${String(SECTOR_SIZE)}, that of ${name} is ${String(blockSize)}`,
    );
  }
  return {
    size: size - (size % SECTOR_SIZE),
    blockSize: SECTOR_SIZE,
    preferredSize: Math.ceil(preferredSize / SECTOR_SIZE) * SECTOR_SIZE,
  };
}

/** Part of a sector is worth nothing: it cannot be decrypted, neither now nor after it was half written. */
function keepWholeSectors(io: Io): void {
  const whole = io.succeededRanges().flatMap(({ offset, length }) => {
    const start = Math.ceil(offset / SECTOR_SIZE) * SECTOR_SIZE;
    const end = offset + length - ((offset + length) % SECTOR_SIZE);
    return end > start ? [{ offset: start, length: end - start }] : [];
  });
  io.bytes = sumOf(whole);
  io.failedRanges = complementOf(whole, io.length);
}

function checkKey(key: Uint8Array): void {
  if (!(key instanceof Uint8Array) || (key.length !== 64 && key.length !== 32)) {
    throw new OptionError(
      'ERR_KEY',
      'key',
      `must be 32 or 64 bytes, got ${String((key as Uint8Array | undefined)?.length)}`,
    );
  }
  const half = key.length / 2;
  if (key.subarray(0, half).every((byte, i) => byte === key[half + i])) {
    throw new ArgumentError('ERR_KEY', 'The halves of an XTS key must differ, they are equal');
  }
}

function checkThreads(threads: number): void {
  if (Number.isInteger(threads) && threads >= 0 && threads <= MOST_THREADS) return;
  throw new OptionError(
    'ERR_THREADS',
    'threads',
    `must be a whole number from 0 to ${String(MOST_THREADS)}, got ${String(threads)}`,
  );
}
