import { expect } from 'chai';
import { malformed, NbdError } from '../../lib/nbd/nbd-error.js';

describe('NbdError', () => {
  it('has a code and a cause, and malformed blames the peer', () => {
    const cause = new Error('why');
    const error = new NbdError('ERR_NBD_GONE', 'gone', { cause });
    expect([error.name, error.code, error.message, error.cause]).to.deep.equal([
      'NbdError',
      'ERR_NBD_GONE',
      'gone',
      cause,
    ]);
    expect(malformed('x')).to.be.instanceOf(NbdError).with.property('code', 'ERR_NBD_PROTOCOL');
  });
});
