import { expect } from 'chai';
import * as fc from 'fast-check';
import { PAGE_SIZE, PagePool, type PageVector } from '../../lib/io/pages.js';
import { copyInto, xorBytes, xorInto } from '../../lib/layers/xor.js';

const bytes = (length: number, factor: number): Uint8Array =>
  Uint8Array.from({ length }, (_, i) => Math.imul(i + 1, factor) >>> 7);

describe('xorBytes', () => {
  it('XORs any length at any alignment, and nothing beside it', () => {
    const length = fc.integer({ min: 0, max: 70 });
    fc.assert(
      fc.property(length, fc.nat(17), fc.nat(17), (count, at, from) => {
        const target = bytes(100, 0x9e3779b1);
        const source = bytes(100, 0x85ebca6b);
        const expected = target.map((byte, i) =>
          i >= at && i < at + count ? byte ^ (source[i - at + from] as number) : byte,
        );
        const before = [...source];
        xorBytes(target.subarray(at, at + count), source.subarray(from, from + count));
        expect([...target]).to.deep.equal([...expected]);
        expect([...source]).to.deep.equal(before);
      }),
      { numRuns: 300 },
    );
  });
});

describe('xorInto', () => {
  /** Three pages that lie apart, of a pool that is used up otherwise. */
  function scattered(): { target: PageVector; source: PageVector } {
    const pool = new PagePool({ maxBytes: 12 * PAGE_SIZE });
    const pages = Array.from({ length: 12 }, () => pool.allocate(PAGE_SIZE));
    for (const [i, page] of pages.entries()) if (i % 2 === 0) page.free();
    return { target: pool.allocate(3 * PAGE_SIZE), source: pool.allocate(3 * PAGE_SIZE) };
  }

  it('XORs and copies across pages that lie apart, differently in target and source', () => {
    const { target, source } = scattered();
    expect([target.contiguous, source.contiguous]).to.deep.equal([false, false]);
    const a = bytes(target.length, 0x9e3779b1);
    const b = bytes(source.length, 0x85ebca6b);
    for (const [at, from] of [
      [0, 0],
      [8, 100],
      [1001, 4097],
    ] as const) {
      target.set(a);
      source.set(b);
      const length = 7000;
      xorInto(target, at, source, from, length);
      const sum = a.map((byte, i) => (i >= at && i < at + length ? byte ^ (b[i - at + from] as number) : byte));
      expect(Buffer.compare(target.bytes(), sum), `${String(at)} from ${String(from)}`).to.equal(0);
      copyInto(target, at, source, from, length);
      expect(Buffer.compare(target.bytes(at, length), b.subarray(from, from + length))).to.equal(0);
      expect(Buffer.compare(target.bytes(0, at), a.subarray(0, at))).to.equal(0);
    }
  });

  it('does nothing of no length', () => {
    const { target, source } = scattered();
    target.set(bytes(target.length, 3));
    xorInto(target, 5, source, 9, 0);
    expect(Buffer.compare(target.bytes(), bytes(target.length, 3))).to.equal(0);
  });
});
