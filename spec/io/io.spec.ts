import { expect } from 'chai';
import { OPERATIONS } from '../../lib/io/io.js';

describe('OPERATIONS', () => {
  it('are what can be asked of a device (I1)', () => {
    expect(OPERATIONS).to.deep.equal(['read', 'write', 'flush', 'discard', 'writeZeroes']);
  });
});
