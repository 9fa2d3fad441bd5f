import { expect } from 'chai';
import { ManualClock } from '../../lib/adapters/clock.js';
import { throttle } from '../../lib/adapters/throttle.js';
import { forEach } from '../../lib/compound/for-each.js';
import { Channel } from '../../lib/sync/channel.js';

describe('throttle', () => {
  it('brings values at least so far apart, the first at once', () => {
    const clock = new ManualClock();
    const channel = new Channel<number>(10);
    for (const value of [1, 2, 3]) channel.trySend(value);
    const seen: [number, number][] = [];
    const rounds = forEach(throttle(() => channel.receiving(), 10, { clock }), (value) => seen.push([clock.now(), value])); // prettier-ignore
    clock.advance(5);
    expect(channel.length).to.equal(2);
    clock.advance(30);
    channel.trySend(4);
    expect(seen).to.deep.equal([[0, 1], [10, 2], [20, 3], [35, 4]]); // prettier-ignore
    rounds.cancel();
    expect(clock.pending).to.equal(0);
  });

  it('passes failures on, and its cancel', () => {
    const clock = new ManualClock();
    const channel = new Channel<number>(1);
    const next = throttle(() => channel.receiving(), 10, { clock });
    const first = next();
    first.notify(() => undefined);
    first.cancel();
    expect(channel.trySend(1)).to.equal(true);
    channel.close();
    const seen = [next(), next()];
    for (const each of seen) each.notify(() => undefined);
    clock.advance(10);
    expect(seen.map(({ state }) => state)).to.deep.equal(['done', 'failed']);
  });

  it('waits no longer than it is to when the clock is set back', () => {
    let time = 1e12;
    const delays: number[] = [];
    const clock = {
      now: () => time,
      set: (_run: () => void, ms: number) => {
        delays.push(ms);
        return { clear: () => undefined, ref: () => undefined, unref: () => undefined };
      },
    };
    const channel = new Channel<number>(1);
    const next = throttle(() => channel.receiving(), 10, { clock });
    channel.trySend(1);
    next().notify(() => undefined);
    time -= 3_600_000;
    const second = next();
    second.notify(() => undefined);
    expect(delays).to.deep.equal([10]);
    second.cancel();
  });
});
