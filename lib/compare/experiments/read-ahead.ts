import { PAGE_SIZE, type IoRequest } from '../../io/index.js';
import type { Blueprint } from '../blueprint.js';
import { HeldBottom } from '../bottom.js';
import { contend, type Stack, type Work } from '../contend.js';
import type { Experiment, Metric } from '../experiment.js';
import { passTurns } from '../turns.js';

const points = { quick: [16], full: [4, 16, 64], thorough: [4, 16, 64, 256] };

const metrics: readonly Metric[] = [
  {
    name: 'waited',
    unit: '',
    better: 'less',
    kind: 'exact',
    meaning: 'pages that the device has transferred when the waiter of a page wakes, on the average over pages',
  },
];

/** Q4 and N12: a request for each page, each with its waiter, and a transfer for each. */
export const readAhead: Experiment = {
  name: 'read-ahead',
  title: 'Read-ahead, a transfer for each page',
  question:
    'When many pages are read ahead by a chain of requests, when does the waiter of each page wake, and at what cost?',
  unit: 'pages',
  xLabel: 'Pages that are read ahead, each by a request of its own that waits in the queue of the device',
  points,
  metrics,
  decides: ['waited', 'operations', 'time'],
  at: (pages, setting) => contend(pages, setting, () => queued(0), (stack: Stack<HeldBottom>) => reading(stack, pages)), // prettier-ignore
};

/** Q4 and N12: the same requests, which the queue makes one transfer of. */
export const readAheadMerged: Experiment = {
  name: 'read-ahead-merged',
  title: 'Read-ahead, one transfer for all pages',
  question: 'When the requests of a read-ahead are merged, when does the waiter of each page wake, and at what cost?',
  unit: 'pages',
  xLabel: 'Pages that are read ahead, whose requests wait in the queue of the device and are merged',
  points,
  metrics,
  decides: ['waited', 'operations', 'time'],
  at: (pages, setting) =>
    contend(pages, setting, () => queued(pages * PAGE_SIZE), (stack: Stack<HeldBottom>) => reading(stack, pages)), // prettier-ignore
};

function queued(mergeBytes: number): Blueprint {
  return {
    kind: 'queue',
    depth: 1,
    mergeBytes,
    over: { kind: 'device', bottom: new HeldBottom({ blockSize: PAGE_SIZE }) },
  };
}

/** The device is busy with another page while the requests come; then it transfers what it is asked for, page by page. */
function reading({ device, bottoms, pool, rival }: Stack<HeldBottom>, count: number): Work {
  const [bottom] = bottoms as readonly [HeldBottom];
  const pages = pool.allocate((count + 1) * PAGE_SIZE);
  const read = (i: number): IoRequest =>
    device.read(pages.range(i * PAGE_SIZE, PAGE_SIZE), { position: i * PAGE_SIZE });
  const through = (): boolean => device.started === device.ended;
  const busy = (): boolean => bottom.held.length > 0;

  /** Answers until all have ended; at once where the design is, in turns where it is not. */
  const answer = (): void | Promise<void> => {
    while (busy()) bottom.answer(1);
    if (!through()) return inTurns();
  };
  const inTurns = async (): Promise<void> => {
    while (!through()) {
      if (!(await passTurns(() => busy() || through()))) throw new Error(`${rival.name} has left requests behind`);
      while (busy()) bottom.answer(1);
    }
  };
  const once = (): void | Promise<void> => {
    // Not a neighbour of the others.
    read(count);
    for (let i = 0; i < count; i++) read(i);
    return answer();
  };
  const rest = async (left: number, first: Promise<void>): Promise<void> => {
    await first;
    for (let i = 0; i < left; i++) await once();
  };

  return {
    run(times) {
      for (let i = 0; i < times; i++) {
        const pending = once();
        if (pending !== undefined) return rest(times - i - 1, pending);
      }
      return undefined;
    },
    /** Once more, slowly: whoever a page has come for is awake before the next one comes. */
    async after() {
      if (!bottom.holds || rival.name === 'edge') return {};
      read(count);
      await passTurns(busy);
      let transferred = -1;
      let waited = 0;
      const requests = Array.from({ length: count }, (_, i) => read(i));
      for (const request of requests) request.notify(() => (waited += transferred));
      await passTurns(() => false);
      while (!through()) {
        for (const transfer of bottom.held) transferred += transfer.length / PAGE_SIZE;
        bottom.answer(1);
        await passTurns(() => false);
      }
      return { waited: waited / count };
    },
  };
}
