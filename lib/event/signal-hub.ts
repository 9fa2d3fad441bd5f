import { onAbort } from '../wait/abort.js';
import type { WaitEntry } from '../wait/entry.js';
import { ReusableCompletion } from './completion.js';

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
