import { expect } from 'chai';
import fc from 'fast-check';
import { seed } from '../conformance/random.js';
import { NbdError } from '../../lib/nbd/nbd-error.js';
import {
  isRefusal,
  readExportInfo,
  readMetaContext,
  readOptionReplyHeader,
  readServerReply,
  writeExportInfo,
  writeExportNameReply,
  writeMetaContext,
  writeOptionError,
  writeOptionReply,
  writeServerReply,
} from '../../lib/nbd/option-replies.js';
import { hex } from './support.js';

const text = fc.string({ unit: 'grapheme', maxLength: 40 }).filter((each) => !each.includes('\0'));
const u32 = fc.integer({ min: 0, max: 0xffffffff });

describe('replies to options', () => {
  it('come back as they went (P1)', () => {
    fc.assert(
      fc.property(u32, u32, fc.uint8Array({ maxLength: 9 }), (option, type, data) => {
        const header = readOptionReplyHeader(writeOptionReply(option, type, data), 0);
        expect(header).to.deep.equal({ option, type, length: data.length });
      }),
      { seed },
    );
    fc.assert(
      fc.property(text, text, u32, (name, description, id) => {
        expect(readServerReply(writeServerReply(name, description))).to.deep.equal({ name, description });
        expect(readMetaContext(writeMetaContext(id, name))).to.deep.equal({ id, name });
        for (const info of ['name', 'description'] as const) {
          expect(readExportInfo(writeExportInfo({ info, text: name }))).to.deep.equal({ info, text: name });
        }
      }),
      { seed },
    );
    fc.assert(
      fc.property(fc.maxSafeNat(), fc.integer({ min: 0, max: 0xffff }), u32, (size, flags, unit) => {
        const exported = { info: 'export', size, flags } as const;
        const sizes = { info: 'block-size', minimum: unit, preferred: 4096, maximum: 7 } as const;
        expect(readExportInfo(writeExportInfo(exported))).to.deep.equal(exported);
        expect(readExportInfo(writeExportInfo(sizes))).to.deep.equal(sizes);
      }),
      { seed },
    );
  });

  it('refuse with a text for people', () => {
    const bytes = writeOptionError(7, 0x80000006, 'no');
    expect(bytes.toString('hex')).to.equal(hex('0003e889045565a9 00000007 80000006 00000002 6e6f').toString('hex'));
    expect([isRefusal(0x80000006), isRefusal(1)]).to.deep.equal([true, false]);
  });

  it('to the old way of choosing an export have zeroes behind them unless called off', () => {
    expect(writeExportNameReply(512, 1, false).toString('hex')).to.equal('00000000000002000001');
    expect(writeExportNameReply(512, 1, true)).to.have.lengthOf(134);
  });

  it('are ignored when they tell what is unknown, and refused when they do not fit (P1)', () => {
    expect(readExportInfo(hex('0063 01 02'))).to.deep.equal({ info: 'unknown' });
    const wrong = [hex(''), hex('00'), hex('0000 00'), hex('0003 00000001')];
    for (const data of wrong) expect(() => readExportInfo(data)).to.throw(NbdError);
    expect(() => readServerReply(hex('00000005 61'))).to.throw(NbdError);
    expect(() => readServerReply(hex('0000'))).to.throw(NbdError);
    expect(() => readMetaContext(hex('0000'))).to.throw(NbdError);
    expect(() => readOptionReplyHeader(Buffer.alloc(20), 0)).to.throw(NbdError);
  });
});
