import { expect } from 'chai';
import { overError } from '../../lib/node/stream-closed.js';

describe('overError', () => {
  it('is the stream’s own error, if it has one', () => {
    const error = new Error('e');
    expect(overError({ errored: error }, 'its end')).to.equal(error);
    expect(String(overError({ errored: null }, 'its end'))).to.equal('StateError: The stream closed before its end');
  });
});
