import { expect } from 'chai';
import { EMPTY, NEVER, Observable, of, range, Subject, throwError } from 'rxjs';
import { TestScheduler } from 'rxjs/testing';
import { allOf } from '../../lib/event/all-of.js';
import { fromObservable } from '../../lib/rxjs/from-observable.js';
import { StateError } from '../../lib/wait/errors.js';

const marbles = (body: Parameters<TestScheduler['run']>[0]): unknown =>
  new TestScheduler((actual, expected) => void expect(actual).to.deep.equal(expected)).run(body);

describe('fromObservable', () => {
  it('completes with the first value and unsubscribes then', () => {
    marbles(({ cold, expectSubscriptions, flush }) => {
      const source = cold('--a--b--|');
      const completion = fromObservable(source);
      expect(completion.state).to.equal('pending');
      flush();
      expect(completion.value).to.equal('a');
      expectSubscriptions(source.subscriptions).toBe('^-!');
    });
  });

  it('fails with the observable’s error', () => {
    marbles(({ cold, expectSubscriptions, flush }) => {
      const source = cold('---#', {}, 'broken');
      const completion = fromObservable(source);
      flush();
      expect([completion.state, completion.error]).to.deep.equal(['failed', 'broken']);
      expectSubscriptions(source.subscriptions).toBe('^--!');
    });
  });

  it('fails when the observable ends without a value', () => {
    marbles(({ cold, flush }) => {
      const completion = fromObservable(cold('---|'));
      flush();
      expect(completion.error).to.be.instanceOf(StateError).with.property('code', 'ERR_EMPTY');
    });
  });

  it('unsubscribes when it is cancelled (C5)', () => {
    marbles(({ hot, cold, expectSubscriptions }) => {
      const source = hot('-----a');
      const completion = fromObservable(source);
      cold('--x').subscribe(() => expect(completion.cancel()).to.equal('cancelled'));
      expectSubscriptions(source.subscriptions).toBe('^-!');
    });
  });

  it('unsubscribes when the compound that owns it is cancelled (E3)', () => {
    marbles(({ cold, expectSubscriptions }) => {
      const source = cold('-----a');
      const all = allOf([fromObservable(source)]);
      cold('---x').subscribe(() => void all.cancel());
      expectSubscriptions(source.subscriptions).toBe('^--!');
    });
  });

  it('takes what is there at once', () => {
    expect(fromObservable(of(1, 2)).value).to.equal(1);
    expect(fromObservable(throwError(() => 'broken')).error).to.equal('broken');
    expect((fromObservable(EMPTY).error as StateError).code).to.equal('ERR_EMPTY');
  });

  it('ends a source that emits without end inside of subscribe', () => {
    expect(fromObservable(range(0, Infinity)).value).to.equal(0);
  });

  it('leaves no observer behind, however it ends', () => {
    const subject = new Subject<number>();
    const [done, cancelled] = [fromObservable(subject), fromObservable(subject)];
    cancelled.cancel();
    subject.next(1);
    expect([done.value, subject.observed]).to.deep.equal([1, false]);
  });

  it('takes a value that is an observable or a promise as it is (C7)', () => {
    const value = Promise.resolve(1);
    expect(fromObservable(of(value)).value).to.equal(value);
  });

  it('tears the source down once', () => {
    let torn = 0;
    const completion = fromObservable(new Observable(() => () => torn++)); // prettier-ignore
    completion.cancel();
    completion.cancel();
    expect([torn, fromObservable(NEVER).state]).to.deep.equal([1, 'pending']);
  });
});
