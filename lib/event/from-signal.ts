import { onAbort } from '../wait/abort.js';
import type { WaitEntry } from '../wait/entry.js';
import { Completion, ReusableCompletion } from './completion.js';

const hubs = new WeakMap<AbortSignal, SignalHub>();

/** The one completion that stands on a signal. It listens only while somebody waits: a listener keeps a signal alive. */
class SignalHub extends ReusableCompletion<unknown> {
  private readonly signal: AbortSignal;
  private unwatch: (() => void) | null = null;

  constructor(signal: AbortSignal) {
    super();
    this.signal = signal;
    if (signal.aborted) this.complete(signal.reason);
  }

  /** @internal */
  override insert(entry: WaitEntry, flags: number, first: boolean): void {
    if (this.signal.aborted) this.complete(this.signal.reason);
    super.insert(entry, flags, first);
    if (this.head !== null) this.unwatch ??= onAbort(this.signal, () => this.complete(this.signal.reason));
  }

  /** @internal */
  override unlink(entry: WaitEntry): void {
    super.unlink(entry);
    if (this.head !== null || this.unwatch === null) return;
    this.unwatch();
    this.unwatch = null;
  }
}

export function hubOfSignal(signal: AbortSignal): ReusableCompletion<unknown> {
  let hub = hubs.get(signal);
  if (hub === undefined) hubs.set(signal, (hub = new SignalHub(signal)));
  return hub;
}

/**
 * A completion of the signal's abort: it completes with the signal's reason, as an event that came, so that it can be a
 * branch of a choice. To *cancel* something when a signal aborts, use its `signal` option or `cancelOn`.
 */
export function fromSignal(signal: AbortSignal): Completion<unknown> {
  const completion = new Completion<unknown>();
  hubOfSignal(signal).forward(completion, { own: false });
  return completion;
}
