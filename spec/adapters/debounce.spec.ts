import { EventEmitter } from 'node:events';
import { expect } from 'chai';
import { ManualClock } from '../../lib/adapters/clock.js';
import { debounce } from '../../lib/adapters/debounce.js';
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

  it('fails with what it waits for, and leaves nothing when it is cancelled', () => {
    const clock = new ManualClock();
    const emitter = new EventEmitter();
    const make = debounce(() => fromEmitter(emitter, 'key'), 10, { clock });
    const [failing, cancelled] = [make(), make()];
    emitter.emit('key', 'a');
    cancelled.cancel();
    emitter.emit('error', 'e');
    expect([failing.error, cancelled.state]).to.deep.equal(['e', 'cancelled']);
    expect([clock.pending, emitter.listenerCount('key'), emitter.listenerCount('error')]).to.deep.equal([0, 0, 0]);
  });
});
