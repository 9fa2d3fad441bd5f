import { expect } from 'chai';
import { hubOfSignal } from '../../lib/event/signal-hub.js';

describe('hubOfSignal', () => {
  it('is one per signal', () => {
    const { signal } = new AbortController();
    expect(hubOfSignal(signal)).to.equal(hubOfSignal(signal));
  });
});
