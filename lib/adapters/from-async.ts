import { uncaught } from '../event/hooks.js';
import { TAKES } from '../event/marks.js';
import { tidyEntry } from '../event/callbacks.js';
import type { Completion } from '../event/completion.js';
import type { CompletionOptions } from '../event/completion-types.js';
import { Lazy } from '../compound/lazy.js';

/** What cancels a {@link fromAsync}, and what becomes of a value that comes too late. */
export interface AsyncOptions<T> extends CompletionOptions {
  /** Called with a value that came though nobody has use for it any more: closes a connection, gives back a lock (E9). */
  giveBack?: (value: T) => void;
}

class Running<T> extends Lazy<T> {
  private readonly start: (signal: AbortSignal) => PromiseLike<T>;
  private readonly giveBack: ((value: T) => void) | undefined;
  private readonly controller = new AbortController();
  private came: { readonly value: T } | null = null;
  private unwanted = false;

  constructor(start: (signal: AbortSignal) => PromiseLike<T>, options: AsyncOptions<T> | undefined) {
    super();
    this.marks |= TAKES;
    this.start = start;
    this.giveBack = options?.giveBack;
    this.onCancel((reason) => {
      this.controller.abort(reason);
    });
    if (options?.signal !== undefined) this.cancelOn(options.signal);
  }

  /** @internal */
  override refuse(): void {
    this.unwanted = true;
    const { came } = this;
    this.came = null;
    if (came === null) return;
    // It is nobody's who lost, or settled what it was for (C4).
    try {
      this.giveBack?.(came.value);
    } catch (error) {
      uncaught(error);
    }
  }

  protected begin(): void {
    let runs = true;
    // Settled by hand, it leaves nothing running that heeds its signal.
    this.add(
      tidyEntry(() => {
        if (runs) this.controller.abort();
      }),
    );
    try {
      this.start(this.controller.signal).then(
        (value) => {
          runs = false;
          this.came = { value };
          if (!this.complete(value) || this.unwanted) this.refuse();
        },
        (error: unknown) => {
          runs = false;
          this.fail(error);
        },
      );
    } catch (error) {
      runs = false;
      this.fail(error);
    }
  }
}

/**
 * A completion of an asynchronous function that takes a signal: `fromAsync((signal) => fetch(url, { signal }))`. It is
 * called when somebody waits; its signal aborts when the completion is cancelled, which settles at once, and when it is
 * settled by hand. A value that comes later, or for a compound that has lost, is handed to `giveBack`. The option `signal`
 * cancels it, and then what `start` is given aborts with the same reason; it is not called once that has aborted.
 */
export function fromAsync<T>(start: (signal: AbortSignal) => PromiseLike<T>, options?: AsyncOptions<T>): Completion<T> {
  return new Running<T>(start, options);
}
