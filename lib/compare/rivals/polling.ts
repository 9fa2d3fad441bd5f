import { EventEmitter } from 'node:events';
import { Completion, firstOf, watch } from '../../event/index.js';
import { counters } from '../../io/index.js';
import { Poller, POLLIN, type Pollable } from '../../sync/index.js';
import type { StateError } from '../../wait/errors.js';
import { WaitQueue } from '../../wait/queue.js';
import type { Cannot, Polling } from '../rival.js';
import { loadRxjs } from './rxjs.js';

/*
 * Scenario 4, poll over many events, as the users of each design write it. Registrations with an event count as links.
 */

/** `waitQueue`: entries on all queues mark one ready list, once and for all. A wait costs what is ready. */
export function pollByReadyList(events: number): Polling {
  const poller = new Poller<number>();
  const sources = Array.from({ length: events }, (_, data) => {
    const source = new Source();
    counters.links++;
    poller.add(source, { data, edge: true });
    return source;
  });
  return {
    left: 0,
    signal(event) {
      (sources[event] as Source).signal();
    },
    async wait() {
      const found = await poller.wait({ maxEvents: events });
      return found.map(({ data }) => {
        (sources[data] as Source).signalled = false;
        return data;
      });
    },
  };
}

class Source implements Pollable {
  readonly readiness: WaitQueue = new WaitQueue();

  signalled = false;

  ready(): number {
    return this.signalled ? POLLIN : 0;
  }

  signal(): void {
    this.signalled = true;
    this.readiness.wake(POLLIN);
  }
}

/** `compoundEvent`: a compound over all events, of which the first decides; the others let go of it. */
export function pollByCompound(events: number): Polling {
  const pending = Array.from({ length: events }, () => new Completion<number>());
  let ready: number[] = [];
  return {
    left: 0,
    signal(event) {
      const fired = pending[event] as Completion<number>;
      pending[event] = new Completion<number>();
      ready.push(event);
      fired.complete(event);
    },
    async wait() {
      if (ready.length === 0) {
        counters.links += events;
        await firstOf(pending.map((event) => watch(event))).promise();
      }
      const found = ready;
      ready = [];
      return found;
    },
  };
}

/** `promises`: a race of all. Nothing takes its reactions off the promises that have lost. */
export function pollByRace(events: number): Polling {
  interface Deferred {
    readonly promise: Promise<number>;
    readonly resolve: (event: number) => void;
    reactions: number;
  }
  const deferred = (): Deferred => {
    let resolve: (event: number) => void = () => undefined;
    const promise = new Promise<number>((fulfil) => (resolve = fulfil));
    return { promise, resolve, reactions: 0 };
  };
  const pending = Array.from({ length: events }, deferred);
  let ready: number[] = [];
  return {
    get left() {
      return pending.reduce((sum, { reactions }) => sum + reactions, 0);
    },
    signal(event) {
      const fired = pending[event] as Deferred;
      pending[event] = deferred();
      ready.push(event);
      fired.resolve(event);
    },
    async wait() {
      if (ready.length === 0) {
        counters.links += events;
        for (const each of pending) each.reactions++;
        await Promise.race(pending.map(({ promise }) => promise));
      }
      const found = ready;
      ready = [];
      return found;
    },
  };
}

/** What is ready, and whoever waits for it: for designs that call a function of one's own. */
class ReadyList {
  private ready: number[] = [];
  private wake: (() => void) | null = null;

  add(event: number): void {
    this.ready.push(event);
    const { wake } = this;
    this.wake = null;
    wake?.();
  }

  async wait(): Promise<readonly number[]> {
    if (this.ready.length === 0) await new Promise<void>((resolve) => (this.wake = resolve));
    const found = this.ready;
    this.ready = [];
    return found;
  }
}

/** `rxjs`: the subjects of all events, merged and subscribed to once. */
export async function pollByMerge(events: number): Promise<Polling | Cannot> {
  let rx: typeof import('rxjs');
  try {
    rx = await loadRxjs();
  } catch (error) {
    return { cannot: (error as StateError).message };
  }
  const subjects = Array.from({ length: events }, () => new rx.Subject<number>());
  const list = new ReadyList();
  counters.links += events;
  rx.merge(...subjects).subscribe((event) => {
    list.add(event);
  });
  return {
    left: 0,
    signal(event) {
      subjects[event]?.next(event);
    },
    wait: () => list.wait(),
  };
}

/** `streams`: what they are made on, an EventEmitter for each event, listened to once and for all. */
export function pollByEmitter(events: number): Polling {
  const list = new ReadyList();
  const emitters = Array.from({ length: events }, () => {
    counters.links++;
    return new EventEmitter().on('ready', (event: number) => {
      list.add(event);
    });
  });
  return {
    left: 0,
    signal(event) {
      emitters[event]?.emit('ready', event);
    },
    wait: () => list.wait(),
  };
}
