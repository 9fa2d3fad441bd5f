import { expect } from 'chai';
import fc from 'fast-check';
import { seed } from '../conformance/random.js';
import { NbdError } from '../../lib/nbd/nbd-error.js';
import {
  headBytes,
  LENGTH_FOLLOWS,
  newReplyHeader,
  readReply,
  writeChunkHeader,
  writeSimpleReply,
  type ReplyForm,
} from '../../lib/nbd/replies.js';

const u32 = fc.integer({ min: 0, max: 0xffffffff });

describe('replies', () => {
  it('come back as they went, in all forms (P2)', () => {
    const bytes = Buffer.alloc(40);
    const read = newReplyHeader();
    fc.assert(
      fc.property(u32, u32, u32, (errno, cookieHigh, cookieLow) => {
        expect(writeSimpleReply(bytes, 1, errno, cookieHigh, cookieLow)).to.equal(headBytes('simple'));
        readReply(bytes, 1, 'structured', read);
        expect(read).to.deep.equal({ simple: true, errno, done: true, type: 0, cookieHigh, cookieLow, length: 0 });
      }),
      { seed },
    );
    fc.assert(
      fc.property(u32, u32, fc.boolean(), fc.integer({ min: 0, max: 0xffff }), (cookieHigh, cookieLow, done, type) => {
        const request = { cookieHigh, cookieLow, position: 512 };
        for (const form of ['structured', 'extended'] as const) {
          const extended = form === 'extended';
          const length = extended ? 2 ** 40 : 77;
          expect(writeChunkHeader(bytes, 1, extended, done, type, request, length)).to.equal(extended ? 32 : 20);
          readReply(bytes, 1, form, read);
          const told = extended ? length : LENGTH_FOLLOWS;
          expect(read).to.deep.equal({ simple: false, errno: 0, done, type, cookieHigh, cookieLow, length: told });
        }
      }),
      { seed },
    );
  });

  it('are refused in a form that was not agreed on (P2)', () => {
    const request = { cookieHigh: 0, cookieLow: 0, position: 0 };
    const written = {
      simple: Buffer.alloc(32),
      structured: Buffer.alloc(32),
      extended: Buffer.alloc(32),
    };
    writeSimpleReply(written.simple, 0, 0, 0, 0);
    writeChunkHeader(written.structured, 0, false, true, 0, request, 0);
    writeChunkHeader(written.extended, 0, true, true, 0, request, 0);
    const wrong: [of: keyof typeof written, agreed: ReplyForm][] = [
      ['structured', 'simple'],
      ['extended', 'simple'],
      ['extended', 'structured'],
      ['simple', 'extended'],
      ['structured', 'extended'],
    ];
    for (const [of, agreed] of wrong) {
      expect(() => {
        readReply(written[of], 0, agreed, newReplyHeader());
      }).to.throw(NbdError);
    }
  });
});
