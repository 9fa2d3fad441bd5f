import { EventEmitter } from 'node:events';
import { expect } from 'chai';
import { WaitEntry, WOKEN } from '../../lib/wait/entry.js';
import { fromEmitter } from '../../lib/adapters/from-emitter.js';
import { hubOfEmitter, listen } from '../../lib/adapters/emitter-hub.js';

describe('hubOfEmitter', () => {
  it('has one listener for all who wait for one event, and none when nobody does (E6)', () => {
    for (const source of [new EventEmitter(), new EventTarget()]) {
      const waiting = Array.from({ length: 100 }, () => fromEmitter(source, 'ready'));
      if (source instanceof EventEmitter) expect([source.listenerCount('ready'), source.listenerCount('error')]).to.deep.equal([1, 1]); // prettier-ignore
      expect([hubOfEmitter(source, 'ready').size, hubOfEmitter(source, 'error').size]).to.deep.equal([100, 100]);
      for (const each of waiting.slice(1)) each.cancel();
      if (source instanceof EventEmitter) source.emit('ready', 1);
      else source.dispatchEvent(new Event('ready'));
      expect([waiting[0]?.state, hubOfEmitter(source, 'ready').size]).to.deep.equal(['done', 0]);
      if (source instanceof EventEmitter) expect(source.eventNames()).to.deep.equal([]);
    }
  });

  it('is kept no longer than somebody waits, for an emitter may have any number of events (E6)', () => {
    const emitter = new EventEmitter();
    const hub = hubOfEmitter(emitter, 'reply-1');
    fromEmitter(emitter, 'reply-1').cancel();
    const next = hubOfEmitter(emitter, 'reply-1');
    expect(next).to.not.equal(hub);
    // Who has it still may wait on it.
    const [early, late] = [new WaitEntry(() => WOKEN), new WaitEntry(() => WOKEN)];
    next.add(late);
    hub.add(early);
    next.remove(late);
    expect([hubOfEmitter(emitter, 'reply-1'), emitter.listenerCount('reply-1')]).to.deep.equal([hub, 1]);
    hub.remove(early);
    expect(emitter.eventNames()).to.deep.equal([]);
  });

  it('has one listener also when who hears of it waits too (E6)', () => {
    const emitter = new EventEmitter();
    const waiting: unknown[] = [];
    emitter.on('newListener', (event) => {
      if (event === 'x' && waiting.push(event) === 1) fromEmitter(emitter, 'x');
    });
    fromEmitter(emitter, 'x').cancel();
    expect(emitter.listenerCount('x')).to.equal(1);
    emitter.emit('x');
    expect([waiting.length, emitter.listenerCount('x')]).to.deep.equal([1, 0]);
  });

  it('wakes all who waited, in order, and not those who begin to then', () => {
    const emitter = new EventEmitter();
    const trace: string[] = [];
    fromEmitter(emitter, 'x').notify(() => {
      trace.push('a');
      fromEmitter(emitter, 'x').notify(() => trace.push('c'));
    });
    fromEmitter(emitter, 'x').notify(() => trace.push('b'));
    emitter.emit('x');
    expect(trace).to.deep.equal(['a', 'b']);
    emitter.emit('x');
    expect(trace).to.deep.equal(['a', 'b', 'c']);
  });
});

describe('listen', () => {
  it('listens, and stops to', () => {
    const emitter = new EventEmitter();
    const listener = (): void => undefined;
    listen(emitter, 'x', listener, true);
    expect(emitter.listenerCount('x')).to.equal(1);
    listen(emitter, 'x', listener, false);
    expect(emitter.listenerCount('x')).to.equal(0);
  });
});
