import { Hold } from './hold.js';
import { holding, Taking } from './taking.js';
import { Takers, type AcquireOptions } from './takers.js';

/**
 * A lock for one at a time, first come, first served. Not re-entrant: who holds it and acquires it again waits for
 * itself.
 *
 * ```ts
 * using lock = await mutex.acquire({ timeoutMs: 100 });
 * ```
 */
export class Mutex {
  private readonly takers = new Takers();
  private held = false;

  /** Whether somebody holds it. */
  get locked(): boolean {
    return this.held;
  }

  /** How many wait; counted, so O(waiting). */
  get waiting(): number {
    return this.takers.size;
  }

  /**
   * Waits for the lock. Registered before this returns; a waiter that was given the lock before an abort came has it.
   * @throws ArgumentRangeError `ERR_DELAY`; rejects with the signal's reason or a TimeoutError
   */
  acquire(options?: AcquireOptions): Promise<Hold> {
    return this.takers.take(() => this.claim(), options);
  }

  /** The lock as a branch of a compound: of a choice, only the winner takes it. Throws `ERR_DELAY`. */
  acquiring(options?: AcquireOptions): Taking<Hold> {
    return new Taking(
      this.takers,
      holding(() => this.claim()),
      options,
    );
  }

  /** The lock now, or null: also when it is free and another is about to take it. */
  tryAcquire(): Hold | null {
    return this.takers.active ? null : this.claim();
  }

  /** Runs `body` with the lock, which is given back however it ends. Throws as {@link acquire}. */
  async run<T>(body: () => T, options?: AcquireOptions): Promise<Awaited<T>> {
    const hold = await this.acquire(options);
    try {
      return await body();
    } finally {
      hold.release();
    }
  }

  /** @internal Waits for the lock again, on behalf of who held it; nothing ends this wait. */
  retake(hold: Hold): Promise<unknown> {
    return this.takers.take(() => {
      if (this.held) return false;
      hold.retake();
      return (this.held = true);
    });
  }

  /** @internal */
  giveBack(): void {
    this.held = false;
    this.takers.serve();
  }

  private claim(): Hold | null {
    if (this.held) return null;
    this.held = true;
    return new Hold(this, 1);
  }
}
