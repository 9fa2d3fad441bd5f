import { expect } from 'chai';
import { toPort } from '../../lib/adapters/to-port.js';
import { Channel } from '../../lib/sync/channel.js';

describe('toPort', () => {
  it('posts what comes through the channel; cancelled, it leaves the rest there', () => {
    const posted: unknown[] = [];
    const channel = new Channel<number>(2);
    const posting = toPort(channel, { postMessage: (value) => void posted.push(value) });
    channel.trySend(1);
    posting.cancel();
    channel.trySend(2);
    expect([posted, channel.length]).to.deep.equal([[1], 1]);
  });

  it('fails once the channel is closed and empty, or when posting does', () => {
    const channel = new Channel<number>(1);
    const posting = toPort(channel, { postMessage: () => undefined });
    channel.close();
    expect(posting.error).to.have.property('code', 'ERR_CHANNEL_CLOSED');
  });
});
