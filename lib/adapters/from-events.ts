import { onAbort } from '../wait/abort.js';
import { ArgumentError, ArgumentRangeError, StateError } from '../wait/errors.js';
import { Channel } from '../sync/channel.js';
import { listen, type Emitter } from './emitter-hub.js';

/** What becomes of an event that finds the buffer full. */
export type Overflow = 'fail' | 'drop-oldest' | 'drop-newest';

/** What {@link fromEvents} keeps, when it ends, and what it makes of the arguments of an event. */
export interface EventsOptions<T> {
  /** How many events are kept for who is late, from 1 up. Default 1024. */
  capacity?: number;
  /** `fail` (default): the channel fails with StateError `ERR_OVERFLOW`; or which one is dropped. */
  overflow?: Overflow;
  /** Events that end it, after what is kept. Default none. */
  end?: readonly string[];
  /** Events that fail it, after what is kept, with their first argument, as `error` always does. Default none. */
  fail?: readonly string[];
  /** Ends it when it aborts: what is kept, and then the signal's reason. */
  signal?: AbortSignal;
  /** What of an event's arguments is kept. Default all, as a list. */
  value?: (...args: unknown[]) => T;
}

/** The events of an emitter, kept until they are received. */
class EventChannel<T> extends Channel<T> {
  private readonly listeners: (readonly [string | symbol, (...args: unknown[]) => void])[] = [];
  private readonly emitter: Emitter | EventTarget;
  private readonly overflow: Overflow;
  private unwatch: (() => void) | null = null;

  constructor(emitter: Emitter | EventTarget, event: string | symbol, options: EventsOptions<T>) {
    super(options.capacity ?? 1024);
    const { overflow = 'fail', end = [], fail = [], signal, value = (...args: unknown[]) => args as T } = options;
    this.emitter = emitter;
    this.overflow = overflow;
    this.listen(event, (...args) => {
      this.came(value(...args));
    });
    for (const each of event === 'error' ? fail : ['error', ...fail]) {
      this.listen(each, (error) => {
        this.close({ error });
      });
    }
    for (const each of end) {
      this.listen(each, () => {
        this.close();
      });
    }
    if (signal === undefined) return;
    if (signal.aborted) this.close({ error: signal.reason });
    else {
      this.unwatch = onAbort(signal, () => {
        this.close({ error: signal.reason });
      });
    }
  }

  override close(failure?: { error: unknown }): void {
    for (const [event, listener] of this.listeners.splice(0)) listen(this.emitter, event, listener, false);
    this.unwatch?.();
    this.unwatch = null;
    super.close(failure);
  }

  private listen(event: string | symbol, listener: (...args: unknown[]) => void): void {
    listen(this.emitter, event, listener, true);
    this.listeners.push([event, listener]);
  }

  private came(value: T): void {
    if (this.closed || this.trySend(value) || this.overflow === 'drop-newest') return;
    if (this.overflow === 'fail') {
      const kept = String(this.capacity);
      this.close({ error: new StateError('ERR_OVERFLOW', `An event came while ${kept} were kept for a receiver`) });
      return;
    }
    this.sendDropping(value);
  }
}

/**
 * The events of an EventEmitter or EventTarget from now on, as a channel: receive them, use `receiving()` as a branch, or
 * iterate with `for await`. None is missed while the reader is busy, up to `capacity`. An `error` event fails it, after
 * what is kept, unless `error` is what was asked for. Closing it, or leaving a `using` block, takes its listeners off.
 * @throws ArgumentError `ERR_OVERFLOW_RULE`; ArgumentRangeError `ERR_CAPACITY`
 */
export function fromEvents<T = unknown[]>(
  emitter: Emitter | EventTarget,
  event: string | symbol,
  options: EventsOptions<T> = {},
): Channel<T> {
  const { overflow = 'fail', capacity } = options;
  if (!['fail', 'drop-oldest', 'drop-newest'].includes(overflow)) {
    throw new ArgumentError('ERR_OVERFLOW_RULE', `overflow must be fail, drop-oldest or drop-newest, got ${overflow}`);
  }
  // An event does not wait for a receiver, so without room for one it could not be kept.
  if (capacity !== undefined && !(capacity >= 1)) {
    throw new ArgumentRangeError('ERR_CAPACITY', `capacity must be from 1 up, got ${String(capacity)}`);
  }
  return new EventChannel<T>(emitter, event, options);
}
