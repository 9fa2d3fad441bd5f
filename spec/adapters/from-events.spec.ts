import { EventEmitter } from 'node:events';
import { expect } from 'chai';
import { fromEvents } from '../../lib/adapters/from-events.js';
import { anyOf } from '../../lib/event/any-of.js';
import { codeOf } from '../event/support.js';
import { rejection } from '../sync/kit.js';
import { Completion } from '../../lib/event/completion.js';

describe('fromEvents', () => {
  const emitter = (): EventEmitter => new EventEmitter();

  it('misses no event while the reader is busy, and ends with an event', async () => {
    const source = emitter();
    const events = fromEvents(source, 'line', { end: ['close'], value: (line) => String(line) });
    const seen: string[] = [];
    for (const line of ['a', 'b', 'c']) source.emit('line', line);
    source.emit('close');
    source.emit('line', 'late');
    for await (const line of events) seen.push(line);
    expect([seen, source.eventNames()]).to.deep.equal([['a', 'b', 'c'], []]);
  });

  it('fails with an error event, after what is kept', async () => {
    const source = emitter();
    const events = fromEvents(source, 'line');
    source.emit('line', 1, 2);
    source.emit('error', new Error('broken'));
    expect(await events.receive()).to.deep.equal([1, 2]);
    expect(String(await rejection(events.receive()))).to.equal('Error: broken');
    const iterating = (async () => {
      for await (const each of events) expect(each).to.equal(null);
    })();
    expect(String(await rejection(iterating))).to.equal('Error: broken');
    expect(source.eventNames()).to.deep.equal([]);
  });

  it('keeps so many, and then fails or drops as asked', async () => {
    const left = async (overflow: 'fail' | 'drop-oldest' | 'drop-newest'): Promise<unknown[]> => {
      const source = emitter();
      using events = fromEvents<number>(source, 'n', { capacity: 2, overflow, value: Number });
      for (const value of [1, 2, 3]) source.emit('n', value);
      const kept: unknown[] = [await events.receive(), await events.receive()];
      return events.closed ? [...kept, ((await rejection(events.receive())) as { code: string }).code] : kept;
    };
    expect(await Promise.all([left('fail'), left('drop-oldest'), left('drop-newest')])).to.deep.equal([[1, 2, 'ERR_OVERFLOW'], [2, 3], [1, 2]]); // prettier-ignore
  });

  it('ends with a signal, and with its block, leaving no listener', async () => {
    const source = emitter();
    const controller = new AbortController();
    const events = fromEvents(source, 'x', { signal: controller.signal });
    const waiting = rejection(events.receive());
    controller.abort('enough');
    expect([await waiting, source.eventNames()]).to.deep.equal(['enough', []]);
    expect(await rejection(fromEvents(source, 'x', { signal: controller.signal }).receive())).to.equal('enough');
    {
      using other = fromEvents(source, 'error');
      expect([source.listenerCount('error'), other.closed]).to.deep.equal([1, false]);
    }
    expect(source.eventNames()).to.deep.equal([]);
  });

  it('takes an EventTarget, and is a branch of a choice', () => {
    const target = new EventTarget();
    using events = fromEvents(target, 'click', { value: (event) => (event as Event).type });
    const chosen = anyOf({ click: events.receiving() });
    target.dispatchEvent(new Event('click'));
    expect(chosen.value).to.deep.equal({ name: 'click', value: 'click' });
  });

  it('refuses a rule that it does not know', () => {
    expect(codeOf(() => fromEvents(emitter(), 'x', { overflow: 'grow' as never }))).to.equal('ERR_OVERFLOW_RULE');
    expect(codeOf(() => fromEvents(emitter(), 'x', { capacity: 1.5 }))).to.equal('ERR_CAPACITY');
    for (const capacity of [0, -5, NaN]) {
      const source = emitter();
      expect(codeOf(() => fromEvents(source, 'x', { capacity }))).to.equal('ERR_CAPACITY');
      expect(source.eventNames()).to.deep.equal([]);
    }
  });

  it('fails with what other events of failure bring, and leaves no listener (E6)', async () => {
    const source = emitter();
    const events = fromEvents(source, 'x', { fail: ['broken'] });
    source.emit('x', 1);
    source.emit('broken', 'why');
    expect([await events.receive(), await rejection(events.receive()), source.eventNames()]).to.deep.equal([[1], 'why', []]); // prettier-ignore
  });

  it('drops the oldest also while a receiver’s turn is about to come, and never the newest', async () => {
    const source = emitter();
    using events = fromEvents<number>(source, 'n', { capacity: 1, overflow: 'drop-oldest', value: Number });
    const received = events.receiving().promise();
    const turn = new Completion();
    turn.notify(() => {
      for (const value of [1, 2, 3]) source.emit('n', value);
    });
    turn.complete();
    expect([await received, events.length]).to.deep.equal([3, 0]);
  });
});
