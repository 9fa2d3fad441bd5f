import { expect } from 'chai';
import sinon from 'sinon';
import { alive } from '../pains/alive.js';
import { describe as named, descriptionOf, nameOf, stateOf } from '../../lib/debug/description.js';
import { Task } from '../../lib/debug/task.js';
import { allOf, Channel, Completion, firstOf, Mutex, WaitQueue } from '../../lib/index.js';

describe('describe', () => {
  it('gives back what it was given, of any kind', () => {
    const { signal } = new AbortController();
    for (const waitable of [new Completion(), new WaitQueue(), new Mutex(), new Channel(), signal, allOf([])]) {
      expect(named(waitable, 'this one')).to.equal(waitable);
      expect(descriptionOf(waitable)).to.equal('this one');
    }
    const promise = Promise.resolve();
    expect([named(promise, 'a promise') === promise, descriptionOf(promise)]).to.deep.equal([true, 'a promise']);
  });

  it('replaces the description by a later one', () => {
    const queue = named(named(new WaitQueue(), 'first'), 'second');
    expect([descriptionOf(queue), descriptionOf(new WaitQueue())]).to.deep.equal(['second', undefined]);
  });

  it('adds no field', () => {
    const completion = new Completion();
    const before = Object.getOwnPropertyNames(completion);
    named(completion, 'described');
    expect(Object.getOwnPropertyNames(completion)).to.deep.equal(before);
  });

  it('keeps nothing of promises that are gone', async () => {
    for (let batch = 0; batch < 6; batch++) {
      for (let i = 0; i < 1000; i++) void named(Promise.resolve(i), 'gone');
      await alive([]);
    }
    const looked = sinon.spy(WeakRef.prototype, 'deref');
    descriptionOf(new Completion());
    const { callCount } = looked;
    looked.restore();
    expect(callCount).to.be.below(3000);
  });

  it('refuses what is no object', () => {
    expect(() => named('text' as never, 'a text'))
      .to.throw(TypeError, 'text')
      .with.property('code', 'ERR_DESCRIBED');
  });
});

describe('nameOf', () => {
  it('tells the kind and the description', () => {
    const mutex = named(new Mutex(), 'accounts');
    expect([nameOf(mutex), nameOf(new WaitQueue())]).to.deep.equal(['Mutex "accounts"', 'WaitQueue']);
    expect(nameOf(new Task('task "anna"', null))).to.equal('task "anna"');
  });

  it('means the lock by its queue, and the promise or signal by what stands on it', () => {
    const promise = named(new Promise<never>(() => undefined), 'for ever');
    const { signal } = new AbortController();
    const race = firstOf([promise, signal]);
    expect(race.children.map(({ source }) => nameOf(source))).to.deep.equal([
      'ReusableCompletion "for ever"',
      'AbortSignal',
    ]);
    race.cancel();
  });
});

describe('stateOf', () => {
  it('tells the state, of a compound also how many have come', () => {
    const [one, other] = [new Completion(), new Completion()];
    const both = allOf([one, other]);
    one.complete();
    expect([stateOf(one), stateOf(both), stateOf(new WaitQueue())]).to.deep.equal([
      'done',
      'pending, 1 of 2 settled',
      '',
    ]);
    other.onCancel(() => false);
    other.cancel();
    expect(stateOf(other)).to.equal('pending, asked to cancel');
  });
});
