import { expect } from 'chai';
import { ManualClock, systemClock } from '../../lib/adapters/clock.js';
import { codeOf } from '../event/support.js';
import { timeout } from '../../lib/adapters/timeout.js';

describe('ManualClock', () => {
  it('runs what comes due, in order, each at its time; also what that sets', () => {
    const clock = new ManualClock(100);
    const trace: [string, number][] = [];
    const note = (name: string) => (): void => void trace.push([name, clock.now()]);
    clock.set(note('b'), 20);
    clock.set(note('c'), 20);
    const gone = clock.set(note('never'), 5);
    clock.set(() => {
      note('a')();
      clock.set(note('d'), 15);
    }, 10);
    gone.clear();
    gone.clear();
    for (const change of ['ref', 'unref'] as const) gone[change]();
    clock.advance(25);
    expect([trace, clock.now(), clock.pending]).to.deep.equal([[['a', 110], ['b', 120], ['c', 120], ['d', 125]], 125, 0]); // prettier-ignore
  });

  it('is not moved back when what runs moves it further', () => {
    const clock = new ManualClock();
    clock.set(() => { clock.advance(100); }, 5); // prettier-ignore
    clock.advance(10);
    expect(clock.now()).to.equal(105);
  });

  it('refuses what is no time, and stands where it stood', () => {
    const clock = new ManualClock(5);
    for (const ms of [NaN, -1, Infinity]) {
      expect(codeOf(() => clock.advance(ms))).to.equal('ERR_DELAY');
      expect(codeOf(() => clock.set(() => undefined, ms))).to.equal('ERR_DELAY');
    }
    expect(codeOf(() => new ManualClock(NaN))).to.equal('ERR_DELAY');
    expect([clock.now(), clock.pending]).to.deep.equal([5, 0]);
  });
});

describe('systemClock', () => {
  it('is the host’s', async () => {
    const before = Date.now();
    await timeout(1, { clock: systemClock });
    expect(systemClock.now()).to.be.at.least(before);
  });
});
