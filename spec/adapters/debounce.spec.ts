import { EventEmitter } from 'node:events';
import { expect } from 'chai';
import { ManualClock } from '../../lib/adapters/clock.js';
import { debounce } from '../../lib/adapters/debounce.js';
import { Completion } from '../../lib/event/completion.js';
import { Channel } from '../../lib/sync/channel.js';
import { fromEmitter } from '../../lib/adapters/from-emitter.js';

describe('debounce', () => {
  it('brings the last value once it has been quiet for so long', () => {
    const clock = new ManualClock();
    const emitter = new EventEmitter();
    const typed = debounce(() => fromEmitter(emitter, 'key'), 10, { clock })();
    clock.advance(50);
    for (const key of ['a', 'b']) emitter.emit('key', key);
    clock.advance(9);
    emitter.emit('key', 'c');
    clock.advance(9);
    expect(typed.state).to.equal('pending');
    clock.advance(1);
    expect([typed.value, clock.pending, emitter.listenerCount('key')]).to.deep.equal([['c'], 0, 0]);
  });

  it('brings what it has when what it waits for fails, then fails, and leaves nothing when cancelled', () => {
    const clock = new ManualClock();
    const emitter = new EventEmitter();
    const make = debounce(() => fromEmitter(emitter, 'key'), 10, { clock });
    const [failing, cancelled] = [make(), make()];
    emitter.emit('key', 'a');
    cancelled.cancel();
    emitter.emit('error', 'e');
    expect([failing.value, cancelled.state, make().error]).to.deep.equal([['a'], 'cancelled', 'e']);
    expect([clock.pending, emitter.listenerCount('key'), emitter.listenerCount('error')]).to.deep.equal([0, 0, 0]);
  });

  it('loses no last value of a channel that closes', () => {
    const clock = new ManualClock();
    const channel = new Channel<string>(4);
    const make = debounce(() => channel.receiving(), 10, { clock });
    const last = make();
    channel.trySend('last');
    channel.close();
    expect([last.value, (make().error as { code: string }).code]).to.deep.equal(['last', 'ERR_CHANNEL_CLOSED']);
  });

  it('waits for nothing more once it has settled, also when a wait could not be cancelled', () => {
    const clock = new ManualClock();
    const made: Completion<string>[] = [];
    const settling = debounce(() => {
      const running = new Completion<string>();
      running.onCancel(() => false);
      made.push(running);
      return running;
    }, 10, { clock })(); // prettier-ignore
    made[0]?.complete('a');
    clock.advance(10);
    made[1]?.complete('late');
    expect([settling.value, made.length, clock.pending]).to.deep.equal(['a', 2, 0]);
  });

  it('does not nest what is there at once, and brings what it has when there is no next (W7)', () => {
    const clock = new ManualClock();
    let round = 0;
    const make = debounce(() => {
      if (round === 20_000) throw new Error('no more');
      const ready = new Completion<number>();
      ready.complete(round++);
      return ready;
    }, 10, { clock }); // prettier-ignore
    expect([make().value, String(make().error), clock.pending]).to.deep.equal([19_999, 'Error: no more', 0]);
  });
});
