import { createCipheriv, createDecipheriv } from 'node:crypto';
import type { PageVector } from '../io/pages.js';

/** Bytes that are encrypted as one unit: setting up a cipher is what costs, so units are as large as a page. */
export const SECTOR_SIZE = 4096;

/** Where sectors lie in memory. */
export interface Place {
  readonly pages: PageVector;
  readonly offset: number;
}

/**
 * AES-XTS over sectors, with the sector's number as tweak, little endian (IEEE 1619). About 4 µs a sector, of which half
 * goes into setting up the cipher: Node has no way to give a cipher another tweak.
 */
export class Xts {
  private readonly cipher: string;
  private readonly key: Uint8Array;
  /** Read by the cipher when it is made, so that one does for all. */
  private readonly tweak: DataView<ArrayBuffer> = new DataView(new ArrayBuffer(16));

  /** @param key 32 or 64 bytes, copied */
  constructor(key: Uint8Array) {
    this.key = Uint8Array.from(key);
    this.cipher = key.length === 64 ? 'aes-256-xts' : 'aes-128-xts';
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

  /** The same with bytes from `fromStart` on of one array into another. */
  sectors(
    encrypt: boolean,
    from: Uint8Array,
    fromStart: number,
    to: Uint8Array,
    toStart: number,
    length: number,
    position: number,
  ): void {
    const { buffer, byteOffset } = from;
    for (let at = 0; at < length; at += SECTOR_SIZE) {
      const bytes = new Uint8Array(buffer, byteOffset + fromStart + at, SECTOR_SIZE);
      to.set(this.sector(encrypt, (position + at) / SECTOR_SIZE, bytes), toStart + at);
    }
  }

  private sector(encrypt: boolean, number: number, bytes: Uint8Array): Uint8Array {
    const { cipher, key, tweak } = this;
    tweak.setUint32(0, number, true);
    tweak.setUint32(4, number / 2 ** 32, true);
    return (encrypt ? createCipheriv : createDecipheriv)(cipher, key, tweak).update(bytes);
  }
}
