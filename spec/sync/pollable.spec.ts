import { expect } from 'chai';
import { Channel } from '../../lib/sync/channel.js';
import { EventCounter } from '../../lib/sync/event-counter.js';
import { POLLERR, POLLHUP, POLLIN, POLLOUT, type Pollable } from '../../lib/sync/pollable.js';

describe('Pollable', () => {
  it('has the bits of poll(2)', () => {
    expect([POLLIN, POLLOUT, POLLERR, POLLHUP]).to.deep.equal([1, 4, 8, 16]);
  });

  it('is what counters and channels are', () => {
    const sources: Pollable[] = [new EventCounter(), new Channel(1)];
    expect(sources.map((source) => source.ready())).to.deep.equal([POLLOUT, POLLOUT]);
  });
});
