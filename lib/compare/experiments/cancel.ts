import type { IoRequest } from '../../io/index.js';
import type { Blueprint } from '../blueprint.js';
import { HeldBottom } from '../bottom.js';
import { buildStack, contend, type Stack, type Work } from '../contend.js';
import type { Experiment, Metric, Row, Setting } from '../experiment.js';
import type { Rival } from '../rival.js';
import { edge } from '../rivals/edge.js';
import { letOut, passTurns } from '../turns.js';

const PIECES = 16;
const BLOCK = 4096;
/** Others in the queue while the progress is what differs. */
const OTHERS = 100;

const metrics: readonly Metric[] = [
  {
    name: 'wasted',
    unit: '',
    better: 'less',
    kind: 'exact',
    meaning: 'transfers of the request that were begun after it was cancelled',
  },
];

/** Q3: what finding a cancelled request's pieces costs among many that wait. */
export const cancel: Experiment = {
  name: 'cancel',
  title: 'Cancelling one split request among many queued',
  question: 'What does it cost to cancel one request of 16 queued pieces, and how much is done in vain?',
  unit: 'queued',
  xLabel: 'Other requests in the queue',
  points: {
    quick: [1000],
    full: [0, 10, 100, 1000, 10_000],
    thorough: [0, 10, 100, 1000, 10_000, 100_000],
  },
  metrics,
  decides: ['wasted', 'visited', 'time'],
  at: amongOthers,
};

/** Q3: the same when part of the request has been done. */
export const cancelProgress: Experiment = {
  name: 'cancel-progress',
  title: 'Cancelling a split request that is under way',
  question:
    'What does it cost to cancel one request of 16 pieces after part of them has been done, and what is wasted?',
  unit: 'percent',
  xLabel: 'Pieces done before the cancel, in per cent, with 100 other requests queued behind',
  points: { quick: [50], full: [0, 25, 50, 75, 100], thorough: [0, 25, 50, 75, 100] },
  metrics,
  decides: ['wasted', 'visited', 'time'],
  at: (percent, setting) => cancelling(percent, setting, (stack) => underWay(stack, percent / 100)),
};

async function cancelling(x: number, setting: Setting, work: (stack: Stack<HeldBottom>) => Work): Promise<Row[]> {
  const rows = await contend(x, setting, oneQueue, work);
  // What the request has to wait for is the device, and no time to cancel.
  return rows.map((row) => {
    if ((row.figures['wasted']?.value ?? 0) === 0) return row;
    const figures = Object.entries(row.figures).filter(([name]) => name !== 'time');
    return { ...row, figures: Object.fromEntries(figures) };
  });
}

/** Sixteen runs of the one queue, so that the pieces wait among the others. */
function oneQueue(): Blueprint {
  const over: Blueprint = {
    kind: 'queue',
    depth: 1,
    over: { kind: 'device', bottom: new HeldBottom({ blockSize: BLOCK }) },
  };
  const member = (_: unknown, i: number): Blueprint => ({
    kind: 'linear',
    segments: [{ over, start: i * BLOCK, length: BLOCK }],
  });
  return { kind: 'stripe', chunk: BLOCK, over: Array.from({ length: PIECES }, member) };
}

/** The request that is cancelled, and the others; one of these runs, unless the request is the first. */
class Requests {
  readonly bottom: HeldBottom;
  readonly device: Stack['device'];
  /** Transfers that there should be in all, once everything is let out. */
  expected = 0;
  private readonly pages: ReturnType<Stack['pool']['allocate']>;
  private victim: IoRequest | null = null;

  constructor({ bottoms, device, pool }: Stack<HeldBottom>) {
    this.bottom = bottoms[0] as HeldBottom;
    this.device = device;
    this.pages = pool.allocate(PIECES * BLOCK);
  }

  addOthers(count: number): void {
    this.expected += count;
    for (let i = 0; i < count; i++) this.device.read(this.pages.range(0, BLOCK), { position: 0 });
  }

  /** @param begun how many of its pieces there is time for */
  addVictim(begun: number): void {
    this.expected += begun;
    this.victim = this.device.read(this.pages, { position: 0 });
  }

  /** Cancels it. A piece that runs is then answered, so that the request can settle. */
  cancel(running: boolean): void | Promise<void> {
    const { victim } = this;
    if (victim === null) return;
    victim.cancel();
    if (running) this.bottom.answer(1);
    if (!victim.settled) return passTurns(() => victim.settled).then(() => undefined);
  }

  /** Lets everything out. What the device was asked for beyond what was expected was in vain. */
  async wasted(): Promise<number> {
    await letOut(this.device, [this.bottom]);
    const wasted = this.bottom.operations - this.expected;
    this.expected = this.bottom.operations;
    return wasted;
  }
}

/** What 100,000 others may take to be queued and let out, in milliseconds. */
const MOST_MS = 20_000;
const TRIAL = 500;

/**
 * Nothing of the request has begun. Where a design has the thread to itself the others stay in the queue from one round to
 * the next; a search of all queues would find those of others there.
 */
async function amongOthers(others: number, setting: Setting): Promise<Row[]> {
  const alone = setting.rivals.filter((rival) => rival !== edge).length === 1;
  const refused = new Map<Rival, string>();
  for (const rival of others > 10_000 ? setting.rivals : []) {
    const us = await queueingUs(rival);
    if (us * others <= MOST_MS * 1000) continue;
    refused.set(rival, `takes ${us.toFixed(0)} µs for each request in a queue, too long for ${String(others)} of them`);
  }
  const rivals = setting.rivals.filter((rival) => !refused.has(rival));
  const queues: Requests[] = [];
  const work = (stack: Stack<HeldBottom>): Work => {
    const requests = new Requests(stack);
    queues.push(requests);
    return behindOthers(requests, others, alone);
  };
  let rows: Row[];
  try {
    rows = await cancelling(others, { ...setting, rivals }, work);
  } finally {
    // Nothing, but after an interrupt.
    for (const requests of queues) await requests.wasted();
  }
  return setting.rivals.map(({ name }) => {
    const cannot = [...refused].find(([rival]) => rival.name === name)?.[1];
    return cannot === undefined
      ? (rows.find(({ design }) => design === name) as Row)
      : { design: name, x: others, cannot, figures: {} };
  });
}

/** Microseconds for a request to be queued and let out; 0 for a design that cannot be asked. */
async function queueingUs(rival: Rival): Promise<number> {
  const stack = await buildStack<HeldBottom>(rival, oneQueue());
  if ('cannot' in stack) return 0;
  const requests = new Requests(stack);
  const start = performance.now();
  requests.addOthers(TRIAL);
  await requests.wasted();
  return ((performance.now() - start) * 1000) / TRIAL;
}

function behindOthers(requests: Requests, others: number, keep: boolean): Work {
  let cancelled = 0;
  return {
    async prepare() {
      if (!keep || cancelled === 0) requests.addOthers(1 + others);
      cancelled++;
      requests.addVictim(0);
      // What designs put off is not to be charged to the cancel.
      await passTurns(() => false);
    },
    run: () => requests.cancel(false),
    async extra() {
      return keep ? {} : { wasted: await requests.wasted() };
    },
    async after() {
      return keep ? { wasted: (await requests.wasted()) / cancelled } : {};
    },
  };
}

/** Part of the request is done before it is cancelled, with the others behind it. */
function underWay(stack: Stack<HeldBottom>, progress: number): Work {
  const requests = new Requests(stack);
  const { bottom } = requests;
  const done = Math.floor(progress * PIECES);
  const running = progress > 0 && progress < 1;
  return {
    async prepare() {
      requests.addOthers(1);
      requests.addVictim(done + (running ? 1 : 0));
      requests.addOthers(OTHERS);
      // What runs first is answered as well, for the request to begin.
      for (let i = progress === 0 ? 1 : 0; i <= done; i++) {
        await passTurns(() => bottom.held.length > 0);
        bottom.answer(1);
      }
      await passTurns(() => false);
    },
    run: () => requests.cancel(running),
    async extra() {
      return { wasted: await requests.wasted() };
    },
  };
}
