import { expect } from 'chai';
import { linesOf, numberIn, wrongLine } from '../../../lib/compare/traces/operation.js';
import { ArgumentError } from '../../../lib/wait/errors.js';

describe('linesOf', () => {
  it('numbers lines as an editor does, whatever ends them, and leaves out the empty ones', () => {
    expect(linesOf('a\r\n\n \t\n  b c \n')).to.deep.equal([
      { number: 1, line: 'a' },
      { number: 4, line: 'b c' },
    ]);
    expect(linesOf('')).to.deep.equal([]);
  });
});

describe('numberIn', () => {
  it('reads whole numbers from 0 up to the largest that is exact', () => {
    for (const value of [0, 512, Number.MAX_SAFE_INTEGER]) expect(numberIn(String(value), 'Offset', 1)).to.equal(value);
  });

  for (const text of [undefined, '', ' 1', '-1', '1.5', '1e3', '0x10', 'Infinity', '9007199254740992']) {
    it(`refuses ${text === undefined ? 'a field that is not there' : `'${text}'`}, naming the line and the field`, () => {
      expect(() => numberIn(text, 'Size', 7))
        .to.throw(ArgumentError, `Line 7 of the trace: Size must be a whole number from 0 up, got '${String(text)}'`)
        .with.property('code', 'ERR_TRACE');
    });
  }
});

describe('wrongLine', () => {
  it('is an error to throw, which says where and why', () => {
    expect(wrongLine(3, 'it is empty')).to.include({
      code: 'ERR_TRACE',
      message: 'Line 3 of the trace: it is empty',
    });
  });
});
