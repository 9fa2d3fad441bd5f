import type { IoRequest } from '../../io/index.js';
import type { Blueprint } from '../blueprint.js';
import { HeldBottom } from '../bottom.js';
import { contend, type Stack, type Work } from '../contend.js';
import type { Experiment } from '../experiment.js';
import { letOut, passTurns } from '../turns.js';

const LENGTH = 4096;

/** Mirror, first answer wins: the losers that still wait are pulled (N14), and no loser writes into the winner's memory (E6). */
export const fastest: Experiment = {
  name: 'fastest',
  title: 'A mirror whose first answer wins',
  question:
    'When one of several mirrors answers first, what does it cost to call the others off, and who waits for them?',
  unit: 'members',
  xLabel: 'Members of a mirror, all but one of which are busy with something else',
  points: { quick: [4], full: [2, 8], thorough: [2, 8, 32] },
  metrics: [
    {
      name: 'waited',
      unit: '',
      better: 'less',
      kind: 'exact',
      meaning: 'requests that settled only after the slow members had answered',
    },
    {
      name: 'wasted',
      unit: '',
      better: 'less',
      kind: 'exact',
      meaning: 'transfers that were begun after the first answer',
    },
  ],
  decides: ['waited', 'wasted', 'time'],
  at: (members, setting) => contend(members, setting, () => mirrorOf(members), race),
};

function mirrorOf(members: number): Blueprint {
  return {
    kind: 'mirror',
    over: Array.from({ length: members }, (): Blueprint => {
      const bottom = new HeldBottom({ size: LENGTH, blockSize: LENGTH });
      return { kind: 'queue', depth: 1, over: { kind: 'device', bottom } };
    }),
  };
}

/** One read occupies all members, and the first member answers it; the next read runs there and waits at the others. */
function race({ device, bottoms, pool }: Stack<HeldBottom>): Work {
  const pages = pool.allocate(2 * LENGTH);
  const [first] = bottoms as readonly [HeldBottom];
  let request: IoRequest | null = null;
  let expected = 0;
  const operations = (): number => bottoms.reduce((sum, bottom) => sum + bottom.operations, 0);
  const has = (bottom: HeldBottom): boolean => bottom.held.length > 0;
  return {
    async prepare() {
      // Of the second read, only the first member's part is to run.
      expected = operations() + bottoms.length + 1;
      device.read(pages.range(0, LENGTH), { position: 0 });
      await passTurns(() => bottoms.every(has));
      request = device.read(pages.range(LENGTH, LENGTH), { position: 0 });
      await passTurns(() => false);
      first.answer(1);
      await passTurns(() => has(first));
    },
    run() {
      first.answer(1);
      return request?.settled === false ? passTurns(() => request?.settled === true).then(() => undefined) : undefined;
    },
    async extra() {
      const waited = request?.settled === false;
      await letOut(device, bottoms);
      return { waited: Number(waited), wasted: operations() - expected };
    },
  };
}
