import { createCipheriv, createDecipheriv } from 'node:crypto';
import { ArgumentError, ArgumentRangeError } from '../wait/errors.js';
import type { BlockDevice, DeviceOptions, Geometry } from '../io/device.js';
import type { Io } from '../io/io.js';
import type { IoError } from '../io/io-error.js';
import { Layer } from '../io/layer.js';
import type { PagePool, PageVector } from '../io/pages.js';
import { complementOf } from '../io/ranges.js';

/** Bytes that are encrypted as one unit: setting up a cipher is what costs, so units are as large as a page. */
export const SECTOR_SIZE = 4096;

export interface CryptOptions extends DeviceOptions {
  /** 64 bytes for AES-256-XTS or 32 for AES-128-XTS: two keys of half the length, which must differ. */
  key: Uint8Array;
  /** Where the pages come from that written data is encrypted into: the caller's own are never changed. */
  pool: PagePool;
}

/**
 * Encryption: AES-XTS over sectors of 4096 bytes with the sector's number as tweak, little endian (IEEE 1619). What was
 * read is decrypted where it was read to; of a read that failed in part, the parts that succeeded are (I4).
 * It conceals; it does not authenticate: a changed sector decrypts to noise. `writeZeroes` is refused: zeroes would have
 * to be encrypted by whoever wants them.
 */
export class Crypt extends Layer<PageVector | null> {
  private readonly lower: BlockDevice;
  private readonly cipher: string;
  private readonly key: Uint8Array;
  private readonly pool: PagePool;

  /** @throws ArgumentRangeError `ERR_KEY` for a key of another length, `ERR_GEOMETRY`; ArgumentError `ERR_KEY` for equal halves */
  constructor(lower: BlockDevice, options: CryptOptions) {
    const { key, pool } = options;
    checkKey(key);
    super('crypt', [lower], sectorsOf(lower), options, 'writeZeroes');
    this.lower = lower;
    this.key = Uint8Array.from(key);
    this.cipher = key.length === 64 ? 'aes-256-xts' : 'aes-128-xts';
    this.pool = pool;
  }

  submit(io: Io): void {
    const { pages, offset, position, length } = io;
    if (io.operation !== 'write' || pages === null) {
      io.pass(this, this.lower, position, null);
      return;
    }
    let own: PageVector;
    try {
      own = this.pool.allocate(length);
    } catch (error) {
      io.finish(0, error as IoError);
      return;
    }
    for (let done = 0; done < length; done += SECTOR_SIZE) {
      own.set(this.crypt(true, position + done, bytesOf(pages, offset + done)), done);
    }
    io.substitute(this, this.lower, position, own, own);
  }

  done(io: Io, own: PageVector | null): void {
    own?.free();
    const { pages, offset, position } = io;
    if (pages === null || io.operation === 'flush') return;
    if (io.failure !== null || io.bytes < io.length) keepWholeSectors(io);
    if (io.operation !== 'read') return;
    for (const range of io.succeededRanges()) {
      for (let at = range.offset; at < range.offset + range.length; at += SECTOR_SIZE) {
        pages.set(this.crypt(false, position + at, bytesOf(pages, offset + at)), offset + at);
      }
    }
  }

  private crypt(encrypt: boolean, position: number, sector: Uint8Array): Uint8Array {
    const tweak = new Uint8Array(16);
    new DataView(tweak.buffer).setBigUint64(0, BigInt(position / SECTOR_SIZE), true);
    return (encrypt ? createCipheriv : createDecipheriv)(this.cipher, this.key, tweak).update(sector);
  }
}

function bytesOf(pages: PageVector, offset: number): Uint8Array {
  return pages.view(offset, SECTOR_SIZE) ?? pages.bytes(offset, SECTOR_SIZE);
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
  io.bytes = whole.reduce((sum, range) => sum + range.length, 0);
  io.failedRanges = complementOf(whole, io.length);
}

function checkKey(key: Uint8Array): void {
  if (!(key instanceof Uint8Array) || (key.length !== 64 && key.length !== 32)) {
    throw new ArgumentRangeError(
      'ERR_KEY',
      `key must be 32 or 64 bytes, got ${String((key as Uint8Array | undefined)?.length)}`,
    );
  }
  const half = key.length / 2;
  if (key.subarray(0, half).every((byte, i) => byte === key[half + i])) {
    throw new ArgumentError('ERR_KEY', 'The halves of an XTS key must differ, they are equal');
  }
}
