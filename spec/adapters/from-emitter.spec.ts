import { EventEmitter } from 'node:events';
import { expect } from 'chai';
import { anyOf } from '../../lib/event/any-of.js';
import { fromEmitter } from '../../lib/adapters/from-emitter.js';
import { turns } from '../event/support.js';

describe('fromEmitter', () => {
  const leftOn = (emitter: EventEmitter): number =>
    emitter.eventNames().reduce((sum, name) => sum + emitter.listenerCount(name), 0);

  it('is the next event, with its arguments, and leaves no listener (E1 E6)', () => {
    const emitter = new EventEmitter();
    const symbol = Symbol('event');
    const [named, other] = [fromEmitter(emitter, 'data'), fromEmitter(emitter, symbol)];
    emitter.emit('data', 1, 'two');
    emitter.emit('data', 3);
    emitter.emit(symbol);
    expect([named.value, other.value, leftOn(emitter)]).to.deep.equal([[1, 'two'], [], 0]);
  });

  it('fails with an error event that comes first (E1)', () => {
    const emitter = new EventEmitter();
    const completion = fromEmitter(emitter, 'data');
    const error = new Error('e');
    emitter.emit('error', error);
    expect([completion.error, leftOn(emitter)]).to.deep.equal([error, 0]);
  });

  it('completes with an error event that was asked for', () => {
    const emitter = new EventEmitter();
    const completion = fromEmitter(emitter, 'error');
    emitter.emit('error', 'e');
    expect([completion.value, leftOn(emitter)]).to.deep.equal([['e'], 0]);
  });

  it('cancelled stops listening, once (E3 E6)', () => {
    const emitter = new EventEmitter();
    const completion = fromEmitter(emitter, 'data');
    completion.cancel();
    expect([leftOn(emitter), completion.state]).to.deep.equal([0, 'cancelled']);
  });

  it('loses no event of the same turn when each wait is taken before (W6)', async () => {
    const emitter = new EventEmitter();
    const [first, second] = [fromEmitter(emitter, 'first'), fromEmitter(emitter, 'second')];
    setImmediate(() => [emitter.emit('first', 1), emitter.emit('second', 2)]);
    expect([await first, await second]).to.deep.equal([[1], [2]]);
  });

  it('gathers no listeners when drain or error is awaited again and again (E6)', async () => {
    const emitter = new EventEmitter();
    for (let i = 0; i < 1000; i++) {
      const waiting = anyOf([fromEmitter(emitter, 'drain'), fromEmitter(emitter, 'close')]);
      emitter.emit('drain');
      if (waiting.state !== 'done' || leftOn(emitter) > 0) throw new Error('listeners gather');
    }
    await turns(1);
    expect(leftOn(emitter)).to.equal(0);
  });

  it('takes an EventTarget: the value is its event (E1)', () => {
    const target = new EventTarget();
    const [completion, failing, cancelled] = ['load', 'load2', 'load3'].map((name) => fromEmitter(target, name));
    const event = new Event('load');
    target.dispatchEvent(event);
    expect(completion?.value).to.deep.equal([event]);
    cancelled?.cancel();
    const error = new Event('error');
    target.dispatchEvent(error);
    expect([failing?.error, cancelled?.state]).to.deep.equal([error, 'cancelled']);
  });
});
