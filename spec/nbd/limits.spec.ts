import { expect } from 'chai';
import { DEFAULT_LIMITS, limitsOf } from '../../lib/nbd/limits.js';
import { ArgumentRangeError } from '../../lib/wait/errors.js';

describe('limitsOf', () => {
  it('has a default for each', () => {
    expect(limitsOf()).to.deep.equal(DEFAULT_LIMITS);
    expect(limitsOf({ connections: 3 })).to.deep.equal({ ...DEFAULT_LIMITS, connections: 3 });
  });

  it('refuses what cannot be kept to (I6)', () => {
    const wrong = [
      { connections: 0 },
      { options: 1.5 },
      { requestBytes: 1000 },
      { optionBytes: 100 },
      { requestBytes: 1 << 30 },
      { connectionBytes: 1 << 29 },
    ];
    for (const limits of wrong) {
      expect(() => limitsOf(limits))
        .to.throw(ArgumentRangeError)
        .with.property('code', 'ERR_LIMIT');
    }
    expect(() => limitsOf({ stallMs: -1 }))
      .to.throw(ArgumentRangeError)
      .with.property('code', 'ERR_DELAY');
  });
});
