import { expect } from 'chai';
import { byteCount, bytesText, timeSpan, timeText, wholeNumber } from '../../lib/cli/numbers.js';

describe('wholeNumber', () => {
  it('takes whole numbers within its range', () => {
    expect([wholeNumber(0)('0'), wholeNumber(1)('7'), wholeNumber(0, 65535)('65535')]).to.deep.equal([0, 7, 65535]);
  });

  it('refuses all else, and says what it takes', () => {
    for (const text of ['', ' ', 'x', '1.5', '-1', '1e99']) expect(() => wholeNumber(0)(text)).to.throw('from 0 up');
    expect(() => wholeNumber(0, 9)('10')).to.throw('from 0 to 9');
  });
});

describe('byteCount', () => {
  it('takes bytes with or without a unit', () => {
    const all = ['4096', '64K', '1.5k', '1G', '2TiB', '3M'].map(byteCount);
    expect(all).to.deep.equal([4096, 65536, 1536, 2 ** 30, 2 ** 41, 3 * 2 ** 20]);
  });

  it('refuses all else', () => {
    for (const text of ['', '0', '-1', 'K', '1X', '0.3', '1e3', '99999T']) {
      expect(() => byteCount(text), text).to.throw('number of bytes');
    }
  });
});

describe('timeSpan', () => {
  it('takes a time with its unit', () => {
    const all = ['1ms', '500ms', '30s', '1.5m', '2H', '0.5S'].map(timeSpan);
    expect(all).to.deep.equal([1, 500, 30_000, 90_000, 7_200_000, 500]);
  });

  it('refuses all else, and what no timer can wait for', () => {
    for (const text of ['', '10', '0s', '-1s', 's', '1 week', '0.1ms', '597h']) {
      expect(() => timeSpan(text), text).to.throw('a time with its unit');
    }
  });
});

describe('timeText', () => {
  it('is what timeSpan takes', () => {
    expect([10_000, 1500].map(timeText)).to.deep.equal(['10s', '1500ms']);
  });
});

describe('bytesText', () => {
  it('has one digit behind the point from 1 KiB on', () => {
    const all = [0, 1023, 1024, 1536, 2 ** 26, 2 ** 41, 2 ** 52].map(bytesText);
    expect(all).to.deep.equal(['0 bytes', '1023 bytes', '1.0 KiB', '1.5 KiB', '64.0 MiB', '2.0 TiB', '4096.0 TiB']);
  });
});
