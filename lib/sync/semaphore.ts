import { ArgumentRangeError } from '../wait/errors.js';
import { Hold } from './hold.js';
import { holding, Taking } from './taking.js';
import { Takers, type AcquireOptions } from './takers.js';

/**
 * A counting semaphore. First come, first served: a request for many permits is not starved by small ones behind it, and
 * nobody takes a permit past those who wait, unless it asks to (`barge`). All calls are synchronous up to the promise;
 * acquiring, releasing and aborting cost O(1).
 */
export class Semaphore {
  /** @internal */ readonly takers: Takers = new Takers();
  private total: number;
  private left: number;

  /** @throws ArgumentRangeError `ERR_PERMITS` unless `capacity` is a whole number from 0 up */
  constructor(capacity: number) {
    this.total = this.left = checkedPermits('capacity', capacity, 0);
  }

  /**
   * Permits in all. Can be changed: of fewer than are held, none is free until enough were given back. Who waits for more
   * than there are now waits, and those behind it, until there are as many again.
   */
  get capacity(): number {
    return this.total;
  }

  /** @throws ArgumentRangeError `ERR_PERMITS` unless it is a whole number from 0 up */
  set capacity(value: number) {
    this.left += checkedPermits('capacity', value, 0) - this.total;
    this.total = value;
    this.takers.serve();
  }

  /** Permits that nobody holds. */
  get free(): number {
    return Math.max(this.left, 0);
  }

  /** How many wait; counted, so O(waiting). */
  get waiting(): number {
    return this.takers.size;
  }

  /**
   * Waits for permits. Registered before this returns; a waiter that was given its permits before an abort came has them.
   * @throws ArgumentRangeError `ERR_PERMITS` unless `permits` is a whole number from 1 to the capacity, `ERR_DELAY`;
   *   rejects with the signal's reason or a TimeoutError
   */
  acquire(options: AcquireOptions & { permits?: number } = {}): Promise<Hold> {
    const permits = this.checkedAmount(options.permits);
    return this.takers.take(() => this.held(permits), options);
  }

  /**
   * Permits as a branch of a compound: of a choice, only the winner takes them.
   * @throws ArgumentRangeError `ERR_PERMITS`, `ERR_DELAY`
   */
  acquiring(options: AcquireOptions & { permits?: number } = {}): Taking<Hold> {
    const permits = this.checkedAmount(options.permits);
    return new Taking(
      this.takers,
      holding(() => this.held(permits)),
      options,
    );
  }

  /** Permits now, or null: also when they are free and others wait for them. Throws as {@link acquire}. */
  tryAcquire(options: { permits?: number; barge?: boolean } = {}): Hold | null {
    const permits = this.checkedAmount(options.permits);
    return this.takers.active && options.barge !== true ? null : this.held(permits);
  }

  /** Runs `body` with permits, which are given back however it ends. Throws as {@link acquire}. */
  async run<T>(body: () => T, options?: AcquireOptions & { permits?: number }): Promise<Awaited<T>> {
    const hold = await this.acquire(options);
    try {
      return await body();
    } finally {
      hold.release();
    }
  }

  /** @internal Takes what {@link has} said is free. */
  claim(permits: number): void {
    this.left -= permits;
  }

  /** @internal Whether so many are free now. */
  has(permits: number): boolean {
    return this.left >= permits;
  }

  /** @internal */
  giveBack(permits: number): void {
    this.left += permits;
    this.takers.serve();
  }

  /** @internal */
  checkedAmount(permits = 1): number {
    checkedPermits('permits', permits, 1);
    if (permits <= this.total) return permits;
    throw new ArgumentRangeError(
      'ERR_PERMITS',
      `permits must be at most the capacity, ${String(this.total)}, got ${String(permits)}`,
    );
  }

  private held(permits: number): Hold | null {
    if (!this.has(permits)) return null;
    this.claim(permits);
    return new Hold(this, permits);
  }
}

function checkedPermits(field: string, value: number, from: number): number {
  if (Number.isSafeInteger(value) && value >= from) return value;
  throw new ArgumentRangeError(
    'ERR_PERMITS',
    `${field} must be a whole number from ${String(from)} up, got ${String(value)}`,
  );
}
