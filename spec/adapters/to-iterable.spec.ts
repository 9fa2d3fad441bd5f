import { expect } from 'chai';
import { toIterable } from '../../lib/adapters/to-iterable.js';
import { anyOf } from '../../lib/event/any-of.js';
import { Channel } from '../../lib/sync/channel.js';
import { rejection } from '../sync/kit.js';

describe('toIterable', () => {
  it('yields what each round brings, until there is no next', async () => {
    const [a, b] = [new Channel<number>(2), new Channel<string>(2)];
    a.trySend(1);
    b.trySend('x');
    const seen: unknown[] = [];
    for await (const { name, value } of toIterable((round) => round < 2 ? anyOf({ a: a.receiving(), b: b.receiving() }) : null)) seen.push([name, value]); // prettier-ignore
    expect(seen).to.deep.equal([['a', 1], ['b', 'x']]); // prettier-ignore
  });

  it('throws what a wait fails with, and the reason of its signal', async () => {
    const channel = new Channel<number>();
    const controller = new AbortController();
    const waiting = toIterable(() => channel.receiving(), { signal: controller.signal }).next();
    controller.abort('enough');
    expect(await rejection(waiting)).to.equal('enough');
    channel.close();
    expect(await rejection(toIterable(() => channel.receiving()).next())).to.have.property(
      'code',
      'ERR_CHANNEL_CLOSED',
    );
  });

  it('can be left while it waits, which cancels the wait and takes nothing (E6)', async () => {
    const channel = new Channel<number>(1);
    const values = toIterable(() => channel.receiving());
    const reading = values.next();
    const left = values.return();
    channel.trySend(1);
    const over = { done: true, value: undefined };
    expect(await Promise.all([reading, left, values.next()])).to.deep.equal([over, over, over]);
    expect(channel.length).to.equal(1);
  });

  it('loses nothing that had come before it was left (E7)', async () => {
    const channel = new Channel<number>(1);
    const values = toIterable(() => channel.receiving());
    const reading = values.next();
    channel.trySend(1);
    const left = values.return();
    expect([(await reading).value, (await left).done, channel.length]).to.deep.equal([1, true, 0]);
  });
});
