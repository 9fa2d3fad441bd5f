import { expect } from 'chai';
import { checkCountOption, checkDelayOption, OptionError } from '../../lib/io/option-error.js';
import { ArgumentRangeError } from '../../lib/wait/errors.js';

describe('OptionError', () => {
  it('knows the option that it is of, with whose name its message begins (I6)', () => {
    const error = new OptionError('ERR_LINES', 'lines', 'must be a whole number from 1 up, got 0');
    expect(error).to.be.instanceOf(ArgumentRangeError);
    expect([error.code, error.option, error.why, error.message]).to.deep.equal([
      'ERR_LINES',
      'lines',
      'must be a whole number from 1 up, got 0',
      'lines must be a whole number from 1 up, got 0',
    ]);
  });
});

describe('checkCountOption', () => {
  it('refuses what is no whole number in the range', () => {
    for (const value of [1, Number.MAX_SAFE_INTEGER]) checkCountOption('ERR_IT', 'depth', value);
    for (const value of [0, 1.5, NaN, Infinity, 2 ** 53]) {
      expect(() => checkCountOption('ERR_IT', 'depth', value))
        .to.throw(OptionError, `depth must be a whole number from 1 up, got ${String(value)}`)
        .with.property('code', 'ERR_IT');
    }
    for (const value of [3, 7]) checkCountOption('ERR_IT', 'depth', value, 3, 7);
    expect(() => checkCountOption('ERR_IT', 'depth', 8, 3, 7)).to.throw(
      'depth must be a whole number from 3 to 7, got 8',
    );
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
