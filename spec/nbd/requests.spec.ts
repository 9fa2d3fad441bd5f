import { expect } from 'chai';
import fc from 'fast-check';
import { seed } from '../conformance/random.js';
import { NbdError } from '../../lib/nbd/nbd-error.js';
import {
  EXTENDED_REQUEST_BYTES,
  newRequestHeader,
  readRequest,
  REQUEST_BYTES,
  writeRequest,
} from '../../lib/nbd/requests.js';

const u16 = fc.integer({ min: 0, max: 0xffff });
const u32 = fc.integer({ min: 0, max: 0xffffffff });
const header = fc.record({
  flags: u16,
  type: u16,
  cookieHigh: u32,
  cookieLow: u32,
  position: fc.maxSafeNat(),
  length: u32,
});

describe('requests', () => {
  it('come back as they went, in both forms (P2)', () => {
    const bytes = Buffer.alloc(40);
    const read = newRequestHeader();
    fc.assert(
      fc.property(header, fc.boolean(), fc.maxSafeNat(), (given, extended, long) => {
        const request = extended ? { ...given, length: long } : given;
        const written = writeRequest(bytes, 5, extended, request);
        expect(written).to.equal(extended ? EXTENDED_REQUEST_BYTES : REQUEST_BYTES);
        readRequest(bytes, 5, extended, read);
        expect(read).to.deep.equal(request);
      }),
      { seed },
    );
  });

  it('are refused when they begin with anything else, also with the magic of the other form (P2)', () => {
    const bytes = Buffer.alloc(40);
    expect(() => {
      readRequest(bytes, 0, false, newRequestHeader());
    }).to.throw(NbdError, /begins with 0x0/);
    for (const extended of [true, false]) {
      writeRequest(bytes, 0, extended, newRequestHeader());
      expect(() => {
        readRequest(bytes, 0, !extended, newRequestHeader());
      }).to.throw(NbdError);
    }
  });
});
