import { expect } from 'chai';
import sinon from 'sinon';
import { Completion } from '../../lib/event/completion.js';
import type { CompoundEvent } from '../../lib/event/compound.js';
import { sequence } from '../../lib/compound/sequence.js';
import { AbortError } from '../../lib/wait/errors.js';
import { turns } from '../event/support.js';
import { Mutex } from '../../lib/sync/mutex.js';
import { allOf } from '../../lib/event/all-of.js';
import { anyOf } from '../../lib/event/any-of.js';

describe('sequence', () => {
  const pair = (): [Completion<number>, Completion<string>] => [new Completion<number>(), new Completion<string>()];

  it('starts each step when the one before is done, and has all values in order (E1)', () => {
    const [a, b] = pair();
    const second = sinon.spy(() => b);
    const steps = sequence([() => a, second]);
    expect(second.callCount).to.equal(0);
    a.complete(1);
    expect([second.callCount, steps.state]).to.deep.equal([1, 'pending']);
    b.complete('two');
    expect(steps.value).to.deep.equal([1, 'two']);
  });

  it('of none completes at once with [] (Decisions)', () => {
    expect(sequence([]).value).to.deep.equal([]);
  });

  it('runs 100,000 steps that are done at once without recursion (C6 W7)', () => {
    const step = (): Completion<number> => {
      const completion = new Completion<number>();
      completion.complete(1);
      return completion;
    };
    const values = sequence(Array.from({ length: 100_000 }, () => step)).value;
    expect(values.length).to.equal(100_000);
  });

  it('fails with a step that fails or is cancelled, and starts no other (E1 E5)', () => {
    for (const settle of ['fail', 'cancel'] as const) {
      const [a] = pair();
      const next = sinon.spy();
      const steps = sequence([() => a, next]);
      a[settle]('e');
      expect([steps.state, next.callCount]).to.deep.equal(['failed', 0]);
      expect(steps.error).to.equal(a.error);
    }
  });

  it('fails with what a step throws, or a step that is nothing to wait for', () => {
    const [a] = pair();
    const thrown = sequence([
      () => a,
      (): Completion => {
        throw new Error('a step');
      },
    ]);
    a.complete(1);
    expect(String(thrown.error)).to.equal('Error: a step');
    expect(sequence([() => 5 as never]).error).to.include({ code: 'ERR_WAITABLE' });
  });

  it('waits for promises and whatever else can be waited for (E1)', async () => {
    const steps = sequence([() => Promise.resolve(1), () => AbortSignal.abort('r'), () => sequence([() => pair2()])]);
    expect(await steps).to.deep.equal([1, 'r', [2]]);
    function pair2(): Completion<number> {
      const completion = new Completion<number>();
      setTimeout(() => completion.complete(2), 1);
      return completion;
    }
  });

  describe('cancel', () => {
    it('cancels the step that runs, and starts no other (E3)', () => {
      const [a] = pair();
      const next = sinon.spy();
      const steps = sequence([() => a, next]);
      expect([steps.cancel('r'), a.state, steps.state, next.callCount]).to.deep.equal([
        ...['cancelled', 'cancelled', 'cancelled', 0],
      ]);
      expect((steps.error as AbortError).cause).to.equal('r');
    });

    it('waits for a step that is left running, and is cancelled short of the last (E7)', () => {
      const [a] = pair();
      a.onCancel(() => false);
      const next = sinon.spy();
      const steps = sequence([() => a, next]);
      expect(steps.cancel()).to.equal('requested');
      a.complete(1);
      expect([steps.state, next.callCount]).to.deep.equal(['cancelled', 0]);
    });

    it('yields to the result when the last step is done all the same (Decisions)', () => {
      const [a] = pair();
      a.onCancel(() => false);
      const steps = sequence([() => a]);
      steps.cancel();
      a.complete(1);
      expect(steps.value).to.deep.equal([1]);
    });

    it('lets a promise go and settles at once (E3)', async () => {
      const next = sinon.spy();
      const steps = sequence([() => Promise.resolve(1), next]);
      expect([steps.cancel(), steps.state]).to.deep.equal(['cancelled', 'cancelled']);
      await turns(1);
      expect(next.callCount).to.equal(0);
    });

    it('from inside a step cancels the step that is just started (E2)', () => {
      const [a, b] = pair();
      const later = sinon.spy();
      const steps: CompoundEvent<unknown[]> = sequence([
        () => a,
        () => {
          steps.cancel('r');
          return b;
        },
        later,
      ]);
      a.complete(1);
      expect([b.state, steps.state, later.callCount]).to.deep.equal(['cancelled', 'cancelled', 0]);
    });

    it('by a signal that has aborted starts nothing (C8)', () => {
      const first = sinon.spy();
      const reason = new Error('the signal’s');
      const steps = sequence([first], { signal: AbortSignal.abort(reason) });
      expect([steps.state, steps.error, first.callCount]).to.deep.equal(['cancelled', reason, 0]);
    });
  });

  it('starts no other step once a step has settled it by hand (C1)', () => {
    const first = new Completion();
    const third = sinon.spy(() => new Completion());
    const done = new Completion();
    done.complete();
    const steps: CompoundEvent<unknown> = sequence([() => first, () => (steps.fail('by hand'), done), third]);
    first.complete();
    expect([steps.error, third.callCount]).to.deep.equal(['by hand', 0]);
  });

  it('gives back what a later step has taken, however deep it is (E9)', () => {
    const mutex = new Mutex();
    const [first, fails] = pair();
    const all = allOf([anyOf([sequence([() => first, () => mutex.acquiring()])]), fails]);
    first.complete(1);
    expect(mutex.locked).to.equal(true);
    fails.fail('no use');
    expect([all.error, mutex.locked]).to.deep.equal(['no use', false]);
  });
});
