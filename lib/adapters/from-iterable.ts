import { Channel } from '../sync/channel.js';

/** Values that are pulled from an iterable and kept until they are received. */
class PulledChannel<T> extends Channel<T> {
  private readonly iterator: AsyncIterator<T> | Iterator<T>;

  constructor(source: AsyncIterable<T> | Iterable<T>, capacity: number) {
    super(capacity);
    this.iterator = Symbol.asyncIterator in source ? source[Symbol.asyncIterator]() : source[Symbol.iterator]();
    void this.fill();
  }

  override close(failure?: { error: unknown }): void {
    if (this.closed) return;
    super.close(failure);
    // What the generator does at its end is its own: who closed the channel wants no more of it.
    Promise.resolve(this.iterator.return?.()).then(null, () => undefined);
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
 * received: `capacity` are kept ahead, 1 by default. What the iterable throws fails the channel, after what is kept;
 * closing the channel ends the iterable (`return`).
 * @throws ArgumentRangeError `ERR_CAPACITY`
 */
export function fromIterable<T>(source: AsyncIterable<T> | Iterable<T>, options?: { capacity?: number }): Channel<T> {
  return new PulledChannel<T>(source, options?.capacity ?? 1);
}
