import type { Worker } from 'node:worker_threads';
import { CAPACITY, emptyTask, Ring } from './ring.js';

/** The kind of the last task: the thread ends. */
export const END: number = -1;

/** What the thread is started with. */
export interface WorkData {
  readonly ring: SharedArrayBuffer;
  /** What its work has to know beforehand; copied. */
  readonly own: unknown;
}

/** Memory that a thread is given at most: it keeps all of it, also what nobody else has any more. */
const MOST_MEMORIES = 16;

/** Who asks, and is told once. */
export interface Asker {
  /** @param result what the work has returned; NaN when the thread has ended before it answered */
  answered(result: number, ms: number): void;
}

/**
 * A thread that works on memory that it shares with this one, asked through a {@link Ring}. Answers come in the order of
 * the tasks, none before `ask` has returned. It keeps the process alive while it owes answers.
 */
export class WorkThread {
  private readonly ring = new Ring();
  private readonly worker: Worker;
  private readonly ended: Promise<void>;
  /** Who waits for which task, and numbers that are free again. */
  private readonly askers: (Asker | null)[] = [];
  private readonly free: number[] = [];
  private owed = 0;
  private alive = true;
  private awaiting = false;
  private closing = false;
  /** The last task was posted. */
  private ending = false;
  /** Memory that the thread was given. It knows each by its place. */
  private readonly memories: ArrayBufferLike[] = [];
  private readonly task = emptyTask();
  private readonly take = (number: number, result: number, ms: number): void => {
    const asker = this.askers[number] ?? null;
    this.askers[number] = null;
    this.free.push(number);
    this.owed--;
    asker?.answered(result, ms);
  };
  private readonly wake = (): void => {
    try {
      while (this.ring.receive(this.take));
    } finally {
      this.awaiting = false;
      if (this.closing) this.end();
      else if (this.owed === 0) this.worker.unref();
      if (this.owed > 0 && this.alive) this.awaitAnswer();
    }
  };

  /** @param start starts the worker with the ring that it is to serve (`serveTasks`) */
  constructor(start: (ring: SharedArrayBuffer) => Worker) {
    this.worker = start(this.ring.memory);
    this.worker.unref();
    this.ended = new Promise((resolve) => {
      this.worker.once('exit', () => {
        this.abandon();
        resolve();
      });
    });
    // Each task that is lost tells that it is; why is told once.
    this.worker.on('error', (error) => {
      process.emitWarning(error);
    });
  }

  /** Whether it takes tasks: not once it is to be closed, or has ended of itself. */
  get takes(): boolean {
    return this.alive && !this.closing;
  }

  /** Tasks that were not answered. */
  get underWay(): number {
    return this.owed;
  }

  /**
   * The number that the thread knows a memory by; undefined for one that cannot be shared, for a seventeenth, and once the
   * thread takes no tasks.
   */
  numberOf(memory: ArrayBufferLike): number | undefined {
    if (!this.takes) return undefined;
    const known = this.memories.indexOf(memory);
    if (known >= 0) return known;
    if (!(memory instanceof SharedArrayBuffer) || this.memories.length === MOST_MEMORIES) return undefined;
    this.worker.postMessage(memory);
    return this.memories.push(memory) - 1;
  }

  /**
   * Has a task done; false, and nothing was asked, when so much is under way that another would not fit, or the thread is
   * gone or to be closed.
   */
  ask(
    asker: Asker,
    kind: number,
    from: number,
    fromStart: number,
    to: number,
    toStart: number,
    length: number,
    position: number,
  ): boolean {
    if (this.owed === CAPACITY || !this.alive || (this.closing && kind !== END)) return false;
    const { task } = this;
    const number = this.free.pop() ?? this.askers.length;
    this.askers[number] = asker;
    task.number = number;
    task.kind = kind;
    task.from = from;
    task.fromStart = fromStart;
    task.to = to;
    task.toStart = toStart;
    task.length = length;
    task.position = position;
    if (this.owed++ === 0) this.worker.ref();
    this.ring.post(task);
    this.awaitAnswer();
    return true;
  }

  /** Ends the thread, when it has answered all it was asked. The process lives until it has ended. */
  async close(): Promise<void> {
    this.closing = true;
    this.worker.ref();
    this.end();
    await this.ended;
  }

  /** Posts the last task, behind all others, as soon as there is a place for it. */
  private end(): void {
    this.ending ||= this.ask({ answered: () => undefined }, END, 0, 0, 0, 0, 0, 0);
  }

  private awaitAnswer(): void {
    if (this.awaiting) return;
    this.awaiting = true;
    this.ring.awaitAnswer(this.wake);
  }

  /** The thread is gone: those who wait for it are told. */
  private abandon(): void {
    this.alive = false;
    this.ring.stopAwaiting();
    while (this.ring.receive(this.take));
    for (const [number, asker] of this.askers.entries()) {
      if (asker === null) continue;
      this.askers[number] = null;
      this.owed--;
      asker.answered(NaN, 0);
    }
  }
}
