import type { Blueprint } from '../blueprint.js';
import { HeldBottom } from '../bottom.js';
import { contend, type Stack, type Work } from '../contend.js';
import type { Experiment, Setting } from '../experiment.js';
import { retainedBytes } from '../retained.js';
import { passTurns } from '../turns.js';

const LENGTH = 4096;

/** N10: simple I/O is to carry nothing for layers and compounds that are not there. */
export const plain: Experiment = {
  name: 'plain',
  title: 'Nothing to stack',
  question: 'What does each design charge for plain I/O, with no layer and no split, that is in flight with others?',
  unit: 'inflight',
  xLabel: 'Requests begun together on a bare device, then all answered',
  points: { quick: [1], full: [1, 64, 4096], thorough: [1, 16, 64, 512, 4096] },
  metrics: [],
  decides: ['time', 'retained', 'headers'],
  at: (inFlight, setting) =>
    contend<HeldBottom>(
      inFlight,
      setting,
      (): Blueprint => ({ kind: 'device', bottom: new HeldBottom() }),
      (stack) => batches(stack, setting, inFlight),
    ),
};

/** As many requests as are asked for, at most so many at once. */
function batches({ device, bottoms, pool }: Stack<HeldBottom>, { plan }: Setting, inFlight: number): Work {
  const range = pool.allocate(LENGTH).range();
  const [bottom] = bottoms as readonly [HeldBottom];
  const through = (): boolean => {
    bottom.answer();
    return device.started === device.ended;
  };
  const begin = (count: number): void => {
    for (let i = 0; i < count; i++) device.read(range, { position: 0 });
  };
  const rest = async (left: number): Promise<void> => {
    for (let missing = left; ; missing -= inFlight) {
      if (!(await passTurns(through))) throw new Error(`${device.strategy.name} has not ended what was answered`);
      if (missing <= 0) return;
      begin(Math.min(missing, inFlight));
    }
  };
  return {
    run(times) {
      for (let left = times; left > 0;) {
        const count = Math.min(left, inFlight);
        begin(count);
        left -= count;
        if (!through()) return rest(left);
      }
      return undefined;
    },
    async after() {
      return {
        retained: await retainedBytes(
          plan,
          () => device.read(range, { position: 0 }),
          () => passTurns(through),
        ),
      };
    },
  };
}
