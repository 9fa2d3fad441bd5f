import { Linear, NullDevice, PagePool, RequestQueue, Stripe, type Io, type IoRequest } from '../../io/index.js';
import type { Strategy } from '../../io/index.js';
import type { Experiment, Row, Setting } from '../experiment.js';
import { measure, type Contender } from '../meter.js';
import { randomFrom } from '../statistics.js';

const points = [0, 10, 100, 1000, 10_000];
const PIECES = 16;
const BLOCK = 4096;

/** Q3: what finding a cancelled request's pieces costs among many that wait. */
export const cancel: Experiment = {
  name: 'cancel',
  title: 'Cancelling one split request among many queued',
  question: 'What does it cost to cancel one request of 16 queued pieces, and how much is done in vain?',
  unit: 'queued',
  xLabel: 'Other requests in the queue',
  points,
  async run(setting: Setting): Promise<Row[]> {
    const rows: Row[] = [];
    for (const others of points) {
      const contenders = setting.designs.map((design) => new Cancelling(design, others, setting.seed));
      rows.push(...(await measure(others, contenders, setting)));
      for (const contender of contenders) contender.release();
      setting.progress(`cancel among ${String(others)}`);
    }
    return rows;
  },
};

/** A device that answers when it is told to. */
class Stalled extends NullDevice {
  private readonly held: Io[] = [];

  override submit(io: Io): void {
    this.held.push(io);
  }

  /** Answers all, also what its answers bring. Returns how many. */
  answerAll(): number {
    let answered = 0;
    for (let io = this.held.pop(); io !== undefined; io = this.held.pop()) {
      answered++;
      io.finish(io.length, null);
    }
    return answered;
  }
}

class Cancelling implements Contender {
  readonly design: string;
  private readonly others: number;
  private readonly device: Stalled;
  private readonly queue: RequestQueue;
  private readonly stripe: Stripe;
  private readonly pages = new PagePool({ maxBytes: 1 << 20 }).allocate(PIECES * BLOCK);
  private readonly random: () => number;
  private victim: IoRequest | null = null;
  private expected = 0;

  constructor(strategy: Strategy, others: number, seed: number) {
    this.design = strategy.name;
    this.others = others;
    this.random = randomFrom(seed);
    this.device = new Stalled({ strategy, blockSize: BLOCK });
    this.queue = new RequestQueue(this.device, { depth: 1 });
    // Sixteen runs of the one queue, so that the pieces wait among the others.
    const members = Array.from(
      { length: PIECES },
      (_, i) => new Linear([{ device: this.queue, start: i * BLOCK, length: BLOCK }]),
    );
    this.stripe = new Stripe(members, { chunk: BLOCK });
  }

  /** One request runs; of the others some came before the victim and the rest after. */
  prepare(): void {
    this.release();
    const before = Math.floor(this.random() * this.others);
    this.enqueue(before + 1);
    this.victim = this.stripe.read(this.pages, { position: 0 });
    this.enqueue(this.others - before);
    this.expected = this.others + 1;
  }

  run(): void {
    this.victim?.cancel();
    if (this.victim?.state !== 'cancelled') throw new Error(`${this.design} did not cancel the request`);
  }

  extra(): Record<string, number> {
    // What the device is still asked to do beyond the others' requests was done in vain.
    const wasted = this.release() - this.expected;
    return { wasted };
  }

  /** Lets everything out; how much there was. */
  release(): number {
    return this.device.answerAll();
  }

  private enqueue(count: number): void {
    for (let i = 0; i < count; i++) this.queue.read(this.pages.range(0, BLOCK), { position: 0 });
  }
}
