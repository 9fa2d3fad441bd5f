import { expect } from 'chai';
import { xxh32 } from '../../lib/layers/xxh32.js';
import { Random, seed } from '../conformance/random.js';

const P = [2654435761n, 2246822519n, 3266489917n, 668265263n, 374761393n] as const;
const MASK = 0xffffffffn;
const rotate = (x: bigint, by: bigint): bigint => ((x << by) | (x >> (32n - by))) & MASK;

/** As the specification writes it down, word by word, in numbers of any size. */
function plain(data: Uint8Array, start: number): number {
  const at = (i: number): bigint => BigInt(data[i] ?? 0);
  const word = (i: number): bigint => at(i) | (at(i + 1) << 8n) | (at(i + 2) << 16n) | (at(i + 3) << 24n);
  const first = BigInt(start);
  const lanes = [first + P[0] + P[1], first + P[1], first, first - P[0]].map((lane) => lane & MASK);
  let i = 0;
  for (; i + 16 <= data.length; i += 16) {
    for (const lane of [0, 1, 2, 3]) {
      const sum = ((lanes[lane] as bigint) + word(i + 4 * lane) * P[1]) & MASK;
      lanes[lane] = (rotate(sum, 13n) * P[0]) & MASK;
    }
  }
  const [a, b, c, d] = lanes as [bigint, bigint, bigint, bigint];
  let hash = i > 0 ? rotate(a, 1n) + rotate(b, 7n) + rotate(c, 12n) + rotate(d, 18n) : first + P[4];
  hash = (hash + BigInt(data.length)) & MASK;
  for (; i + 4 <= data.length; i += 4) hash = (rotate((hash + word(i) * P[2]) & MASK, 17n) * P[3]) & MASK;
  for (; i < data.length; i++) hash = (rotate((hash + at(i) * P[4]) & MASK, 11n) * P[0]) & MASK;
  hash = ((hash ^ (hash >> 15n)) * P[1]) & MASK;
  hash = ((hash ^ (hash >> 13n)) * P[2]) & MASK;
  return Number(hash ^ (hash >> 16n));
}

describe('xxh32', () => {
  const known: [text: string, seed: number, hash: number][] = [
    ['', 0, 0x02cc5d05],
    ['', 0x9e3779b1, 0x36b78ae7],
    ['a', 0, 0x550d7456],
    ['abc', 0, 0x32d153ff],
    ['Nobody inspects the spammish repetition', 0, 0xe2293b2f],
  ];

  for (const [text, start, hash] of known) {
    it(`is ${hash.toString(16)} of ${JSON.stringify(text)} with seed ${String(start)}, as others have it`, () => {
      const data = new TextEncoder().encode(text);
      expect([xxh32(data, start), plain(data, start)]).to.deep.equal([hash, hash]);
    });
  }

  it('is what the specification says, of data of every length, alignment and seed', () => {
    const random = new Random(seed);
    const bytes = Uint8Array.from({ length: 4200 }, () => random.below(256));
    for (let length = 0; length <= 100; length++) {
      const data = bytes.subarray(length % 7, (length % 7) + length);
      expect(xxh32(data, length), String(length)).to.equal(plain(data, length));
    }
    for (let i = 0; i < 30; i++) {
      const data = bytes.subarray(i, i + 512 * (1 + random.below(8)));
      const start = random.pick([0, 1, 2 ** 31, 2 ** 32 - 1, random.below(2 ** 32)]);
      expect(xxh32(data, start), `WAKECHAIN_SEED=${String(seed)}`).to.equal(plain(data, start));
    }
  });
});
