import type { WaitEntry } from '../wait/entry.js';
import { checkDelay, TimeoutError } from '../wait/errors.js';
import type { SleepOptions } from '../wait/sleep.js';
import { isWanted } from '../compound/lazy.js';
import { Completion } from '../event/completion.js';
import { KIND } from '../event/marks.js';

/** What ends a branch early. */
export type StandingOptions = Pick<SleepOptions, 'signal' | 'timeoutMs' | 'unref'>;

/**
 * A completion that has a place somewhere, in a line or on a queue, while somebody waits for it: it takes the place with
 * the first who does, and leaves it with the last, so that a branch which has lost stands nowhere. For one use.
 */
export abstract class Standing<T> extends Completion<T> {
  /** Queued while it stands. */
  protected abstract readonly place: WaitEntry;
  private readonly timeoutMs: number | undefined;
  private readonly unref: boolean;
  private timer: ReturnType<typeof setTimeout> | undefined;

  /** @throws ArgumentRangeError `ERR_DELAY` */
  constructor({ timeoutMs, unref }: StandingOptions) {
    if (timeoutMs !== undefined) checkDelay('timeoutMs', timeoutMs);
    super();
    this.timeoutMs = timeoutMs;
    this.unref = unref === true;
  }

  /** Takes its place, unless it settles at once. */
  protected abstract enter(): void;

  /** Gives up its place, without having had what it stood there for. */
  protected abstract quit(): void;

  /** @internal */
  override insert(entry: WaitEntry, flags: number, first: boolean): void {
    super.insert(entry, flags, first);
    if (this.place.queue !== null || entry.queue !== this || !this.isWanted) return;
    const { timeoutMs } = this;
    if (timeoutMs !== undefined) this.startTimer(timeoutMs);
    this.enter();
  }

  /** @internal */
  override unlink(entry: WaitEntry): void {
    super.unlink(entry);
    if (this.place.queue !== null && !this.isWanted) this.leave();
  }

  /** @internal However it was claimed, also by hand: nobody waits behind one that has its outcome. */
  override claim(kind: number, result: unknown): boolean {
    const claimed = super.claim(kind, result);
    if ((this.marks & KIND) !== 0) this.leave();
    return claimed;
  }

  /** @internal Where it has its place, for who looks into a program that hangs; null while it has none. */
  get standsIn(): object | null {
    return this.place.queue;
  }

  protected override cancelling(): void {
    this.leave();
  }

  /** Whether it is to be had yet, and somebody waits. */
  protected get isWanted(): boolean {
    return isWanted(this);
  }

  protected stopTimer(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
  }

  private startTimer(timeoutMs: number): void {
    this.timer = setTimeout(() => {
      this.leave();
      this.fail(new TimeoutError(timeoutMs));
    }, timeoutMs);
    if (this.unref && typeof this.timer === 'object') this.timer.unref();
  }

  private leave(): void {
    this.stopTimer();
    if (this.place.queue !== null) this.quit();
  }
}
