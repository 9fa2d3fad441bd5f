import { expect } from 'chai';
import fc from 'fast-check';
import { seed } from '../conformance/random.js';
import { NbdError } from '../../lib/nbd/nbd-error.js';
import {
  OPTION_HEADER_BYTES,
  readExportQuestion,
  readMetaQuestion,
  readOptionHeader,
  writeExportQuestion,
  writeMetaQuestion,
  writeOption,
} from '../../lib/nbd/options.js';
import { hex } from './support.js';

const text = fc.string({ unit: 'grapheme', maxLength: 40 }).filter((each) => !each.includes('\0'));
const u16 = fc.integer({ min: 0, max: 0xffff });
const u32 = fc.integer({ min: 0, max: 0xffffffff });

describe('options', () => {
  it('come back as they went (P1)', () => {
    fc.assert(
      fc.property(u32, fc.uint8Array({ maxLength: 60 }), (option, data) => {
        const bytes = writeOption(option, data);
        expect(readOptionHeader(bytes, 0)).to.deep.equal({ option, length: data.length });
        expect(bytes.subarray(OPTION_HEADER_BYTES)).to.deep.equal(Buffer.from(data));
      }),
      { seed },
    );
    fc.assert(
      fc.property(fc.record({ name: text, infos: fc.array(u16) }), (question) => {
        expect(readExportQuestion(writeExportQuestion(question))).to.deep.equal(question);
      }),
      { seed },
    );
    fc.assert(
      fc.property(fc.record({ name: text, queries: fc.array(text) }), (question) => {
        expect(readMetaQuestion(writeMetaQuestion(question))).to.deep.equal(question);
      }),
      { seed },
    );
  });

  it('are refused when they are cut short anywhere, or too long (P1)', () => {
    const whole = [
      [readExportQuestion, writeExportQuestion({ name: 'disk', infos: [1, 3] })],
      [readMetaQuestion, writeMetaQuestion({ name: 'disk', queries: ['base:', 'x'] })],
    ] as const;
    for (const [read, bytes] of whole) {
      for (let end = 0; end < bytes.length; end++) expect(() => read(bytes.subarray(0, end))).to.throw(NbdError);
      expect(() => read(Buffer.concat([bytes, Buffer.alloc(1)]))).to.throw(NbdError, /1 bytes behind its end/);
    }
  });

  it('are refused when they count more than they can hold, before anything is made of it (P3)', () => {
    expect(() => readMetaQuestion(hex('00000000 ffffffff'))).to.throw(NbdError, /4294967295 queries do not fit/);
    expect(() => readExportQuestion(hex('ffffffff 0000'))).to.throw(NbdError, /does not end/);
    expect(() => readOptionHeader(Buffer.alloc(16), 0)).to.throw(NbdError, /magic/);
  });
});
