import type { IoRequest } from '../../io/index.js';
import type { Blueprint } from '../blueprint.js';
import { HeldBottom } from '../bottom.js';
import { contend, type Stack, type Work } from '../contend.js';
import type { Experiment, Metric, Row, Setting } from '../experiment.js';
import { randomFrom } from '../statistics.js';
import { passTurns } from '../turns.js';

const PIECES = 16;
const BLOCK = 4096;
/** Others in the queue while the progress is what differs. */
const OTHERS = 1000;

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
    quick: [0, 1000],
    full: [0, 10, 100, 1000, 10_000],
    thorough: [0, 10, 100, 1000, 10_000, 100_000],
  },
  metrics,
  decides: ['wasted', 'visited', 'time'],
  at: (others, setting) => cancelling(others, setting, others, 0),
};

/** Q3: the same when part of the request has been done. */
export const cancelProgress: Experiment = {
  name: 'cancel-progress',
  title: 'Cancelling a split request that is under way',
  question:
    'What does it cost to cancel one request of 16 pieces after part of them has been done, and what is wasted?',
  unit: 'percent',
  xLabel: 'Pieces done before the cancel, in per cent, with 1,000 other requests queued behind',
  points: { quick: [50], full: [0, 25, 50, 75, 100], thorough: [0, 25, 50, 75, 100] },
  metrics,
  decides: ['wasted', 'visited', 'time'],
  at: (percent, setting) => cancelling(percent, setting, OTHERS, percent / 100),
};

async function cancelling(x: number, setting: Setting, others: number, progress: number): Promise<Row[]> {
  const rows = await contend(
    x,
    setting,
    oneQueue,
    (stack: Stack<HeldBottom>) => new Cancelling(stack, others, progress, setting.seed),
  );
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

class Cancelling implements Work {
  private readonly stack: Stack<HeldBottom>;
  private readonly bottom: HeldBottom;
  private readonly others: number;
  private readonly progress: number;
  private readonly random: () => number;
  private readonly pages: ReturnType<Stack['pool']['allocate']>;
  private victim: IoRequest | null = null;
  /** Transfers that there should be in all. */
  private expected = 0;

  constructor(stack: Stack<HeldBottom>, others: number, progress: number, seed: number) {
    this.stack = stack;
    this.bottom = stack.bottoms[0] as HeldBottom;
    this.others = others;
    this.progress = progress;
    this.random = randomFrom(seed);
    this.pages = stack.pool.allocate(PIECES * BLOCK);
  }

  /** Another request runs; of the others some came before the victim and the rest after. Under way, it is the first. */
  async prepare(): Promise<void> {
    const { bottom, others, progress } = this;
    const before = progress > 0 ? 0 : Math.floor(this.random() * others);
    this.expected =
      bottom.operations + 1 + others + Math.min(PIECES, Math.floor(progress * PIECES) + (progress > 0 ? 1 : 0));
    this.enqueue(before + 1);
    this.victim = this.stack.device.read(this.pages, { position: 0 });
    this.enqueue(others - before);
    // What runs first is answered as well, for the victim to begin.
    const answers = progress > 0 ? 1 + Math.floor(progress * PIECES) : 0;
    for (let i = 0; i < answers; i++) {
      await passTurns(() => bottom.held.length > 0);
      bottom.answer(1);
    }
    await passTurns(() => bottom.held.length > 0 || progress === 1);
  }

  /** Cancels it. One that runs is then answered, so that the request can settle. */
  run(): void | Promise<void> {
    const { victim, bottom, progress } = this;
    if (victim === null) return;
    victim.cancel();
    if (progress > 0 && progress < 1) bottom.answer(1);
    if (!victim.settled) return passTurns(() => victim.settled).then(() => undefined);
  }

  /** Lets everything out. What the device was asked for beyond what was expected was in vain. */
  async extra(): Promise<Record<string, number>> {
    const { device } = this.stack;
    const { bottom } = this;
    const through = (): boolean => {
      bottom.answer();
      return device.started === device.ended;
    };
    if (!(await passTurns(through))) throw new Error(`${device.strategy.name} has left requests behind`);
    return { wasted: bottom.operations - this.expected };
  }

  private enqueue(count: number): void {
    const { device } = this.stack;
    for (let i = 0; i < count; i++) device.read(this.pages.range(0, BLOCK), { position: 0 });
  }
}
