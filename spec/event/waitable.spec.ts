import { expect } from 'chai';
import { allOf } from '../../lib/event/all-of.js';
import { Completion } from '../../lib/event/completion.js';
import { hubOfPromise } from '../../lib/event/promise-hub.js';
import { hubOfSignal } from '../../lib/event/signal-hub.js';
import { sourceOf, watch, Watch } from '../../lib/event/waitable.js';
import { WaitQueue } from '../../lib/wait/queue.js';
import { codeOf, ownerOf, thrownBy } from './support.js';

describe('watch', () => {
  it('makes of each kind a child that is let go, not cancelled (E3)', () => {
    const completion = new Completion<number>();
    const compound = allOf([new Completion<number>()]);
    const all = allOf([watch(completion), watch(compound), watch(new WaitQueue()), watch(Promise.resolve(1))]);
    expect(all.children.map(({ owned }) => owned)).to.deep.equal([false, false, false, false]);
    all.cancel();
    expect([completion.state, compound.state, ownerOf(completion)]).to.deep.equal(['pending', 'pending', null]);
  });

  it('of what is watched is that', () => {
    const watched = watch(new Completion());
    expect(watch(watched)).to.equal(watched);
  });

  it('lets many watch one that has an owner (E3)', () => {
    const completion = new Completion<number>();
    allOf([completion]);
    const watching = [1, 2, 3].map(() => allOf([watch(completion)]));
    completion.complete(4);
    expect(watching.map(({ value }) => value)).to.deep.equal([[4], [4], [4]]);
  });
});

describe('sourceOf', () => {
  it('is the queue to stand on; promises and signals are watched (E1 E3)', () => {
    const [completion, queue] = [new Completion(), new WaitQueue()];
    expect([sourceOf(completion), sourceOf(queue)]).to.deep.equal([completion, queue]);
    const promise = Promise.resolve();
    const { signal } = new AbortController();
    expect((sourceOf(promise) as Watch<unknown>).source).to.equal(hubOfPromise(promise));
    expect((sourceOf(signal) as Watch<unknown>).source).to.equal(hubOfSignal(signal));
  });

  it('refuses all else and says what came', () => {
    for (const [what, said] of [
      [null, 'null'],
      [undefined, 'undefined'],
      [5, '5'],
      ['text', 'text'],
      [{}, '[object Object]'],
      [Object.create(null), '[object Object]'],
      [new Date(0), '[object Date]'],
      [{ then: 1 }, '[object Object]'],
    ] as const) {
      expect(codeOf(() => sourceOf(what as never))).to.equal('ERR_WAITABLE');
      expect((thrownBy(() => sourceOf(what as never)) as Error).message).to.contain(said);
    }
  });
});
