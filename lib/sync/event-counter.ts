import { ArgumentRangeError } from '../wait/errors.js';
import { WaitQueue } from '../wait/queue.js';
import { checkedCount } from './latch.js';
import { POLLIN, POLLOUT, tell, type Pollable } from './pollable.js';
import { Taking } from './taking.js';
import { Takers, type AcquireOptions } from './takers.js';

/** Where an {@link EventCounter} begins and ends, and how it is read. */
export interface EventCounterOptions {
  /** Where it begins. Default 0. */
  count?: number;
  /**
   * What it may grow to; writing more waits. What a compound has no use for is given back all the same, and counts above
   * it (E9). Default 2^53 - 1.
   */
  max?: number;
  /** Reading takes one instead of all, as `EFD_SEMAPHORE`. Default false. */
  semaphore?: boolean;
}

/**
 * A counter to signal events with, as `eventfd(2)`: writing adds, reading waits until it is not zero and takes all of it.
 * Can be polled.
 */
export class EventCounter implements Pollable {
  readonly readiness: WaitQueue = new WaitQueue();
  readonly max: number;
  private readonly semaphore: boolean;
  private readonly readers = new Takers();
  private readonly writers = new Takers();
  private value: number;

  /** @throws ArgumentRangeError `ERR_COUNT` unless `count` is a whole number from 0 to `max`, and `max` one from 1 up */
  constructor({ count = 0, max = Number.MAX_SAFE_INTEGER, semaphore = false }: EventCounterOptions = {}) {
    this.max = checkedCount('max', max, 1);
    this.value = checkedCount('count', count, 0);
    this.semaphore = semaphore;
    if (count > max) throw tooMuch('count', count, max);
  }

  /** What a read would take, all in all. */
  get count(): number {
    return this.value;
  }

  /**
   * Waits until it is not zero and takes all of it, or one of a `semaphore`. First come, first served.
   * @throws ArgumentRangeError `ERR_DELAY`; rejects with the signal's reason or a TimeoutError
   */
  read(options?: AcquireOptions): Promise<number> {
    return this.readers.take(() => this.taken(), options);
  }

  /** Reading, as a branch of a compound: of a choice, only the winner takes from it. Throws `ERR_DELAY`. */
  reading(options?: AcquireOptions): Taking<number> {
    const claim = {
      take: () => this.pull(),
      value: (count: number) => count,
      taken: () => {
        this.pulled();
      },
      giveBack: (count: number) => {
        this.value += count;
        this.pushed();
      },
    };
    return new Taking(this.readers, claim, options);
  }

  /** What can be read now, 0 when it is zero or others wait for it. */
  tryRead(): number {
    return this.readers.active ? 0 : this.taken();
  }

  /**
   * Waits until there is room and adds.
   * @throws ArgumentRangeError `ERR_COUNT` unless `by` is a whole number from 1 to `max`; as {@link read}
   */
  async write(by = 1, options?: AcquireOptions): Promise<void> {
    this.check(by);
    await this.writers.take(() => this.added(by), options);
  }

  /**
   * Writing, as a branch of a compound: of a choice, only the winner adds. What was added cannot be taken back.
   * @throws ArgumentRangeError `ERR_COUNT`, `ERR_DELAY`
   */
  writing(by = 1, options?: AcquireOptions): Taking<void> {
    this.check(by);
    const claim = {
      take: () => this.push(by),
      value: () => undefined,
      taken: () => {
        this.pushed();
      },
      giveBack: () => undefined,
    };
    return new Taking(this.writers, claim, options);
  }

  /** Adds now; false when there is no room, or others wait for it. @throws ArgumentRangeError `ERR_COUNT` */
  tryWrite(by = 1): boolean {
    this.check(by);
    return !this.writers.active && this.added(by);
  }

  ready(): number {
    return (this.value > 0 ? POLLIN : 0) | (this.value < this.max ? POLLOUT : 0);
  }

  private taken(): number {
    const taken = this.pull();
    if (taken > 0) this.pulled();
    return taken;
  }

  private added(by: number): boolean {
    const added = this.push(by);
    if (added) this.pushed();
    return added;
  }

  private pull(): number {
    const taken = this.semaphore ? Math.min(this.value, 1) : this.value;
    this.value -= taken;
    return taken;
  }

  private pulled(): void {
    this.writers.serve();
    if (this.value < this.max) tell(this.readiness, POLLOUT);
  }

  private push(by: number): boolean {
    if (this.value > this.max - by) return false;
    this.value += by;
    return true;
  }

  private pushed(): void {
    this.readers.serve();
    if (this.value > 0) tell(this.readiness, POLLIN);
  }

  private check(by: number): void {
    if (checkedCount('by', by, 1) > this.max) throw tooMuch('by', by, this.max);
  }
}

function tooMuch(field: string, value: number, max: number): ArgumentRangeError {
  return new ArgumentRangeError('ERR_COUNT', `${field} must be at most max, ${String(max)}, got ${String(value)}`);
}
