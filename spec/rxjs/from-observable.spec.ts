import { expect } from 'chai';
import { EMPTY, from, NEVER, Observable, of, range, Subject, throwError } from 'rxjs';
import { TestScheduler } from 'rxjs/testing';
import { allOf } from '../../lib/event/all-of.js';
import { firstOf } from '../../lib/event/first-of.js';
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
    let made = 0;
    const source = from((function* () { for (;;) yield made++; })()); // prettier-ignore
    expect([fromObservable(source).value, made]).to.deep.equal([0, 1]);
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

  it('subscribes when it is made, whoever waits, and sees nothing that came before', () => {
    marbles(({ hot, cold, expectSubscriptions, flush }) => {
      const source = hot('a--b--c--|');
      const seen: unknown[] = [];
      cold('--x').subscribe(() => fromObservable(source).notify(({ value }) => seen.push(value)));
      cold('-----x').subscribe(() => fromObservable(source).notify(({ value }) => seen.push(value)));
      cold('----------x').subscribe(() => fromObservable(source).notify(({ error }) => seen.push((error as StateError).code))); // prettier-ignore
      flush();
      expect(seen).to.deep.equal(['b', 'c', 'ERR_EMPTY']);
      expectSubscriptions(source.subscriptions).toBe(['--^!', '-----^!', '----------(^!)']);
    });
  });

  it('subscribes once for each that is made, to a cold source as often', () => {
    marbles(({ cold, expectSubscriptions, flush }) => {
      const source = cold('--a--|');
      const both = allOf([fromObservable(source), fromObservable(source)]);
      flush();
      expect(both.value).to.deep.equal(['a', 'a']);
      expectSubscriptions(source.subscriptions).toBe(['^-!', '^-!']);
    });
  });

  it('takes the first of what comes in one frame, and neither the end nor an error behind it', () => {
    marbles(({ cold, flush }) => {
      const [values, ended, broken] = [cold('--(ab)'), cold('--(a|)'), cold('--(a#)')].map(fromObservable);
      flush();
      expect([values?.value, ended?.value, broken?.value]).to.deep.equal(['a', 'a', 'a']);
    });
  });

  it('unsubscribes when it loses, or its time is up (E6)', () => {
    marbles(({ cold, expectSubscriptions, flush }) => {
      const [slow, quick] = [cold('-----a'), cold('--b')];
      const chosen = firstOf([fromObservable(slow), fromObservable(quick)]);
      flush();
      expect(chosen.value).to.equal('b');
      expectSubscriptions(slow.subscriptions).toBe('^-!');
    });
  });

  it('is told of a cancel that comes while the source emits, before it is told the value (E8)', () => {
    const subject = new Subject<number>();
    let answer: unknown;
    subject.subscribe(() => (answer = completion.cancel()));
    const completion = fromObservable(subject);
    subject.next(1);
    expect([answer, completion.state, fromObservable(subject).state]).to.deep.equal([
      'cancelled',
      'cancelled',
      'pending',
    ]);
  });
});
