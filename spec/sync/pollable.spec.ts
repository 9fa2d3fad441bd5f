import { expect } from 'chai';
import { Channel } from '../../lib/sync/channel.js';
import { WaitEntry } from '../../lib/wait/entry.js';
import { collectUncaught } from '../event/support.js';
import { EventCounter } from '../../lib/sync/event-counter.js';
import { POLLERR, POLLHUP, POLLIN, POLLOUT, type Pollable } from '../../lib/sync/pollable.js';

describe('Pollable', () => {
  const uncaught = collectUncaught();

  it('has the bits of poll(2)', () => {
    expect([POLLIN, POLLOUT, POLLERR, POLLHUP]).to.deep.equal([1, 4, 8, 16]);
  });

  it('is what counters and channels are', () => {
    const sources: Pollable[] = [new EventCounter(), new Channel(1)];
    expect(sources.map((source) => source.ready())).to.deep.equal([POLLOUT, POLLOUT]);
  });

  it('that throws when it is told undoes nothing of what it was told of (W5)', async () => {
    const [channel, counter] = [new Channel<number>(1), new EventCounter({ max: 1 })];
    for (const { readiness } of [channel, counter]) {
      readiness.add(new WaitEntry(() => { throw new Error('told'); })); // prettier-ignore
    }
    const [received, read] = [channel.receive(), counter.read()];
    expect([channel.trySend(1), channel.trySend(2), counter.tryWrite(), counter.tryWrite()]).to.deep.equal([true, true, true, true]); // prettier-ignore
    expect([await received, await channel.receive(), await read, await counter.read()]).to.deep.equal([1, 2, 1, 1]);
    channel.close();
    expect(new Set(uncaught.splice(0).map(String))).to.deep.equal(new Set(['Error: told']));
  });
});
