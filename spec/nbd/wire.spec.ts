import { expect } from 'chai';
import fc from 'fast-check';
import { seed } from '../conformance/random.js';
import { readU64, writeU64 } from '../../lib/nbd/wire.js';

describe('readU64 and writeU64', () => {
  it('carry every whole number that is exact', () => {
    const bytes = Buffer.alloc(12);
    fc.assert(
      fc.property(fc.maxSafeNat(), (value) => {
        writeU64(bytes, value, 3);
        expect(readU64(bytes, 3)).to.equal(value);
        expect(bytes.readBigUInt64BE(3)).to.equal(BigInt(value));
      }),
      { seed },
    );
  });

  it('make of what is not exact a number larger than any device', () => {
    const bytes = Buffer.alloc(8, 0xff);
    expect(readU64(bytes, 0)).to.equal(2 ** 64);
    writeU64(bytes, 2 ** 64, 0);
    expect(readU64(bytes, 0)).to.be.greaterThan(2 ** 63);
  });
});
