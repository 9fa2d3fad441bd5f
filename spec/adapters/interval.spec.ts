import { expect } from 'chai';
import { ManualClock } from '../../lib/adapters/clock.js';
import { interval } from '../../lib/adapters/interval.js';
import { anyOf } from '../../lib/event/any-of.js';
import { codeOf, turns } from '../event/support.js';

describe('interval', () => {
  it('counts how often it has expired since it was read, and does not drift', () => {
    const clock = new ManualClock();
    using ticks = interval(10, { clock });
    clock.advance(35);
    expect([ticks.count, ticks.tryRead(), ticks.tryRead()]).to.deep.equal([3, 3, 0]);
    clock.advance(4);
    expect(ticks.count).to.equal(0);
    clock.advance(1);
    expect(ticks.count).to.equal(1);
  });

  it('makes up for a host that was late', () => {
    let [time, fire] = [0, (): void => undefined];
    const clock = {
      now: () => time,
      set: (run: () => void) => (
        (fire = run),
        { clear: () => undefined, ref: () => undefined, unref: () => undefined }
      ),
    };
    using ticks = interval(10, { clock, unref: true });
    time = 57;
    fire();
    expect(ticks.ref().unref().count).to.equal(5);
  });

  it('is a branch of a choice, which takes from it only when it wins (E9)', () => {
    const clock = new ManualClock();
    using ticks = interval(10, { clock });
    clock.advance(10);
    const chosen = anyOf({ first: Promise.resolve(0), ticks: ticks.reading() });
    expect([chosen.value, ticks.count]).to.deep.equal([{ name: 'ticks', value: 1 }, 0]);
  });

  it('can be iterated; leaving the loop stops it', async () => {
    const clock = new ManualClock();
    const seen: number[] = [];
    const loop = (async (): Promise<void> => {
      for await (const count of interval(10, { clock })) if (seen.push(count) === 2) return;
    })();
    await turns(1);
    clock.advance(20);
    await loop;
    expect([seen, clock.pending]).to.deep.equal([[1, 1], 0]);
  });

  it('ends its loops when it is stopped, after what has expired', async () => {
    const clock = new ManualClock();
    const ticks = interval(10, { clock });
    const [idle, busy] = [ticks[Symbol.asyncIterator](), ticks[Symbol.asyncIterator]()];
    const first = busy.next();
    clock.advance(10);
    await first;
    clock.advance(20);
    ticks[Symbol.dispose]();
    expect([(await busy.next()).value, (await busy.next()).done, (await idle.next()).done]).to.deep.equal([2, true, true]); // prettier-ignore
    const waiting = new ManualClock();
    const stopped = interval(10, { clock: waiting });
    const next = stopped[Symbol.asyncIterator]().next();
    await turns(1);
    stopped[Symbol.dispose]();
    expect([(await next).done, waiting.pending]).to.deep.equal([true, 0]);
  });

  it('refuses what no host timer keeps', () => {
    expect(codeOf(() => interval(0))).to.equal('ERR_DELAY');
  });

  it('goes on when the clock is set back', () => {
    let [time, fire] = [1e12, (): void => undefined];
    const delays: number[] = [];
    const clock = {
      now: () => time,
      set: (run: () => void, ms: number) => {
        fire = run;
        delays.push(ms);
        return { clear: () => undefined, ref: () => undefined, unref: () => undefined };
      },
    };
    using ticks = interval(1000, { clock });
    time -= 40 * 86_400_000;
    fire();
    fire();
    expect([delays, ticks.count]).to.deep.equal([[1000, 1000, 1000], 2]);
  });
});
