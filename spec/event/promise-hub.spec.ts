import { expect } from 'chai';
import { allOf } from '../../lib/event/all-of.js';
import { hubOfPromise } from '../../lib/event/promise-hub.js';
import { ownerOf } from './support.js';

describe('hubOfPromise', () => {
  it('is one per promise, and no owner can be asked to cancel it (E3)', () => {
    const promise = Promise.resolve(1);
    expect(hubOfPromise(promise)).to.equal(hubOfPromise(promise));
    const all = allOf([promise]);
    expect([all.children[0]?.owned, ownerOf(hubOfPromise(promise))]).to.deep.equal([false, null]);
    all.cancel();
    expect(hubOfPromise(promise).state).to.equal('pending');
  });
});
