import { expect } from 'chai';
import sinon from 'sinon';
import { Completion } from '../../lib/event/completion.js';
import { limit } from '../../lib/event/within.js';
import { AbortError, TimeoutError } from '../../lib/wait/errors.js';
import { codeOf, ownerOf } from './support.js';

describe('within', () => {
  let clock: sinon.SinonFakeTimers;
  beforeEach(() => (clock = sinon.useFakeTimers()));
  afterEach(() => clock.restore());

  it('has the outcome when that comes in time, and stops its timer', () => {
    const completion = new Completion<number>();
    const limited = completion.within(50);
    completion.complete(1);
    expect([limited.value, clock.countTimers(), completion.size]).to.deep.equal([1, 0, 0]);
  });

  it('fails with a TimeoutError and cancels what it waited for (E8)', () => {
    const completion = new Completion<number>();
    const limited = completion.within(50);
    clock.tick(50);
    expect(limited.state).to.equal('failed');
    expect(limited.error).to.be.instanceOf(TimeoutError);
    expect(limited.error).to.include({ code: 'ERR_TIMEOUT', timeoutMs: 50 });
    expect(completion.state).to.equal('cancelled');
    expect((completion.error as AbortError).cause).to.equal(limited.error);
    expect([clock.countTimers(), completion.size]).to.deep.equal([0, 0]);
  });

  it('leaves what has another owner alone', () => {
    const completion = new Completion<number>();
    const owner = new Completion<number>();
    completion.forward(owner);
    const limited = completion.within(50);
    clock.tick(50);
    expect([limited.state, completion.state, owner.state]).to.deep.equal(['failed', 'pending', 'pending']);
  });

  it('frees what could not be cancelled for another owner', () => {
    const completion = new Completion<number>();
    completion.onCancel(() => false);
    completion.within(50);
    clock.tick(50);
    const again = completion.within(50);
    completion.complete(2);
    expect(again.value).to.equal(2);
  });

  it('settles at once with what has settled, and starts no timer', () => {
    const completion = new Completion<number>();
    completion.complete(1);
    expect([completion.within(50).value, clock.countTimers()]).to.deep.equal([1, 0]);
  });

  it('gives the result that is delivered in the same tick before the timer (E8)', () => {
    const completion = new Completion<number>();
    setTimeout(() => completion.complete(1), 50);
    const limited = completion.within(50);
    clock.tick(50);
    expect([limited.state, limited.value, clock.countTimers(), completion.size]).to.deep.equal(['done', 1, 0, 0]);
  });

  it('gives the timeout that is delivered in the same tick before the result (E8)', () => {
    const completion = new Completion<number>();
    const limited = completion.within(50);
    const answers: boolean[] = [];
    setTimeout(() => answers.push(completion.complete(1)), 50);
    clock.tick(50);
    expect([limited.state, completion.state, answers]).to.deep.equal(['failed', 'cancelled', [false]]);
    expect([clock.countTimers(), completion.size]).to.deep.equal([0, 0]);
  });

  it('refuses a time that no timer keeps', () => {
    const completion = new Completion<number>();
    for (const ms of [-1, NaN, 2 ** 31, Infinity]) expect(codeOf(() => completion.within(ms))).to.equal('ERR_DELAY');
    expect([completion.size, clock.countTimers()]).to.deep.equal([0, 0]);
  });
});

describe('within, unref', () => {
  it('does not hold the process open', () => {
    const set = sinon.spy(globalThis, 'setTimeout');
    try {
      const completion = new Completion();
      const limited = [completion.within(1000, { unref: true }), completion.within(1000)];
      const held = set.returnValues.map((timer) => timer.hasRef());
      expect(held).to.deep.equal([false, true]);
      for (const each of limited) each.cancel();
    } finally {
      set.restore();
    }
  });
});

describe('limit', () => {
  it('is what within does, to a completion that is given', () => {
    const [source, limited] = [new Completion<number>(), new Completion<number>()];
    limit(source, limited, 1000, undefined);
    expect(ownerOf(source)).to.equal(limited);
    source.complete(1);
    expect([limited.value, limited.size]).to.deep.equal([1, 0]);
  });
});
