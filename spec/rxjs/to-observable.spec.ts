import { expect } from 'chai';
import { forkJoin, race, switchMap, take, takeUntil, timer, type Observable, type Subscription } from 'rxjs';
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

  it('emits at once what has settled: a value, an error, a cancel', () => {
    marbles(({ expectObservable }) => {
      const [done, failed] = [new Completion<string>(), new Completion<string>()];
      done.complete('a');
      failed.fail('broken');
      expectObservable(toObservable(done)).toBe('(a|)');
      expectObservable(toObservable(failed)).toBe('#', {}, 'broken');
      expectObservable(toObservable(done), '---^').toBe('---(a|)');
    });
  });

  it('tells subscribers in the order in which they came, those that leave when told too', () => {
    const completion = new Completion<number>();
    const observable = toObservable(completion);
    const trace: string[] = [];
    observable.pipe(take(1)).subscribe({ next: (value) => trace.push(`first ${String(value)}`), complete: () => trace.push('ends') }); // prettier-ignore
    const second = observable.subscribe(() => expect.fail('it has left'));
    observable.subscribe(() => trace.push('third'));
    second.unsubscribe();
    completion.complete(1);
    expect([trace, completion.size]).to.deep.equal([['first 1', 'ends', 'third'], 0]);
  });

  it('a subscriber that is told may unsubscribe the next', () => {
    const completion = new Completion<number>();
    const observable = toObservable(completion, { cancel: true });
    const others: Subscription[] = [];
    observable.subscribe(() => others[0]?.unsubscribe());
    others.push(observable.subscribe(() => expect.fail('it has left')));
    completion.complete(1);
    expect(completion.value).to.equal(1);
  });

  it('is one of many to RxJS: raced, switched and joined, unsubscribing is a cancel (C5)', () => {
    marbles(({ cold, hot, expectObservable, expectSubscriptions }) => {
      const [quick, slow, switched] = [cold('--a'), cold('-----b'), cold('----c')];
      const of = (source: Observable<string>): Observable<string> =>
        toObservable(fromObservable(source), { cancel: true });
      expectObservable(race(of(quick), of(slow))).toBe('--(a|)');
      expectSubscriptions(slow.subscriptions).toBe('^-!');
      expectObservable(hot('x-y').pipe(switchMap(() => of(switched)))).toBe('------c');
      expectSubscriptions(switched.subscriptions).toBe(['^-!', '--^---!']);
      expectObservable(forkJoin({ a: of(cold('--a')), b: of(cold('---b')) })).toBe('---(r|)', {
        r: { a: 'a', b: 'b' },
      });
    });
  });

  it('with cancel, who subscribes after the last has left is told of the cancel', () => {
    const completion = new Completion<number>();
    const observable = toObservable(completion, { cancel: true });
    observable.subscribe().unsubscribe();
    let seen: unknown;
    observable.subscribe({ error: (error: unknown) => (seen = error) });
    expect([completion.state, seen]).to.deep.equal(['cancelled', completion.error]);
  });

  it('goes there and back: a cancel goes through, and so does an outcome', () => {
    marbles(({ cold, expectSubscriptions, flush }) => {
      const source = cold('-----a');
      const back = fromObservable(toObservable(fromObservable(source), { cancel: true }));
      cold('--x').subscribe(() => void back.cancel());
      const kept = fromObservable(toObservable(fromObservable(cold('---#', {}, 'broken')), { cancel: true }));
      flush();
      expect([back.state, kept.error]).to.deep.equal(['cancelled', 'broken']);
      expectSubscriptions(source.subscriptions).toBe('^-!');
    });
  });
});
