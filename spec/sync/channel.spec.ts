import { expect } from 'chai';
import fc from 'fast-check';
import { Completion } from '../../lib/event/completion.js';
import { Channel } from '../../lib/sync/channel.js';
import { POLLHUP, POLLIN, POLLOUT } from '../../lib/sync/pollable.js';
import { TimeoutError } from '../../lib/wait/errors.js';
import { WaitEntry, WOKEN } from '../../lib/wait/entry.js';
import { seed } from '../conformance/random.js';
import { codeOf } from '../event/support.js';
import { abortable, follow, rejection, settled } from './kit.js';
import { firstOf } from '../../lib/event/first-of.js';
import { allOf } from '../../lib/event/all-of.js';
import { guard } from '../../lib/compound/guard.js';
import { sequence } from '../../lib/compound/sequence.js';
import { Mutex } from '../../lib/sync/mutex.js';
import { Poller } from '../../lib/sync/poller.js';

describe('Channel', () => {
  it('lets a sender meet a receiver, whoever comes first', async () => {
    const channel = new Channel<number>();
    const trace: string[] = [];
    follow(trace, 'sent 1', channel.send(1));
    await settled();
    expect([trace, channel.length]).to.deep.equal([[], 0]);
    expect(await channel.receive()).to.equal(1);
    const received = channel.receive();
    await channel.send(2);
    expect([await received, trace]).to.deep.equal([2, ['sent 1']]);
  });

  it('keeps so many values, in order, and makes further senders wait', async () => {
    const channel = new Channel<string>(2);
    const trace: string[] = [];
    for (const value of ['a', 'b', 'c', 'd']) follow(trace, value, channel.send(value));
    await settled();
    expect([trace, channel.length, channel.trySend('e')]).to.deep.equal([['a', 'b'], 2, false]);
    expect([await channel.receive(), await channel.receive()]).to.deep.equal(['a', 'b']);
    await settled();
    expect([trace, channel.tryReceive()?.value, channel.tryReceive()?.value, channel.tryReceive()]).to.deep.equal([['a', 'b', 'c', 'd'], 'c', 'd', null]); // prettier-ignore
  });

  it('never makes a sender wait when it is unbounded, and carries every value', async () => {
    const channel = new Channel<unknown>(Infinity);
    const values = [undefined, null, 0, '', false, ...Array(1000).keys()];
    for (const value of values) expect(channel.trySend(value)).to.equal(true);
    const received: unknown[] = [];
    while (channel.length > 0) received.push(await channel.receive());
    expect(received).to.deep.equal(values);
  });

  it('meets without waiting only who waits already', () => {
    const channel = new Channel<number>();
    expect([channel.trySend(1), channel.tryReceive()]).to.deep.equal([false, null]);
    void channel.send(2);
    expect(channel.tryReceive()).to.deep.equal({ value: 2 });
    void channel.receive();
    expect([channel.tryReceive(), channel.trySend(3), channel.trySend(4)]).to.deep.equal([null, true, false]);
  });

  it('loses nothing with a waiter that leaves, and passes its turn on (W6)', async () => {
    const channel = new Channel<number>();
    const [receiver, sender] = [abortable(), abortable()];
    const left = channel.receive({ signal: receiver.signal });
    const next = channel.receive();
    receiver.abort('enough');
    await channel.send(1);
    expect([await rejection(left), await next]).to.deep.equal(['enough', 1]);
    const unsent = channel.send(2, { signal: sender.signal });
    const sent = channel.send(3);
    sender.abort('enough');
    const received: number[] = [];
    void channel.receive().then((value) => received.push(value));
    expect(await rejection(unsent)).to.equal('enough');
    await settled();
    expect(received).to.deep.equal([3]);
    await sent;
    expect(await rejection(channel.receive({ timeoutMs: 0 }))).to.be.instanceOf(TimeoutError);
  });

  it('hands out what was sent before it was closed, then ends receivers and senders', async () => {
    const channel = new Channel<number>(1);
    await channel.send(1);
    const stuck = channel.send(2);
    channel.close();
    channel.close();
    expect(await rejection(stuck)).to.have.property('code', 'ERR_CHANNEL_CLOSED');
    expect(await rejection(channel.send(3))).to.have.property('code', 'ERR_CHANNEL_CLOSED');
    expect(codeOf(() => channel.trySend(3))).to.equal('ERR_CHANNEL_CLOSED');
    expect([channel.closed, await channel.receive(), channel.tryReceive()]).to.deep.equal([true, 1, null]);
    expect(await rejection(channel.receive())).to.have.property('code', 'ERR_CHANNEL_CLOSED');
    const waiting = new Channel<number>();
    const receiver = waiting.receive();
    waiting[Symbol.dispose]();
    expect(await rejection(receiver)).to.have.property('code', 'ERR_CHANNEL_CLOSED');
  });

  it('is iterated until it is closed, by several loops at once', async () => {
    const channel = new Channel<number>();
    const got: number[] = [];
    const loop = async (): Promise<void> => {
      for await (const value of channel) got.push(value);
    };
    const loops = Promise.all([loop(), loop()]);
    for (let i = 0; i < 10; i++) await channel.send(i);
    channel.close();
    await loops;
    expect(got.sort((a, b) => a - b)).to.deep.equal([...Array(10).keys()]);
  });

  it('throws into a loop of a closed channel as into any other', async () => {
    const channel = new Channel<number>(1);
    channel.trySend(1);
    const loop = channel[Symbol.asyncIterator]();
    await loop.next();
    channel.close();
    const thrown = new Error('enough');
    expect(await rejection(loop.throw(thrown))).to.equal(thrown);
  });

  it('tells what it is ready for, and wakes with what it has become ready for', async () => {
    const channel = new Channel<number>(1);
    const keys: unknown[] = [];
    channel.readiness.add(new WaitEntry((_, key) => (keys.push(key), WOKEN)));
    expect(channel.ready()).to.equal(POLLOUT);
    await channel.send(1);
    expect(channel.ready()).to.equal(POLLIN);
    await channel.receive();
    expect(channel.ready()).to.equal(POLLOUT);
    channel.close();
    expect([channel.ready(), keys]).to.deep.equal([POLLHUP, [POLLIN, POLLOUT, POLLHUP]]);
    const meeting = new Channel<number>();
    expect(meeting.ready()).to.equal(0);
    void meeting.send(1);
    expect(meeting.ready()).to.equal(POLLIN);
    await meeting.receive();
    void meeting.receive();
    expect(meeting.ready()).to.equal(POLLOUT);
    meeting.trySend(1);
  });

  it('refuses what is no capacity', () => {
    for (const capacity of [-1, 0.5, NaN]) expect(codeOf(() => new Channel(capacity))).to.equal('ERR_CAPACITY');
  });

  it('survives random programs: every value that was sent is received once, in order', async () => {
    const step = fc.constantFrom('send', 'receive', 'trySend', 'tryReceive', 'abort', 'turn');
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(0, 1, 3, Infinity),
        fc.array(fc.tuple(step, fc.nat()), { maxLength: 60 }),
        async (capacity, steps) => {
          const channel = new Channel<number>(capacity);
          const [sent, received]: number[][] = [[], []];
          const aborts: (() => void)[] = [];
          let next = 0;
          for (const [what, pick] of steps) {
            const { signal, abort } = abortable();
            const value = next++;
            if (what === 'send' || what === 'receive') aborts.push(abort);
            const nothing = (): void => undefined;
            if (what === 'send') channel.send(value, { signal }).then(() => sent?.push(value), nothing);
            else if (what === 'receive') channel.receive({ signal }).then((got) => received?.push(got), nothing);
            else if (what === 'trySend') {
              if (channel.trySend(value)) sent?.push(value);
            } else if (what === 'tryReceive') {
              const got = channel.tryReceive();
              if (got !== null) received?.push(got.value);
            } else if (what === 'abort') aborts[pick % Math.max(aborts.length, 1)]?.();
            else await settled();
            if (channel.length > capacity) return false;
          }
          for (const abort of aborts) abort();
          await settled();
          for (let got = channel.tryReceive(); got !== null; got = channel.tryReceive()) received?.push(got.value);
          const inOrder = (list: number[] = []): number[] => [...list].sort((a, b) => a - b);
          return JSON.stringify(inOrder(sent)) === JSON.stringify(inOrder(received));
        },
      ),
      { seed, numRuns: 300 },
    );
  });

  it('keeps what was handed to a receiver that is cancelled in the same turn, with capacity 0 too (E9)', () => {
    const channel = new Channel<string>();
    const receiving = channel.receiving();
    receiving.notify(() => undefined);
    const turn = new Completion();
    let answers: unknown[] = [];
    turn.notify(() => {
      answers = [channel.trySend('kept'), receiving.cancel(), channel.trySend('no room')];
    });
    turn.complete();
    expect([...answers, channel.tryReceive(), channel.length]).to.deep.equal([true, 'cancelled', false, { value: 'kept' }, 0]); // prettier-ignore
  });

  it('with capacity 0 tells those who poll when somebody waits on the other side (W6)', async () => {
    const receive = (channel: Channel<number>): unknown => void channel.receive();
    const send = (channel: Channel<number>): unknown => void channel.send(1);
    const meetings: [comes: (channel: Channel<number>) => unknown, events: number][] = [
      [send, POLLIN],
      [(channel) => firstOf([channel.sending(1)]), POLLIN],
      [receive, POLLOUT],
      [(channel) => firstOf([channel.receiving()]), POLLOUT],
    ];
    for (const [comes, events] of meetings) {
      const channel = new Channel<number>();
      const poller = new Poller();
      poller.add(channel, { events });
      const waiting = poller.wait();
      await settled();
      comes(channel);
      expect((await waiting)[0]?.events).to.equal(events);
      if (events === POLLIN) expect(channel.tryReceive()).to.deep.equal({ value: 1 });
      else expect(channel.trySend(1)).to.equal(true);
    }
  });

  it('is received from at once also in a callback of who is being served', () => {
    const channel = new Channel<string>();
    void channel.send('sent');
    const mutex = new Mutex();
    const held = mutex.tryAcquire();
    let got: unknown;
    mutex.acquiring().notify(() => (got = channel.tryReceive()));
    held?.release();
    expect(got).to.deep.equal({ value: 'sent' });
  });

  it('has values that are given back in the order in which they were sent (E9)', () => {
    const channel = new Channel<number>(Infinity);
    for (const value of [1, 2, 3, 4]) channel.trySend(value);
    const [late, fails] = [new Completion<number>(), new Completion<number>()];
    // The first of the list receives last.
    const receiving = [guard(() => sequence([() => late, () => channel.receiving()])), channel.receiving()];
    const all = allOf([...receiving, channel.receiving(), fails]);
    late.complete(0);
    expect(channel.length).to.equal(1);
    fails.fail('no use');
    const got = [1, 2, 3, 4].map(() => channel.tryReceive()?.value);
    expect([all.state, got]).to.deep.equal(['failed', [1, 2, 3, 4]]);
  });
});
