import type { WaitEntry } from '../wait/entry.js';
import { WaitQueue } from '../wait/queue.js';

type Listener = (...args: unknown[]) => void;

export interface Emitter {
  on(event: string | symbol, listener: Listener): unknown;
  removeListener(event: string | symbol, listener: Listener): unknown;
}

const hubs = new WeakMap<object, Map<string | symbol, WaitQueue>>();

/** Listens to an event of an emitter, or stops to. */
export function listen(emitter: Emitter | EventTarget, event: string | symbol, listener: Listener, on: boolean): void {
  if ('on' in emitter) emitter[on ? 'on' : 'removeListener'](event, listener);
  else emitter[on ? 'addEventListener' : 'removeEventListener'](String(event), listener);
}

/**
 * The queue of those who wait for one event of one emitter, woken with its arguments: one listener however many wait,
 * so that no emitter warns of many, and none when nobody does.
 */
class EmitterHub extends WaitQueue {
  private readonly switchTo: (on: boolean) => void;
  private listening = false;

  constructor(emitter: WeakRef<Emitter | EventTarget>, event: string | symbol, hubs: Map<string | symbol, WaitQueue>) {
    super();
    const listener = (...args: unknown[]): void => {
      this.wakeAll(args);
    };
    this.switchTo = (on) => {
      // First, for an emitter may tell of a new listener, and who hears that may wait here too.
      this.listening = on;
      const source = emitter.deref();
      if (source !== undefined) listen(source, event, listener, on);
      // An emitter may have an event for each of any number of things.
      if (on) hubs.set(event, this);
      else if (hubs.get(event) === this) hubs.delete(event);
    };
  }

  /** @internal */
  override insert(entry: WaitEntry, flags: number, first: boolean): void {
    super.insert(entry, flags, first);
    if (!this.listening) this.switchTo(true);
  }

  /** @internal */
  override unlink(entry: WaitEntry): void {
    super.unlink(entry);
    if (this.head === null && this.listening) this.switchTo(false);
  }
}

export function hubOfEmitter(emitter: Emitter | EventTarget, event: string | symbol): WaitQueue {
  let events = hubs.get(emitter);
  if (events === undefined) hubs.set(emitter, (events = new Map<string | symbol, WaitQueue>()));
  let hub = events.get(event);
  if (hub === undefined) events.set(event, (hub = new EmitterHub(new WeakRef(emitter), event, events)));
  return hub;
}
