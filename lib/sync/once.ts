import type { SleepOptions } from '../wait/sleep.js';
import { checkDelay } from '../wait/errors.js';
import { sleep } from '../wait/sleep.js';
import { WaitQueue } from '../wait/queue.js';
import type { StandingOptions } from './standing.js';
import { Wakened } from './wakened.js';

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
  /** What it came to for good. */
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
    if (options.timeoutMs !== undefined) checkDelay('timeoutMs', options.timeoutMs);
    if (this.ended !== null && options.signal?.aborted !== true) return valueOf(this.ended);
    const waiting = sleep<Ended<T>>(this.queue, null, options, () => {
      this.left(options.signal?.reason);
    });
    if (this.queue.active && this.running === null) this.run();
    return valueOf(await waiting);
  }

  /** What is made once, as a branch of a compound: it is made when somebody waits. Throws `ERR_DELAY`. */
  getting(options?: StandingOptions): Wakened<T> {
    const awaited = {
      arrive: () => (this.ended === null ? null : { value: valueOf(this.ended) }),
      arrived: () => {
        if (this.running === null) this.run();
      },
      woken: (ended: unknown) => valueOf(ended as Ended<T>),
      left: (reason: unknown) => {
        this.left(reason);
      },
    };
    return new Wakened(this.queue, awaited, options);
  }

  /** Somebody has left who waited: if that was the last, it need not be made. */
  private left(reason: unknown): void {
    if (!this.queue.active) this.running?.abort(reason);
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
    // What it throws at once it is told of later, as of a rejection: whoever asks before that waits for this attempt.
    new Promise<T>((resolve) => {
      resolve(this.make(running.signal));
    }).then(made, failed);
  }

  /** Of a failure that is not kept only those are told who waited for it, not who asks when told. */
  private end(ended: Ended<T>): void {
    if (ended.failure === undefined || this.keepFailure) this.ended = ended;
    this.queue.wakeAll(ended);
  }
}

/** @throws what it failed with */
function valueOf<T>({ value, failure }: Ended<T>): T {
  if (failure !== undefined) throw failure.error;
  return value as T;
}
