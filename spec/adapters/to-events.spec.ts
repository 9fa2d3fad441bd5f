import { EventEmitter } from 'node:events';
import { expect } from 'chai';
import { fromEvents } from '../../lib/adapters/from-events.js';
import { toEvents } from '../../lib/adapters/to-events.js';
import { Channel } from '../../lib/sync/channel.js';

describe('toEvents', () => {
  it('emits what comes through the channel, one after the other; cancelled, it leaves the rest there (C5)', () => {
    const channel = new Channel<number>(2);
    const emitter = new EventEmitter();
    const seen: number[] = [];
    emitter.on('n', (n: number) => seen.push(n));
    channel.trySend(1);
    const emitting = toEvents(channel, emitter, 'n');
    channel.trySend(2);
    emitting.cancel();
    channel.trySend(3);
    expect([seen, channel.length, emitting.state]).to.deep.equal([[1, 2], 1, 'cancelled']);
  });

  it('dispatches them to an EventTarget, with the value as detail', () => {
    const channel = new Channel<string>(1);
    const target = new EventTarget();
    const seen: unknown[] = [];
    target.addEventListener('word', (event) => seen.push((event as CustomEvent).detail));
    const emitting = toEvents(channel, target, 'word');
    channel.trySend('a');
    expect(seen).to.deep.equal(['a']);
    emitting.cancel();
  });

  it('fails once the channel is closed and empty, or with what a listener throws', () => {
    const [closing, throwing] = [new Channel<number>(1), new Channel<number>(2)];
    const ended = toEvents(closing, new EventEmitter(), 'n');
    closing.close();
    expect(ended.error).to.have.property('code', 'ERR_CHANNEL_CLOSED');
    const emitter = new EventEmitter();
    const broken = new Error('broken');
    emitter.on('n', () => {
      throw broken;
    });
    const failed = toEvents(throwing, emitter, 'n');
    for (const n of [1, 2]) throwing.trySend(n);
    expect([failed.error, throwing.length]).to.deep.equal([broken, 1]);
  });

  it('carries events from one emitter to another with no more than is kept between (E6)', () => {
    const [from, to] = [new EventEmitter(), new EventEmitter()];
    const seen: unknown[] = [];
    to.on('out', (value) => seen.push(value));
    const between = fromEvents(from, 'in', { end: ['end'], value: (value) => value });
    const carrying = toEvents(between, to, 'out');
    from.emit('in', 1);
    from.emit('in', 2);
    from.emit('end');
    expect([seen, carrying.state, from.listenerCount('in')]).to.deep.equal([[1, 2], 'failed', 0]);
  });
});
