import { expect } from 'chai';
import { ManualClock } from '../../lib/adapters/clock.js';
import { deadline } from '../../lib/adapters/deadline.js';
import { codeOf } from '../event/support.js';

describe('deadline', () => {
  it('completes at its time, years ahead, and at once when that is past', () => {
    const clock = new ManualClock(Date.UTC(2026, 0));
    const year = deadline(new Date(Date.UTC(2027, 0)), { clock });
    const past = deadline(0, { clock });
    clock.advance(0);
    expect([past.state, year.state]).to.deep.equal(['done', 'pending']);
    clock.advance(364 * 86_400_000);
    expect([year.state, clock.pending]).to.deep.equal(['pending', 1]);
    clock.advance(86_400_000);
    expect([year.state, clock.pending, year.at]).to.deep.equal(['done', 0, Date.UTC(2027, 0)]);
  });

  it('leaves no timer when it is cancelled, in whichever step', () => {
    const clock = new ManualClock();
    const far = deadline(1e12, { clock, unref: true });
    clock.advance(0x7fffffff * 2);
    far.ref().unref().cancel();
    expect(clock.pending).to.equal(0);
  });

  it('refuses what is no point in time', () => {
    expect([codeOf(() => deadline(NaN)), codeOf(() => deadline(new Date('x')))]).to.deep.equal(['ERR_DELAY', 'ERR_DELAY']); // prettier-ignore
  });
});
