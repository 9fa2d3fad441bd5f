import { uncaught } from '../event/hooks.js';
import { Channel } from '../sync/channel.js';

/** Values that are pulled from an iterable and kept until they are received. */
class PulledChannel<T> extends Channel<T> {
  private readonly iterator: AsyncIterator<T> | Iterator<T>;

  constructor(source: AsyncIterable<T> | Iterable<T>, capacity: number) {
    super(capacity);
    const { [Symbol.asyncIterator]: iterates } = source as Partial<AsyncIterable<T>>;
    this.iterator = iterates === undefined ? (source as Iterable<T>)[Symbol.iterator]() : iterates.call(source);
    void this.fill();
  }

  override close(failure?: { error: unknown }): void {
    if (this.closed) return;
    super.close(failure);
    // What the iterable throws at its end is not the fault of who closed the channel.
    try {
      Promise.resolve(this.iterator.return?.()).then(null, uncaught);
    } catch (error) {
      uncaught(error);
    }
  }

  private async fill(): Promise<void> {
    try {
      for (;;) {
        const step = await this.iterator.next();
        if (step.done === true) break;
        await this.send(step.value);
      }
      super.close();
    } catch (error) {
      super.close({ error });
    }
  }
}

/**
 * A channel of what an iterable, an asynchronous one, or a generator yields. It is pulled from no faster than values are
 * received: `capacity` are kept ahead, 1 by default, and one more waits for room. What the iterable throws fails the
 * channel, after what is kept. Closing the channel ends the iterable (`return`); what that throws goes to
 * `hooks.uncaught`, and what a pull brings that was under way is dropped.
 * @throws ArgumentRangeError `ERR_CAPACITY`
 */
export function fromIterable<T>(source: AsyncIterable<T> | Iterable<T>, options?: { capacity?: number }): Channel<T> {
  return new PulledChannel<T>(source, options?.capacity ?? 1);
}
