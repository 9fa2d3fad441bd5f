import { expect } from 'chai';
import { ended } from '../../../lib/io/endings.js';
import { IoError } from '../../../lib/io/io-error.js';
import { Callback, END_FOR_NOW, GO_ON } from '../../../lib/io/strategy/callback.js';
import { ChainedEvent } from '../../../lib/io/strategy/chained-event.js';
import { counted } from '../../conformance/strategy-contract.js';

describe('ChainedEvent', () => {
  let told: string[];
  let event: ChainedEvent;
  beforeEach(() => {
    told = [];
    event = new ChainedEvent(() => told.push('done'), 'private');
  });
  const callback = (name: string, answer: () => boolean = () => GO_ON): Callback =>
    new Callback(
      () => {
        told.push(name);
        return answer();
      },
      null,
      null,
    );

  it('has a done routine, a status and private data, and nobody else to tell: nothing more is made (N10)', () => {
    const error = new IoError('EIO');
    const counts = counted(() => {
      event = new ChainedEvent(({ bytes, failure, private: own }) => told.push(`${String(bytes)} ${failure?.code ?? ''} ${String(own)}`), 'own'); // prettier-ignore
      event.finish(7, error);
    });
    expect([told, counts.headers, counts.links]).to.deep.equal([['7 EIO own'], 1, 0]);
  });

  it('calls interceptors, the newest first, then done, then notifiers, the oldest first (N3, N4, N5)', () => {
    event.addInterceptor(callback('interceptor 1'));
    event.addNotifier(callback('notifier 1'));
    event.addInterceptor(callback('interceptor 2'));
    event.addNotifier(callback('notifier 2'));
    event.finish(0, null);
    expect(told).to.deep.equal(['interceptor 2', 'interceptor 1', 'done', 'notifier 1', 'notifier 2']);
  });

  it('calls done once, behind the interceptors, with none to notify (N4)', () => {
    const counts = counted(() => event.addInterceptor(callback('interceptor')));
    event.finish(0, null);
    expect([told, counts.links]).to.deep.equal([['interceptor', 'done'], 1]);
  });

  it('moves done into the queue for the first notifier, and only then (N10)', () => {
    const first = counted(() => event.addNotifier(callback('first')));
    const second = counted(() => event.addNotifier(callback('second')));
    expect([first.links, second.links]).to.deep.equal([2, 1]);
    event.finish(0, null);
    expect(told).to.deep.equal(['done', 'first', 'second']);
  });

  it('ends the chain for the time being where a callback says so, and takes it up behind that one (N6)', () => {
    event.addNotifier(callback('notifier'));
    event.addInterceptor(callback('above'));
    event.addInterceptor(callback('holder', () => END_FOR_NOW));
    event.finish(0, null);
    expect(told).to.deep.equal(['holder']);
    ended(event);
    expect(told).to.deep.equal(['holder', 'above', 'done', 'notifier']);
  });

  it('takes a callback out, wherever it stands, and once', () => {
    for (const gone of [0, 1, 2]) {
      told = [];
      event = new ChainedEvent(() => told.push('done'), null);
      const all = ['a', 'b', 'c'].map((name) => callback(name));
      for (const each of all) event.addCallback(each);
      const [taken, again] = [0, 1].map(() => event.removeCallback(all[gone] as Callback));
      event.addCallback(callback('d'));
      event.finish(0, null);
      const left = ['a', 'b', 'c', 'd'].filter((name) => name !== ['a', 'b', 'c'][gone]);
      expect([taken, again, ...told]).to.deep.equal([true, false, ...left, 'done']);
    }
  });

  it('takes out what an earlier callback wants gone, and calls what it adds', () => {
    const late = callback('late');
    event.addNotifier(
      callback('first', () => {
        event.removeCallback(late);
        event.addCallback(callback('added'));
        return GO_ON;
      }),
    );
    event.addNotifier(late);
    event.finish(0, null);
    expect(told).to.deep.equal(['done', 'first', 'added']);
  });

  it('wakes waiters after done, but for those that have left', () => {
    const [, second] = ['one', 'two', 'three'].map((name) => event.addWait(() => told.push(name)));
    expect(event.removeWait(second as Callback)).to.equal(true);
    event.finish(0, null);
    expect(told).to.deep.equal(['done', 'one', 'three']);
  });

  it('tells who is told asynchronously in a task of its own (N6)', async () => {
    event.addAsync((given) => told.push(given === event ? 'later' : 'another'));
    event.addWait(() => told.push('waiter'));
    event.finish(0, null);
    expect(told).to.deep.equal(['done', 'waiter']);
    await new Promise(setImmediate);
    expect(told).to.deep.equal(['done', 'waiter', 'later']);
  });
});
