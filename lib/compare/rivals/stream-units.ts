import { createCipheriv, createDecipheriv } from 'node:crypto';
import { Transform, type TransformCallback } from 'node:stream';
import { crc32 } from 'node:zlib';
import { IoError } from '../../io/index.js';
import { PACKED_UNIT, UNIT } from '../blueprint.js';
import { copies } from '../copies.js';
import { mismatch } from '../layers/sums.js';
import { CHUNK, made, told, type Callback, type Span } from './stream-ends.js';

const NOTHING: readonly Uint8Array[] = [];

/** Works on units of a size, however the bytes come in. */
abstract class Units extends Transform {
  private readonly size: number;
  /** Whether other bytes come out than went in. */
  private readonly changes: boolean;
  private rest: Uint8Array = new Uint8Array();
  private number = 0;

  constructor(size: number, changes: boolean) {
    super({ highWaterMark: CHUNK });
    made();
    this.size = size;
    this.changes = changes;
  }

  /** What becomes of a unit, the `number`th of the span, of a stage that changes them. @throws what the request fails with */
  protected abstract unit(bytes: Uint8Array, number: number): readonly Uint8Array[];

  override _transform(chunk: Uint8Array, _encoding: string, callback: TransformCallback): void {
    const { size } = this;
    let bytes = chunk;
    if (this.rest.length > 0) {
      bytes = Buffer.concat([this.rest, chunk]);
      copies.bytes += bytes.length;
      copies.made += bytes.length;
    }
    const whole = bytes.length - (bytes.length % size);
    this.rest = bytes.subarray(whole);
    try {
      const found: Uint8Array[] = [];
      for (let at = 0; at < whole; at += size) found.push(...this.unit(bytes.subarray(at, at + size), this.number++));
      // As one chunk, so that the device is asked for it as one.
      if (this.changes) this.pushJoined(found);
      else if (whole > 0) this.push(bytes.subarray(0, whole));
      callback();
    } catch (error) {
      callback(error as Error);
    }
  }

  private pushJoined(parts: readonly Uint8Array[]): void {
    const [only] = parts;
    if (only === undefined) return;
    if (parts.length === 1) {
      this.push(only);
      return;
    }
    const joined = Buffer.concat(parts);
    copies.bytes += joined.length;
    copies.made += joined.length;
    this.push(joined);
  }

  override _flush(callback: TransformCallback): void {
    callback(this.rest.length === 0 ? null : new IoError('EIO', { message: 'The device came back short' }));
  }

  override _destroy(error: Error | null, callback: Callback): void {
    told();
    callback(error);
  }
}

/** Encrypts, or decrypts. */
export class Cipher extends Units {
  private readonly encrypt: boolean;
  private readonly key: Uint8Array;
  private readonly first: number;

  constructor(encrypt: boolean, key: Uint8Array, { position }: Span) {
    super(UNIT, true);
    this.encrypt = encrypt;
    this.key = key;
    this.first = position / UNIT;
  }

  protected unit(bytes: Uint8Array, number: number): readonly Uint8Array[] {
    const tweak = Buffer.alloc(16);
    tweak.writeBigUInt64LE(BigInt(this.first + number));
    copies.made += UNIT;
    return [(this.encrypt ? createCipheriv : createDecipheriv)('aes-256-xts', this.key, tweak).update(bytes)];
  }
}

/** Takes the sums of what is written, and notes them when it has been. */
export class SumTaker extends Units {
  private readonly taken = new Map<number, number>();
  private readonly position: number;

  constructor(table: Map<number, number>, { position, flow }: Span) {
    super(UNIT, false);
    this.position = position;
    flow.ends.push((succeeded) => {
      // Of what failed nobody knows which blocks are the new ones.
      for (const [at, sum] of this.taken) {
        if (succeeded) table.set(at, sum);
        else table.delete(at);
      }
    });
  }

  protected unit(bytes: Uint8Array, number: number): readonly Uint8Array[] {
    this.taken.set(this.position + number * UNIT, crc32(bytes));
    return NOTHING;
  }
}

/** Fails at a block that does not match its sum. */
export class SumChecker extends Units {
  private readonly table: ReadonlyMap<number, number>;
  private readonly position: number;

  constructor(table: ReadonlyMap<number, number>, { position }: Span) {
    super(UNIT, false);
    this.table = table;
    this.position = position;
  }

  protected unit(bytes: Uint8Array, number: number): readonly Uint8Array[] {
    const at = this.position + number * UNIT;
    const sum = this.table.get(at);
    if (sum !== undefined && sum !== crc32(bytes)) throw mismatch(at);
    return NOTHING;
  }
}

const HEADER = PACKED_UNIT - UNIT;

/** Puts a header with its number, from 1 up, before each block. */
export class Packer extends Units {
  private readonly first: number;

  constructor({ position }: Span) {
    super(UNIT, true);
    this.first = position / UNIT + 1;
  }

  protected unit(bytes: Uint8Array, number: number): readonly Uint8Array[] {
    const header = Buffer.alloc(HEADER);
    header.writeBigUInt64LE(BigInt(this.first + number));
    return [header, bytes];
  }
}

/** Takes the headers off, and fails at one with another's number. */
export class Unpacker extends Units {
  private readonly first: number;

  constructor({ position }: Span) {
    super(PACKED_UNIT, true);
    this.first = position / UNIT + 1;
  }

  protected unit(bytes: Uint8Array, number: number): readonly Uint8Array[] {
    const found = new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0, true);
    if (found !== 0n && found !== BigInt(this.first + number)) {
      throw new IoError('EIO', { message: `Block ${String(this.first + number - 1)} is another's` });
    }
    return [bytes.subarray(HEADER)];
  }
}
