import { expect } from 'chai';
import { checkDelayOption, OptionError } from '../../lib/io/option-error.js';
import { ArgumentRangeError } from '../../lib/wait/errors.js';

describe('OptionError', () => {
  it('knows the option that it is of, with whose name its message begins (I6)', () => {
    const error = new OptionError('ERR_LINES', 'lines', 'must be a whole number from 1 up, got 0');
    expect(error).to.be.instanceOf(ArgumentRangeError);
    expect([error.code, error.option, error.message]).to.deep.equal([
      'ERR_LINES',
      'lines',
      'lines must be a whole number from 1 up, got 0',
    ]);
  });
});

describe('checkDelayOption', () => {
  it('refuses a time that no timer keeps', () => {
    for (const ms of [0, 0.5, 0x7fffffff]) checkDelayOption('delayMs', ms);
    for (const ms of [-1, NaN, 0x80000000]) {
      expect(() => checkDelayOption('delayMs', ms))
        .to.throw(OptionError, `delayMs must be from 0 to 2147483647 milliseconds, got ${String(ms)}`)
        .with.property('option', 'delayMs');
    }
  });
});
