import { WaitEntry, WOKEN } from '../wait/entry.js';
import type { WaitQueue } from '../wait/queue.js';
import { collecting } from '../event/settle.js';
import { Standing, type StandingOptions } from './standing.js';

/** What a branch waits for on a queue. @internal */
interface Awaited<T> {
  /** What is there without waiting, in a box; null when it has to stand. What it throws fails the branch. */
  arrive(): { readonly value: T } | null;
  /** Called once it stands. */
  arrived?(): void;
  /** What a wake brings. What it throws fails the branch. */
  woken(key: unknown): T;
  /** Called when it has left without having been woken. */
  left?(reason: unknown): void;
}

/** A branch that stands on a queue until that is woken: nothing is taken, so nothing is to be given back. */
export class Wakened<T> extends Standing<T> {
  protected readonly place: WaitEntry<Wakened<T>>;
  private readonly queue: WaitQueue;
  private readonly what: Awaited<T>;

  /** @internal @throws ArgumentRangeError `ERR_DELAY` */
  constructor(queue: WaitQueue, what: Awaited<T>, options: StandingOptions = {}) {
    super(options);
    this.queue = queue;
    this.what = what;
    this.place = new WaitEntry<Wakened<T>>(woken, { data: this });
    if (options.signal !== undefined) this.cancelOn(options.signal);
  }

  /** @internal */
  came(key: unknown): void {
    this.queue.remove(this.place);
    try {
      this.complete(this.what.woken(key));
    } catch (error) {
      this.fail(error);
    }
  }

  protected enter(): void {
    // What arriving sets off comes after this has what it arrived for.
    collecting(() => {
      try {
        const there = this.what.arrive();
        if (there === null) {
          this.queue.add(this.place);
          this.what.arrived?.();
        } else this.complete(there.value);
      } catch (error) {
        this.fail(error);
      }
    });
  }

  protected quit(): void {
    this.queue.remove(this.place);
    this.what.left?.(this.cancelReason);
  }
}

function woken(entry: WaitEntry<Wakened<unknown>>, key: unknown): number {
  entry.data.came(key);
  return WOKEN;
}
