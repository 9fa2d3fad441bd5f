import { expect } from 'chai';
import sinon from 'sinon';
import { firstOf } from '../../lib/event/first-of.js';
import { deadline } from '../../lib/adapters/deadline.js';
import { timeout } from '../../lib/adapters/timeout.js';
import { codeOf } from '../event/support.js';

describe('timeout', () => {
  let clock: sinon.SinonFakeTimers;
  beforeEach(() => (clock = sinon.useFakeTimers()));
  afterEach(() => clock.restore());

  it('completes after its time', () => {
    const timer = timeout(50);
    clock.tick(49);
    expect(timer.state).to.equal('pending');
    clock.tick(1);
    expect([timer.state, timer.size, clock.countTimers()]).to.deep.equal(['done', 0, 0]);
  });

  it('is stopped when cancelled, or when completed by hand (E6)', () => {
    const [cancelled, completed] = [timeout(50), timeout(50)];
    cancelled.cancel();
    completed.complete();
    expect([cancelled.state, completed.state, clock.countTimers()]).to.deep.equal(['cancelled', 'done', 0]);
    clock.tick(50);
    expect(cancelled.state).to.equal('cancelled');
  });

  it('is cut short by its signal, with the signal’s reason, and then sets no timer (C8 E6)', async () => {
    const [before, after] = [AbortSignal.abort('before'), new AbortController()];
    const timers = [timeout(50, { signal: before }), deadline(50, { signal: after.signal })];
    expect([timers.map(({ state }) => state), clock.countTimers()]).to.deep.equal([['cancelled', 'pending'], 1]);
    after.abort('after');
    expect([timers.map(({ error }) => error), clock.countTimers()]).to.deep.equal([['before', 'after'], 0]);
    expect(await timeout(1, { signal: before }).promise().then(null, String)).to.equal('before');
  });

  it('is owned and stopped by a race that it loses (E3 E6)', () => {
    const race = firstOf([timeout(10), timeout(50)]);
    clock.tick(10);
    expect([race.state, clock.countTimers()]).to.deep.equal(['done', 0]);
  });

  it('takes 0 and the longest that a timer keeps, and refuses others', () => {
    for (const ms of [0, 2 ** 31 - 1]) timeout(ms).cancel();
    for (const ms of [-1, NaN, 2 ** 31, Infinity]) expect(codeOf(() => timeout(ms))).to.equal('ERR_DELAY');
    expect(clock.countTimers()).to.equal(0);
  });

  it('holds the process open, unless told not to', () => {
    clock.restore();
    const set = sinon.spy(globalThis, 'setTimeout');
    const timers = [timeout(1000), timeout(1000, { unref: true })];
    set.restore();
    expect(set.returnValues.map((timer) => timer.hasRef())).to.deep.equal([true, false]);
    for (const timer of timers) timer.cancel();
  });
});
