import { expect } from 'chai';
import fc from 'fast-check';
import { seed } from '../conformance/random.js';
import { readBlockStatus, readErrorChunk, writeBlockStatus, writeErrorChunk } from '../../lib/nbd/chunks.js';
import { NbdError } from '../../lib/nbd/nbd-error.js';
import { REPLY_ERROR, REPLY_ERROR_OFFSET } from '../../lib/nbd/wire.js';
import { hex } from './support.js';

const u32 = fc.integer({ min: 0, max: 0xffffffff });
const text = fc.string({ unit: 'grapheme', maxLength: 40 }).filter((each) => !each.includes('\0'));

describe('chunks', () => {
  it('come back as they went (P2)', () => {
    const errno = fc.integer({ min: 1, max: 0xffffffff });
    fc.assert(
      fc.property(fc.record({ errno, message: text, position: fc.option(fc.maxSafeNat()) }), (chunk) => {
        const type = chunk.position === null ? REPLY_ERROR : REPLY_ERROR_OFFSET;
        expect(readErrorChunk(type, writeErrorChunk(chunk))).to.deep.equal(chunk);
      }),
      { seed },
    );
    const extent = fc.record({ length: fc.integer({ min: 1, max: 0xffffffff }), state: u32 });
    fc.assert(
      fc.property(u32, fc.array(extent, { minLength: 1 }), fc.boolean(), (context, extents, extended) => {
        expect(readBlockStatus(writeBlockStatus(context, extents, extended), extended)).to.deep.equal({
          context,
          extents,
        });
      }),
      { seed },
    );
  });

  it('are refused when they do not fit, or tell nothing (P2)', () => {
    const error = writeErrorChunk({ errno: 5, message: 'no', position: 7 });
    for (let end = 0; end < error.length; end++) {
      expect(() => readErrorChunk(REPLY_ERROR_OFFSET, error.subarray(0, end))).to.throw(NbdError);
    }
    expect(() => readErrorChunk(REPLY_ERROR, hex('00000000 0000'))).to.throw(NbdError, /tells no error/);
    for (const payload of ['', '00000001', '00000001 00', '00000001 00000000 00000000']) {
      expect(() => readBlockStatus(hex(payload), false)).to.throw(NbdError);
    }
    const two = writeBlockStatus(1, [{ length: 1, state: 0 }], true);
    two.writeUInt32BE(2, 4);
    expect(() => readBlockStatus(two, true)).to.throw(NbdError, /as many/);
  });
});
