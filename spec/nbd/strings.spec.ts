import { expect } from 'chai';
import fc from 'fast-check';
import { seed } from '../conformance/random.js';
import { NbdError } from '../../lib/nbd/nbd-error.js';
import { readString, writeString } from '../../lib/nbd/strings.js';

describe('readString and writeString', () => {
  it('carry any text without NUL', () => {
    const text = fc.string({ unit: 'grapheme' }).filter((each) => !each.includes('\0'));
    fc.assert(
      fc.property(text, (given) => {
        expect(readString(writeString(given), 'it')).to.equal(given);
      }),
      { seed },
    );
  });

  it('cut what is too long between two characters', () => {
    const bytes = writeString('ü'.repeat(3000) + 'x');
    expect([bytes.length, readString(bytes, 'it')]).to.deep.equal([4096, 'ü'.repeat(2048)]);
    expect(writeString('x' + 'ü'.repeat(3000)).length).to.equal(4095);
  });

  it('refuse what is too long, holds NUL, or is not UTF-8 (P1)', () => {
    for (const bytes of [Buffer.alloc(4097, 'a'), Buffer.from('a\0b'), Buffer.of(0xc3), Buffer.of(0xed, 0xa0, 0x80)]) {
      expect(() => readString(bytes, 'The name')).to.throw(NbdError, /^The name/);
    }
  });
});
