import { counters } from '../counters.js';
import type { Callback } from './callback.js';
import { ChainedEvent } from './chained-event.js';

/** What a cancel does with an event; what else is to be asked, it appends. */
type CancelRoutine = (event: CancellableEvent, toAsk: CancellableEvent[]) => void;

/**
 * The second size of the compound event: a {@link ChainedEvent} with a routine that cancels it, and a queue of
 * cancellers: those that can pull what waits, and those that reach further events.
 */
export class CancellableEvent extends ChainedEvent {
  declare readonly cancelRoutine: CancelRoutine;
  declare cancelled: boolean;
  declare private firstCanceller: Callback | null;

  /** @param cancelRoutine most events have {@link askCancellers} */
  constructor(done: (event: ChainedEvent) => void, data: unknown, cancelRoutine: CancelRoutine) {
    super(done, data);
    this.cancelRoutine = cancelRoutine;
    this.cancelled = false;
    this.firstCanceller = null;
  }

  /** Once. Other events that it leads to are appended, not called: trees of any depth do not recurse (I2). */
  cancel(toAsk: CancellableEvent[]): void {
    if (this.cancelled) return;
    this.cancelled = true;
    this.cancelRoutine(this, toAsk);
  }

  /** At the head: the newest is asked first. */
  addCanceller(canceller: Callback): void {
    const first = this.firstCanceller;
    canceller.next = first;
    if (first !== null) first.prev = canceller;
    this.firstCanceller = canceller;
  }

  /** O(1); nothing when it is not there. */
  removeCanceller(canceller: Callback): void {
    const { next, prev } = canceller;
    if (prev !== null) prev.next = next;
    else if (this.firstCanceller === canceller) this.firstCanceller = next;
    if (next !== null) next.prev = prev;
    canceller.next = canceller.prev = null;
  }

  /** Runs the cancellers, from the head; those of other events put them on the list. */
  runCancellers(toAsk: CancellableEvent[]): void {
    for (let canceller = this.firstCanceller; canceller !== null;) {
      const { next } = canceller;
      counters.visited++;
      if (canceller.data instanceof CancellableEvent) toAsk.push(canceller.data);
      else canceller.run(this, canceller);
      canceller = next;
    }
  }
}

/** The usual routine: asks all who are on the cancel queue. */
export function askCancellers(event: CancellableEvent, toAsk: CancellableEvent[]): void {
  event.runCancellers(toAsk);
}
