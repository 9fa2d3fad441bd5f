import { guard } from '../compound/guard.js';
import { map } from '../compound/map.js';
import type { Completion } from '../event/completion.js';
import type { ValueOf, Waitable } from '../event/waitable.js';
import { checkDelay } from '../wait/errors.js';
import { systemClock } from './clock.js';
import { sequence } from '../compound/sequence.js';
import { Timer, type TimerOptions } from './timeout.js';

/**
 * A maker of waits, for `forEach` and its like, whose waits bring their values at least `ms` milliseconds apart: what
 * comes sooner is not looked for before. The first is not delayed.
 * @throws ArgumentRangeError `ERR_DELAY`
 */
export function throttle<const W extends Waitable<unknown>>(
  next: () => W,
  ms: number,
  options?: TimerOptions,
): () => Completion<ValueOf<W>> {
  checkDelay('ms', ms);
  const clock = options?.clock ?? systemClock;
  let earliest = -Infinity;
  return () =>
    guard(() => {
      const wait = (): Completion<ValueOf<W>> =>
        map(next(), (value) => {
          earliest = clock.now() + ms;
          return value;
        });
      const now = clock.now();
      if (now >= earliest) return wait();
      // No longer than `ms`, also when the clock was set back.
      const due = Math.min(earliest, now + ms);
      return map(sequence([() => new Timer(due, options), wait]), (values) => values[1]);
    });
}
