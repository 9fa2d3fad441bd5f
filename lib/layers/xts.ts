import { createCipheriv, createDecipheriv, type Cipher } from 'node:crypto';
import type { PageVector } from '../io/pages.js';
import { BLOCK_BYTES, masksOfThread, MOST_SECTORS, SECTOR_SIZE, type Masks } from './xts-masks.js';

/** Where sectors lie in memory. */
export interface Place {
  readonly pages: PageVector;
  readonly offset: number;
}

/** Sectors that go from one place into another, which may be the same. */
export interface Piece {
  readonly from: Place;
  readonly to: Place;
  /** Of the first byte on the device. */
  readonly position: number;
  /** Bytes. */
  readonly length: number;
}

/** From here on sectors are ciphered together: for one it makes no difference. */
const LEAST_TOGETHER = 2 * SECTOR_SIZE;

/**
 * AES-XTS over sectors, with the sector's number as tweak, little endian (IEEE 1619). Node has no way to give a cipher
 * another tweak, and to make one for each sector costs more than ciphering it, about 4 µs together. So XTS is put
 * together here, of the cipher of single blocks and of masks: one call of it takes 16 sectors, which cost 25 µs.
 */
export class Xts {
  private readonly name: string;
  private readonly key: Uint8Array;
  /** Read by the cipher when it is made, so that one does for all. */
  private readonly tweak: DataView<ArrayBuffer> = new DataView(new ArrayBuffer(BLOCK_BYTES));
  /** Null where sectors are ciphered one by one. */
  private readonly masks: Masks | null;
  private readonly numbers: DataView | null;
  private readonly encipher: Cipher;
  private readonly decipher: Cipher;
  private readonly encipherTweaks: Cipher;

  /** @param key 32 or 64 bytes, copied */
  constructor(key: Uint8Array, masks: Masks | null = masksOfThread()) {
    this.key = Uint8Array.from(key);
    this.masks = masks;
    this.numbers = masks === null ? null : new DataView(masks.tweaks.buffer, masks.tweaks.byteOffset);
    const bits = String(key.length * 4);
    const half = key.length / 2;
    const blocks = `aes-${bits}-ecb`;
    this.name = `aes-${bits}-xts`;
    this.encipher = createCipheriv(blocks, this.key.subarray(0, half), null).setAutoPadding(false);
    this.decipher = createDecipheriv(blocks, this.key.subarray(0, half), null).setAutoPadding(false);
    this.encipherTweaks = createCipheriv(blocks, this.key.subarray(half), null).setAutoPadding(false);
  }

  /** `length` bytes from one place into another, which may be the same; `position` is that of the first on the device. */
  crypt(encrypt: boolean, from: Place, to: Place, position: number, length: number): void {
    const source = from.pages.view(from.offset, length) ?? from.pages.bytes(from.offset, length);
    const target = to.pages.view(to.offset, length);
    if (target !== undefined) this.sectors(encrypt, source, 0, target, 0, length, position);
    else {
      const done = new Uint8Array(length);
      this.sectors(encrypt, source, 0, done, 0, length, position);
      to.pages.set(done, to.offset);
    }
  }

  /** The same for each of some pieces, together: {@link MOST_SECTORS} at most, and no place is in two of them. */
  pieces(encrypt: boolean, pieces: readonly Piece[]): void {
    const { masks } = this;
    if (masks === null || pieces.length === 1) {
      for (const { from, to, position, length } of pieces) this.crypt(encrypt, from, to, position, length);
      return;
    }
    let count = 0;
    for (const { from, position, length } of pieces) {
      const bytes = from.pages.view(from.offset, length) ?? from.pages.bytes(from.offset, length);
      this.put(masks, count, position / SECTOR_SIZE, bytes);
      count += length / SECTOR_SIZE;
    }
    this.run(masks, encrypt, count);
    let at = 0;
    for (const { to, length } of pieces) {
      to.pages.set(masks.sectors.subarray(at, at + length), to.offset);
      at += length;
    }
  }

  /** Bytes from `fromStart` on of one array into another, or the same. */
  sectors(
    encrypt: boolean,
    from: Uint8Array,
    fromStart: number,
    to: Uint8Array,
    toStart: number,
    length: number,
    position: number,
  ): void {
    const { masks } = this;
    const together = masks === null || length < LEAST_TOGETHER ? SECTOR_SIZE : MOST_SECTORS * SECTOR_SIZE;
    for (let at = 0; at < length; at += together) {
      const bytes = new Uint8Array(from.buffer, from.byteOffset + fromStart + at, Math.min(together, length - at));
      const number = (position + at) / SECTOR_SIZE;
      const done = masks === null || together === SECTOR_SIZE ? this.sector(encrypt, number, bytes) : this.several(masks, encrypt, number, bytes); // prettier-ignore
      to.set(done, toStart + at);
    }
  }

  private sector(encrypt: boolean, number: number, bytes: Uint8Array): Uint8Array {
    const { name, key, tweak } = this;
    setNumber(tweak, 0, number);
    return (encrypt ? createCipheriv : createDecipheriv)(name, key, tweak).update(bytes);
  }

  /** Sectors from `first` on. What it returns is there until it is called again. */
  private several(masks: Masks, encrypt: boolean, first: number, bytes: Uint8Array): Uint8Array {
    this.put(masks, 0, first, bytes);
    this.run(masks, encrypt, bytes.length / SECTOR_SIZE);
    return masks.sectors.subarray(0, bytes.length);
  }

  /** Sectors from `first` on are put where they are ciphered, behind those that are there. */
  private put({ sectors }: Masks, behind: number, first: number, bytes: Uint8Array): void {
    const numbers = this.numbers as DataView;
    const count = bytes.length / SECTOR_SIZE;
    for (let i = 0; i < count; i++) setNumber(numbers, (behind + i) * BLOCK_BYTES, first + i);
    sectors.set(bytes, behind * SECTOR_SIZE);
  }

  private run(masks: Masks, encrypt: boolean, count: number): void {
    const { tweaks, sectors } = masks;
    tweaks.set(this.encipherTweaks.update(tweaks.subarray(0, count * BLOCK_BYTES)));
    masks.apply(count);
    sectors.set((encrypt ? this.encipher : this.decipher).update(sectors.subarray(0, count * SECTOR_SIZE)));
    masks.apply(count);
  }
}

/** The tweak of a sector, which is its number. */
function setNumber(tweak: DataView, at: number, number: number): void {
  tweak.setUint32(at, number, true);
  tweak.setUint32(at + 4, number / 2 ** 32, true);
  tweak.setUint32(at + 8, 0, true);
  tweak.setUint32(at + 12, 0, true);
}
