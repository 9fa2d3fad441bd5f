import { counters } from '../counters.js';
import type { PageVector } from '../pages.js';
import type { Slot } from '../waiting-list.js';
import type { ChainedEvent } from './chained-event.js';
import type { CompoundEvent } from './compound-event.js';

/** What a callback answers: go on along the queue, or end the chain for the time being. */
export const GO_ON = true;
export const END_FOR_NOW = false;

/** An entry of a callback queue or a cancel queue. */
export class Callback {
  readonly run: (event: ChainedEvent, callback: Callback) => boolean;
  next: Callback | null = null;
  prev: Callback | null = null;
  /** What it needs: a layer and its frame, a slot, a child. */
  readonly data: unknown;
  readonly frame: unknown;
  /** What an interceptor restores. */
  position = 0;
  pages: PageVector | null = null;
  offset = 0;

  constructor(run: (event: ChainedEvent, callback: Callback) => boolean, data: unknown, frame: unknown) {
    counters.links++;
    this.run = run;
    this.data = data;
    this.frame = frame;
  }
}

/** An interceptor: the layer above the I/O that has ended. */
export function callLayer(event: ChainedEvent, callback: Callback): boolean {
  return (event as CompoundEvent).intercepted(callback);
}

/** `done`, once a notifier has moved it into the queue. */
export function runDone(event: ChainedEvent): boolean {
  event.done(event);
  return GO_ON;
}

/** A waiter. */
export function wakeUp(_event: ChainedEvent, { data }: Callback): boolean {
  (data as () => void)();
  return GO_ON;
}

/** A notifier that runs in a task of its own. */
export function runAsync(event: ChainedEvent, { data }: Callback): boolean {
  setImmediate(data as (event: ChainedEvent) => void, event);
  return GO_ON;
}

/** The notifier on a sub-event. */
export function notifyParent(event: ChainedEvent, { data, frame }: Callback): boolean {
  const child = event as CompoundEvent;
  child.parent?.partEnded(child, data as number, frame);
  return GO_ON;
}

/** Never run: whoever walks a cancel queue puts the child on its list instead, so that trees do not recurse. */
export function cancelChild(): boolean {
  return GO_ON;
}

/** The canceller of an event that waits in a request queue. */
export function withdraw(_event: ChainedEvent, { data }: Callback): boolean {
  const slot = data as Slot;
  slot.list?.withdraw(slot);
  return GO_ON;
}
