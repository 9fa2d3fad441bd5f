import { expect } from 'chai';
import sinon from 'sinon';
import { allOf } from '../../lib/event/all-of.js';
import { fromPromise } from '../../lib/adapters/from-promise.js';
import { hubOfPromise } from '../../lib/event/promise-hub.js';
import { turns } from '../event/support.js';

describe('fromPromise', () => {
  it('has the promise’s outcome (E1)', async () => {
    const [value, error] = [fromPromise(Promise.resolve(1)), fromPromise(Promise.reject(new Error('e')))];
    await turns(1);
    expect([value.value, String(error.error)]).to.deep.equal([1, 'Error: e']);
  });

  it('takes any thenable', async () => {
    const completion = fromPromise({ then: (resolve: (value: number) => void) => resolve(3) } as PromiseLike<number>);
    expect(await completion).to.equal(3);
  });

  it('gives one promise one reaction, however many wait (E6)', () => {
    const promise = new Promise<number>(() => undefined);
    const then = sinon.spy(promise, 'then');
    const completions = Array.from({ length: 1000 }, () => fromPromise(promise));
    expect([then.callCount, hubOfPromise(promise).size]).to.deep.equal([1, 1000]);
    for (const each of completions) each.cancel();
    expect(hubOfPromise(promise).size).to.equal(0);
  });

  it('cancelled only lets go: the promise cannot be cancelled (E3)', async () => {
    const promise = turns(1).then(() => 5);
    const [cancelled, kept] = [fromPromise(promise), fromPromise(promise)];
    expect(cancelled.cancel()).to.equal('cancelled');
    expect(await kept).to.equal(5);
    expect(cancelled.state).to.equal('cancelled');
  });

  it('counts a rejection as handled, observed or not (C8)', async () => {
    const unhandled = sinon.spy();
    process.on('unhandledRejection', unhandled);
    try {
      fromPromise(Promise.reject(new Error('e'))).cancel();
      allOf([Promise.reject(new Error('e'))]);
      await turns();
      expect(unhandled.callCount).to.equal(0);
    } finally {
      process.off('unhandledRejection', unhandled);
    }
  });
});
