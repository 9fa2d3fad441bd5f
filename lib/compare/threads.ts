import type { Worker } from 'node:worker_threads';
import { StateError } from '../wait/errors.js';
import { startWorker } from '../threads/start-worker.js';
import type { Row } from './experiment.js';
import { joinPasses } from './passes.js';
import { received, sent, type Aside, type Assignment, type Order, type TurnEnd } from './thread-protocol.js';

/** Runs one experiment, point by point. */
export interface Runner {
  /** Rows of all designs, in their order. @throws what the experiment throws; the signal's reason */
  at(point: number, reporter: Reporter): Promise<Row[]>;
  close(): Promise<void>;
}

/** What a runner tells, and asks, while it runs. */
export interface Reporter {
  readonly note: (text: string) => void;
  readonly progress: (part: number) => void;
  /** Whether the time for the point is up. */
  readonly late: () => boolean;
}

/** What all threads of an experiment are given. */
export type Task = Omit<Assignment, 'design'> & { readonly signal: AbortSignal };

/**
 * A thread for each design, each with a heap, compiled code and type feedback of its own: in one thread the call sites that
 * designs share would see the objects of all, which slows down those that share the most. One of them runs at a time, and
 * who comes first is rotated from round to round, so that what disturbs the machine disturbs all alike (M1).
 */
export async function startThreads(
  designs: readonly { readonly name: string; readonly reference: string }[],
  { signal, ...task }: Task,
): Promise<Runner> {
  const threads = designs.map(({ name, reference }) => new DesignThread(name, { ...task, design: reference }));
  const abort = (): void => {
    for (const thread of threads) thread.order({ order: 'abort', reason: sent(signal.reason).error });
  };
  signal.addEventListener('abort', abort);
  const close = async (): Promise<void> => {
    signal.removeEventListener('abort', abort);
    for (const thread of threads) await thread.close();
  };
  try {
    for (const thread of threads) {
      const ready = await thread.turn();
      if (ready.end === 'failed') throw received(ready.failure);
    }
  } catch (error) {
    await close();
    throw error;
  }
  return { at: (point, reporter) => inTurns(threads, point, task.seed, signal, reporter), close };
}

/** Laps in which each thread that is not through has its turn, until all are. */
async function inTurns(
  threads: readonly DesignThread[],
  point: number,
  seed: number,
  signal: AbortSignal,
  { note, progress, late }: Reporter,
): Promise<Row[]> {
  const rows = new Map<DesignThread, readonly Row[]>();
  const parts = new Map<DesignThread, number>();
  let failed: { readonly error: unknown } | null = null;
  const listen =
    (thread: DesignThread) =>
    (aside: Aside): void => {
      if (aside.aside === 'note') note(aside.text);
      else {
        parts.set(thread, aside.part);
        progress([...parts.values()].reduce((sum, part) => sum + part, 0) / threads.length);
      }
    };
  let running = threads;
  let order: Order = { order: 'begin', point };
  for (let lap = 0; running.length > 0; lap++) {
    const ended = new Set<DesignThread>();
    for (let i = 0; i < running.length; i++) {
      const thread = running[(i + lap) % running.length] as DesignThread;
      const turn = await thread.turn(order, listen(thread));
      if (turn.end !== 'passed') ended.add(thread);
      if (turn.end === 'through') rows.set(thread, turn.rows);
      if (turn.end === 'failed' && failed === null) {
        failed = { error: received(turn.failure) };
        // The others are ended as well; they tidy up and say so in their turn.
        for (const other of running) other.order({ order: 'abort', reason: null });
      }
    }
    running = running.filter((thread) => !ended.has(thread));
    order = { order: 'go', late: late() };
  }
  if (failed !== null) {
    signal.throwIfAborted();
    throw failed.error;
  }
  return joinPasses([threads.flatMap((thread) => rows.get(thread) ?? [])], seed);
}

/** One design's thread, as the one that hands out the turns sees it. */
class DesignThread {
  private readonly name: string;
  private readonly worker: Worker;
  /** Ends that nobody has asked for yet. */
  private readonly ends: TurnEnd[] = [];
  private take: ((end: TurnEnd) => void) | null = null;
  private listen: (aside: Aside) => void = () => undefined;
  private closed = false;

  constructor(name: string, assignment: Assignment) {
    this.name = name;
    this.worker = startWorker('#compare/thread', { workerData: assignment });
    this.worker.on('message', (message: TurnEnd | Aside) => {
      if ('aside' in message) this.listen(message);
      else this.arrived(message);
    });
    this.worker.on('error', (error) => {
      this.arrived({ end: 'failed', failure: sent(error) });
    });
    this.worker.on('exit', () => {
      if (!this.closed) this.arrived({ end: 'failed', failure: sent(new StateError('ERR_THREAD', this.gone())) });
    });
  }

  order(order: Order): void {
    this.worker.postMessage(order);
  }

  /** Gives it its turn and waits for the end; of one that has ended meanwhile there is nothing to wait for. */
  async turn(order?: Order, listen?: (aside: Aside) => void): Promise<TurnEnd> {
    if (listen !== undefined) this.listen = listen;
    const early = this.ends.shift();
    if (early !== undefined) return early;
    return new Promise((resolve) => {
      this.take = resolve;
      if (order !== undefined) this.order(order);
    });
  }

  async close(): Promise<void> {
    this.closed = true;
    await this.worker.terminate();
  }

  private arrived(end: TurnEnd): void {
    const { take } = this;
    this.take = null;
    if (take === null) this.ends.push(end);
    else take(end);
  }

  private gone(): string {
    return `The thread of ${this.name} has ended before it was through`;
  }
}
