import { expect } from 'chai';
import { timer, takeUntil } from 'rxjs';
import { TestScheduler } from 'rxjs/testing';
import { Completion } from '../../lib/event/completion.js';
import { fromObservable } from '../../lib/rxjs/from-observable.js';
import { toObservable } from '../../lib/rxjs/to-observable.js';
import { AbortError } from '../../lib/wait/errors.js';

const marbles = (body: Parameters<TestScheduler['run']>[0]): unknown =>
  new TestScheduler((actual, expected) => void expect(actual).to.deep.equal(expected)).run(body);

describe('toObservable', () => {
  it('emits the value and ends, for every subscriber, also a late one', () => {
    marbles(({ cold, expectObservable }) => {
      const observable = toObservable(fromObservable(cold('--a')));
      expectObservable(observable).toBe('--(a|)');
      expectObservable(observable, '-----^').toBe('-----(a|)');
    });
  });

  it('errs with the error, and with an AbortError when cancelled', () => {
    marbles(({ cold, expectObservable }) => {
      expectObservable(toObservable(fromObservable(cold('---#', {}, 'broken')))).toBe('---#', {}, 'broken');
    });
    const completion = new Completion();
    completion.cancel('enough');
    let seen: unknown;
    toObservable(completion).subscribe({ error: (error: unknown) => (seen = error) });
    expect(seen).to.be.instanceOf(AbortError).with.property('cause', 'enough');
  });

  it('lets go when it is unsubscribed from; the completion goes on', () => {
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('-----a');
      const completion = fromObservable(source);
      expectObservable(toObservable(completion), '^-!').toBe('---');
      expectObservable(toObservable(completion)).toBe('-----(a|)');
      expectSubscriptions(source.subscriptions).toBe('^----!');
    });
    const completion = new Completion();
    const before = completion.size;
    toObservable(completion).subscribe().unsubscribe();
    expect([completion.size, completion.state]).to.deep.equal([before, 'pending']);
  });

  it('with cancel, cancels the completion when the last subscriber leaves (C5)', () => {
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('---------a');
      const observable = toObservable(fromObservable(source), { cancel: true });
      expectObservable(observable, '^--!').toBe('----');
      expectObservable(observable.pipe(takeUntil(timer(5)))).toBe('-----|');
      expectSubscriptions(source.subscriptions).toBe('^----!');
    });
  });

  it('with cancel, does not cancel what has settled, nor what a second subscriber waits for', () => {
    const completion = new Completion<number>();
    const observable = toObservable(completion, { cancel: true });
    const [first, second] = [observable.subscribe(), observable.subscribe()];
    first.unsubscribe();
    expect(completion.cancelRequested).to.equal(false);
    completion.complete(1);
    second.unsubscribe();
    expect([completion.value, completion.cancelRequested]).to.deep.equal([1, false]);
  });

  it('subscribes to nothing by itself', () => {
    const completion = new Completion();
    toObservable(completion, { cancel: true });
    expect([completion.size, completion.state]).to.deep.equal([0, 'pending']);
  });
});
