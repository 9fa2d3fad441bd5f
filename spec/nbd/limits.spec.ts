import { expect } from 'chai';
import { DEFAULT_LIMITS, limitsOf } from '../../lib/nbd/limits.js';
import { NullDevice } from '../../lib/io/index.js';
import { NbdServer } from '../../lib/nbd/server.js';
import { OptionError } from '../../lib/io/option-error.js';

describe('limitsOf', () => {
  it('has a default for each', () => {
    expect(limitsOf()).to.deep.equal(DEFAULT_LIMITS);
    expect(limitsOf({ connections: 3 })).to.deep.equal({ ...DEFAULT_LIMITS, connections: 3 });
  });

  it('allows no more than a server finds memory for', async () => {
    const most = 2 ** 30;
    const limits = { requestBytes: most, connectionBytes: most, totalBytes: most };
    const device = new NullDevice({ size: 4096 });
    await using server = new NbdServer({ exports: { '': { device } }, limits });
    expect(server.limits.totalBytes).to.equal(most);
    expect(() => limitsOf({ totalBytes: most + 1 })).to.throw('from 1 to 1073741824, got 1073741825');
  });

  it('refuses what cannot be kept to (I6)', () => {
    const wrong = [
      { connections: 0 },
      { options: 1.5 },
      { requestBytes: 1000 },
      { optionBytes: 100 },
      { requestBytes: 1 << 30 },
      { connectionBytes: 1 << 29 },
      { totalBytes: 2 ** 31 },
    ];
    for (const limits of wrong) {
      expect(() => limitsOf(limits))
        .to.throw(OptionError)
        .include({ code: 'ERR_LIMIT', option: Object.keys(limits)[0] });
    }
    expect(() => limitsOf({ stallMs: -1 }))
      .to.throw(OptionError)
      .include({ code: 'ERR_DELAY', option: 'stallMs' });
  });
});
