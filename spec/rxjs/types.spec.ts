/* Most of what stands here is for the compiler alone. */
/* eslint-disable @typescript-eslint/no-unused-vars */
import { expect } from 'chai';
import { of, type Observable } from 'rxjs';
import { allOf, Completion } from '../../lib/index.js';
import { fromObservable, toObservable } from '../../lib/rxjs/index.js';
import { same } from '../same.js';

describe('the types of lib/rxjs', () => {
  it('carry the value there and back', () => {
    const there = toObservable(allOf({ a: new Completion<number>(), b: fromObservable(of('text')) }));
    same<typeof there, Observable<{ a: number; b: string }>>(true);
    same<ReturnType<typeof fromObservable<Date>>, Completion<Date>>(true);
  });

  it('refuse what must not compile', () => {
    const uncalled = (): void => {
      // @ts-expect-error a completion is not observable by itself
      fromObservable(new Completion());
      // @ts-expect-error a promise is adapted first
      toObservable(Promise.resolve(1));
      // @ts-expect-error it is on or off
      toObservable(new Completion(), { cancel: 'last' });
    };
    expect(uncalled).to.be.a('function');
  });
});
