import { expect } from 'chai';
import { Hold } from '../../lib/sync/hold.js';

describe('Hold', () => {
  it('gives back what it holds once', () => {
    const given: number[] = [];
    const hold = new Hold({ giveBack: (amount) => void given.push(amount) }, 3);
    expect([hold.released, hold.release(), hold.released, hold.release()]).to.deep.equal([false, true, true, false]);
    hold[Symbol.dispose]();
    expect(given).to.deep.equal([3]);
  });
});
