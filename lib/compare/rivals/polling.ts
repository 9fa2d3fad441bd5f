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

/**
 * `compoundEvent`: a compound over all events, of which the first decides; the others let go of it. A compound is over when it
 * has decided, so that each wait makes another: as poll(2) does, where the ready list is epoll's way.
 */
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

/**
 * `promises`: a promise for each event, with one reaction, that notes it. `Promise.race` would add one more to each for every
 * wait, and take none off.
 */
export function pollByReactions(events: number): Polling {
  const list = new ReadyList();
  const pending = Array.from(
    { length: events },
    () =>
      (_event: number): void =>
        undefined,
  );
  const renew = (event: number): void => {
    counters.links++;
    const promise = new Promise<number>((fulfil) => (pending[event] = fulfil));
    void promise.then((ready) => {
      list.add(ready);
    });
  };
  for (let event = 0; event < events; event++) renew(event);
  return {
    left: 0,
    signal(event) {
      const fulfil = pending[event];
      renew(event);
      fulfil?.(event);
    },
    wait: () => list.wait(),
  };
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
