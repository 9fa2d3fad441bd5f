import { expect } from 'chai';
import sinon from 'sinon';
import { firstOf } from '../../lib/event/first-of.js';
import { fromSignal } from '../../lib/adapters/from-signal.js';
import { hubOfSignal } from '../../lib/event/signal-hub.js';

describe('fromSignal', () => {
  it('completes with the reason, as an event that came (E1)', () => {
    const controller = new AbortController();
    const completion = fromSignal(controller.signal);
    expect(completion.state).to.equal('pending');
    controller.abort('reason');
    expect([completion.state, completion.value]).to.deep.equal(['done', 'reason']);
  });

  it('of a signal that has aborted is done at once (E1)', () => {
    expect(fromSignal(AbortSignal.abort('before')).value).to.equal('before');
    const controller = new AbortController();
    fromSignal(controller.signal).cancel();
    controller.abort('while nobody waited');
    expect(fromSignal(controller.signal).value).to.equal('while nobody waited');
    expect(firstOf([controller.signal]).value).to.equal('while nobody waited');
  });

  it('listens once for all that wait, and only while somebody waits (E6)', () => {
    const { signal } = new AbortController();
    const [add, remove] = [sinon.spy(signal, 'addEventListener'), sinon.spy(signal, 'removeEventListener')];
    const counts = (): number[] => [add.callCount, remove.callCount];
    const completions = Array.from({ length: 1000 }, () => fromSignal(signal));
    expect(counts()).to.deep.equal([1, 0]);
    for (const each of completions.slice(1)) each.cancel();
    expect(counts()).to.deep.equal([1, 0]);
    completions[0]?.cancel();
    expect(counts()).to.deep.equal([1, 1]);
    firstOf([signal]).cancel();
    expect(counts()).to.deep.equal([2, 2]);
  });

  it('wakes those that wait in order, each once', () => {
    const controller = new AbortController();
    const trace: number[] = [];
    for (const index of [1, 2, 3]) fromSignal(controller.signal).notify(() => trace.push(index));
    controller.abort();
    expect([trace, hubOfSignal(controller.signal).size]).to.deep.equal([[1, 2, 3], 0]);
  });

  it('wins a race as a value and does not cancel it (E1)', () => {
    const controller = new AbortController();
    const other = fromSignal(new AbortController().signal);
    const race = firstOf([fromSignal(controller.signal), other]);
    controller.abort('stop');
    expect([race.value, other.state]).to.deep.equal(['stop', 'cancelled']);
  });
});
