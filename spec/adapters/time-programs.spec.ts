import { expect } from 'chai';
import { ManualClock } from '../../lib/adapters/clock.js';
import { debounce } from '../../lib/adapters/debounce.js';
import { interval } from '../../lib/adapters/interval.js';
import { throttle } from '../../lib/adapters/throttle.js';
import { forEach } from '../../lib/compound/for-each.js';
import type { Completion } from '../../lib/event/completion.js';
import { Channel } from '../../lib/sync/channel.js';
import { programs, Random, runPrograms, seed } from '../conformance/random.js';

/** Values and when they come: at most one in a millisecond, so that none is due with another. */
function arrivals(random: Random): number[] {
  const times: number[] = [];
  for (let at = 0; times.length < 20; times.push(at)) at += 1 + random.below(random.below(3) === 0 ? 30 : 6);
  return times;
}

/** What waits made by `make` bring of values that come at those times, each with the time. */
function brought(
  times: readonly number[],
  make: (next: () => Completion<number>, clock: ManualClock) => () => Completion<number>,
): [value: number, at: number][] {
  const clock = new ManualClock();
  const channel = new Channel<number>(Infinity);
  const seen: [number, number][] = [];
  const next = make(() => channel.receiving(), clock);
  const loop = forEach(next, (value) => void seen.push([value, clock.now()]));
  for (const [value, at] of times.entries()) {
    clock.advance(at - clock.now());
    channel.trySend(value);
  }
  clock.advance(2000);
  loop.cancel();
  expect([clock.pending, channel.length]).to.deep.equal([0, 0]);
  return seen;
}

describe('waits by the clock', () => {
  const count = Math.ceil(programs / 8);

  it(`debounce as the plain reading of its rule, in random programs (WAKECHAIN_SEED=${seed})`, () =>
    runPrograms(count, (random) => {
      const [times, ms] = [arrivals(random), 1 + random.below(12)];
      const expected: [number, number][] = [];
      for (const [value, at] of times.entries()) {
        // One that comes as the time is over comes after.
        if ((times[value + 1] ?? Infinity) >= at + ms) expected.push([value, at + ms]);
      }
      expect(brought(times, (next, clock) => debounce(next, ms, { clock }))).to.deep.equal(expected);
    }));

  it(`throttle as the plain reading of its rule, in random programs (WAKECHAIN_SEED=${seed})`, () =>
    runPrograms(count, (random) => {
      const [times, ms] = [arrivals(random), random.below(12)];
      const expected: [number, number][] = [];
      let earliest = 0;
      for (const [value, came] of times.entries()) {
        const at = Math.max(came, earliest);
        expected.push([value, at]);
        earliest = at + ms;
      }
      expect(brought(times, (next, clock) => throttle(next, ms, { clock }))).to.deep.equal(expected);
    }));

  it(`interval as the plain reading of its rule, in random programs (WAKECHAIN_SEED=${seed})`, () =>
    runPrograms(count, (random) => {
      const clock = new ManualClock(random.below(100));
      const [ms, start] = [1 + random.below(20) + random.below(4) / 4, clock.now()];
      const ticks = interval(ms, { clock });
      let read = 0;
      for (let steps = 0; steps < 20; steps++) {
        clock.advance(random.below(3) === 0 ? random.below(100) : random.below(10));
        const due = Math.floor((clock.now() - start) / ms);
        expect(ticks.count).to.equal(due - read);
        if (random.below(2) === 0) read += ticks.tryRead();
        else if (random.below(2) === 0) {
          const reading = ticks.reading();
          reading.notify(() => (read += reading.state === 'done' ? reading.value : 0));
          reading.cancel();
        }
        expect(clock.pending).to.equal(1);
      }
      ticks[Symbol.dispose]();
      expect([clock.pending, ticks.count]).to.deep.equal([0, Math.floor((clock.now() - start) / ms) - read]);
    }));
});
