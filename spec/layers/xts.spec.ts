import { expect } from 'chai';
import { createCipheriv } from 'node:crypto';
import { PAGE_SIZE, PagePool } from '../../lib/io/pages.js';
import { Xts } from '../../lib/layers/xts.js';
import { masksOfThread, SECTOR_SIZE } from '../../lib/layers/xts-masks.js';
import { key } from '../conformance/stacks.js';

const plain = Uint8Array.from({ length: 2 * SECTOR_SIZE }, (_, i) => (i * 31 + (i >> 12)) % 256);

describe('Xts', () => {
  for (const [sector, words] of [
    [0, [0, 0, 0, 0]],
    [5, [5, 0, 0, 0]],
    [2 ** 32 + 7, [7, 1, 0, 0]],
  ] as const) {
    it(`takes the number of sector ${sector} as tweak, little endian`, () => {
      const pages = new PagePool().allocate(SECTOR_SIZE);
      pages.set(plain.subarray(0, SECTOR_SIZE));
      const place = { pages, offset: 0 };
      new Xts(key).crypt(true, place, place, sector * SECTOR_SIZE, SECTOR_SIZE);
      const cipher = createCipheriv('aes-256-xts', key, new Uint8Array(Uint32Array.from(words).buffer));
      expect(Buffer.compare(pages.bytes(), cipher.update(plain.subarray(0, SECTOR_SIZE)))).to.equal(0);
    });
  }

  for (const [name, masks] of [
    ['together', masksOfThread()],
    ['one by one', null],
  ] as const) {
    for (const bits of [128, 256]) {
      it(`is what AES-${bits}-XTS makes of each sector, ${name} (I1)`, () => {
        const short = key.subarray(0, bits / 4);
        const xts = new Xts(short, masks);
        const from = Uint8Array.from({ length: 34 * SECTOR_SIZE }, (_, i) => (i * 31 + (i >> 12)) % 256);
        for (const count of [1, 2, 3, 15, 16, 17, 33]) {
          const first = 2 ** 32 - 5;
          const length = count * SECTOR_SIZE;
          const [cipher, plain] = [new Uint8Array(length + 100), new Uint8Array(length)];
          xts.sectors(true, from, 8, cipher, 100, length, first * SECTOR_SIZE);
          for (let i = 0; i < count; i++) {
            const tweak = new Uint8Array(BigUint64Array.of(BigInt(first + i), 0n).buffer);
            const bytes = from.subarray(8 + i * SECTOR_SIZE, 8 + (i + 1) * SECTOR_SIZE);
            const expected = createCipheriv(`aes-${bits}-xts`, short, tweak).update(bytes);
            const found = cipher.subarray(100 + i * SECTOR_SIZE, 100 + (i + 1) * SECTOR_SIZE);
            expect(Buffer.compare(found, expected), `${i} of ${count}`).to.equal(0);
          }
          expect(cipher.subarray(0, 100).every((byte) => byte === 0)).to.equal(true);
          xts.sectors(false, cipher, 100, plain, 0, length, first * SECTOR_SIZE);
          expect(Buffer.compare(plain, from.subarray(8, 8 + length))).to.equal(0);
        }
      });
    }
  }

  for (const [name, masks] of [
    ['together', masksOfThread()],
    ['one by one', null],
  ] as const) {
    it(`makes of pieces, ${name}, what it makes of each (I1)`, () => {
      const xts = new Xts(key, masks);
      const pool = new PagePool({ maxBytes: 48 * PAGE_SIZE });
      const others = new PagePool();
      const all = Array.from({ length: 24 }, () => pool.allocate(PAGE_SIZE));
      for (let i = 0; i < all.length; i += 2) all[i]?.free();
      // The last two lie in several runs.
      const vectors = Array.from({ length: 8 }, () => pool.allocate(4 * PAGE_SIZE));
      for (const pages of vectors) pages.set(plain, 512);
      for (const count of [1, 2, 8]) {
        const pieces = vectors.slice(-count).map((pages, i) => ({
          from: { pages, offset: 512 },
          to: i % 3 === 0 ? { pages: others.allocate(4 * PAGE_SIZE), offset: 1024 } : { pages, offset: 512 },
          position: SECTOR_SIZE * (2 ** 32 - i * 7),
          length: SECTOR_SIZE * (1 + (i % 2)),
        }));
        const expected = pieces.map(({ from: { pages, offset }, position, length }) => {
          const cipher = new Uint8Array(length);
          xts.sectors(true, pages.bytes(offset, length), 0, cipher, 0, length, position);
          return cipher;
        });
        xts.pieces(true, pieces);
        for (const [i, { to, length }] of pieces.entries()) {
          expect(Buffer.compare(to.pages.bytes(to.offset, length), expected[i] as Uint8Array), `${i}`).to.equal(0);
        }
      }
    });
  }

  for (const scattered of [false, true]) {
    it(`works from one place into another${scattered ? ', in scattered pages' : ''}, and where the bytes are`, () => {
      const pool = new PagePool({ maxBytes: 12 * PAGE_SIZE });
      const all = Array.from({ length: scattered ? 12 : 0 }, () => pool.allocate(PAGE_SIZE));
      for (let i = 0; i < all.length; i += 2) all[i]?.free();
      const from = { pages: pool.allocate(3 * PAGE_SIZE), offset: 512 };
      const to = { pages: pool.allocate(3 * PAGE_SIZE), offset: 1000 };
      from.pages.set(plain, from.offset);
      const xts = new Xts(key);
      xts.crypt(true, from, to, SECTOR_SIZE, plain.length);
      expect(Buffer.compare(from.pages.bytes(512, plain.length), plain), 'what it came from').to.equal(0);
      expect(Buffer.compare(to.pages.bytes(1000, plain.length), plain)).to.not.equal(0);
      xts.crypt(false, to, to, SECTOR_SIZE, plain.length);
      expect(Buffer.compare(to.pages.bytes(1000, plain.length), plain)).to.equal(0);
    });
  }
});
