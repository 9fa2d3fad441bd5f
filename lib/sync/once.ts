import type { SleepOptions } from '../wait/sleep.js';
import { sleep } from '../wait/sleep.js';
import { WaitQueue } from '../wait/queue.js';

interface Ended<T> {
  readonly value?: T;
  readonly failure?: { readonly error: unknown };
}

/**
 * Something that is made once, when it is first asked for, and shared by all who ask: a connection, a parsed file. Each
 * waits with a signal and a timeout of its own; only when all have left is the making itself asked to stop.
 */
export class Once<T> {
  private readonly make: (signal: AbortSignal) => T | PromiseLike<T>;
  private readonly keepFailure: boolean;
  private readonly queue = new WaitQueue();
  private ended: Ended<T> | null = null;
  private running: AbortController | null = null;

  /**
   * @param make called when it is first asked for; its signal aborts when nobody waits any more
   * @param options `keepFailure`: a failure is final. Default false: who waited is told, and who asks next makes it anew.
   */
  constructor(make: (signal: AbortSignal) => T | PromiseLike<T>, options?: { keepFailure?: boolean }) {
    this.make = make;
    this.keepFailure = options?.keepFailure === true;
  }

  /** Whether it was made. */
  get done(): boolean {
    return this.ended !== null && this.ended.failure === undefined;
  }

  /**
   * What is made once.
   * @throws ArgumentRangeError `ERR_DELAY`; rejects with what making it threw, the signal's reason or a TimeoutError
   */
  async get(options: Omit<SleepOptions, 'exclusive' | 'first'> = {}): Promise<T> {
    if (this.ended === null || options.signal?.aborted === true) {
      const waiting = sleep(
        this.queue,
        () => this.outcome(),
        options,
        () => {
          if (!this.queue.active) this.running?.abort(options.signal?.reason);
        },
      );
      if (this.queue.active && this.running === null) this.run();
      return (await waiting).value as T;
    }
    return this.outcome().value as T;
  }

  /** What it came to; falsy until then. @throws what it failed with */
  private outcome(): Ended<T> {
    const { ended } = this;
    if (ended?.failure !== undefined) throw ended.failure.error;
    return ended as Ended<T>;
  }

  private run(): void {
    const running = (this.running = new AbortController());
    const failed = (error: unknown): void => {
      this.running = null;
      // Who asked after it was given up wants another attempt, not the end of that one.
      if (running.signal.aborted && this.queue.active) this.run();
      else if (!running.signal.aborted) this.end({ failure: { error } });
    };
    const made = (value: T): void => {
      this.running = null;
      this.end({ value });
    };
    try {
      Promise.resolve(this.make(running.signal)).then(made, failed);
    } catch (error) {
      failed(error);
    }
  }

  private end(ended: Ended<T>): void {
    this.ended = ended;
    this.queue.wakeAll();
    if (ended.failure !== undefined && !this.keepFailure) this.ended = null;
  }
}
