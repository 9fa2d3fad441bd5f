import { PASS, WaitEntry, WOKEN } from '../wait/entry.js';
import { ArgumentError, ArgumentRangeError, checkDelay, StateError, TimeoutError } from '../wait/errors.js';
import { WaitQueue } from '../wait/queue.js';
import { sleep } from '../wait/sleep.js';
import { POLLERR, POLLHUP, POLLIN, POLLOUT, type Pollable } from './pollable.js';

/** How a source is watched. */
export interface Watching<D> {
  /** What is asked for: {@link POLLIN} and {@link POLLOUT}; POLLERR and POLLHUP always are. Default POLLIN. */
  events?: number;
  /** Report a source when something has happened to it, not as long as it is ready (`EPOLLET`). Default false. */
  edge?: boolean;
  /** Report once, and then not before `modify` arms it again (`EPOLLONESHOT`). Default false. */
  oneShot?: boolean;
  /**
   * Of several pollers that watch a source so, and have somebody waiting, one learns of an event (`EPOLLEXCLUSIVE`). Not
   * together with `oneShot`, not for a poller as the source, and not to be modified. Default false.
   */
  exclusive?: boolean;
  /** Handed back with every event. */
  data?: D;
}

/** What a source is ready for. */
export interface PollEvent<D> {
  readonly source: Pollable;
  /** A mask of POLLIN, POLLOUT, POLLERR and POLLHUP. */
  readonly events: number;
  readonly data: D;
  /** With POLLERR: what the source's own `ready()` threw. */
  readonly error?: unknown;
}

/** What ends a wait of a {@link Poller}. */
export interface PollOptions {
  /** At most so many events. Default 64. */
  maxEvents?: number;
  /** After so many milliseconds the wait resolves with no event; 0 looks and does not wait. Default: for ever. */
  timeoutMs?: number;
  /** Ends the wait: it rejects with the signal's reason, and takes no event. */
  signal?: AbortSignal;
}

/** Pollers in a row that watch each other: more are refused, as by Linux (`EP_MAX_NESTS`). */
const MAX_NESTED = 5;

/** A source that is watched: its place on the source's queue. */
class Item<D> extends WaitEntry<Poller<D>> {
  readonly source: Pollable;
  mask = 0;
  edge = false;
  oneShot = false;
  exclusive = false;
  tag: D = undefined as D;

  constructor(poller: Poller<D>, source: Pollable) {
    super(sourceWoken, { data: poller });
    this.source = source;
  }
}

/** The wake function on a source: marks the item ready. */
function sourceWoken(entry: WaitEntry<Poller<unknown>>, key: unknown): number {
  const item = entry as Item<unknown>;
  // A key that is no mask does not tell what has happened: the harvest looks.
  if (typeof key === 'number' && (key & item.mask) === 0) return PASS;
  if (item.mask === 0) return PASS;
  const learnt = entry.data.mark(item);
  return item.exclusive && !learnt ? PASS : WOKEN;
}

/**
 * Waits for any of many sources, with the semantics of Linux `epoll(7)`: level or edge triggered, one-shot, exclusive,
 * several waiters, pollers in pollers. Events come in the order in which sources became ready; what is level triggered and
 * still ready goes to the end, so that none is starved. A wait costs O(events), however many sources are registered.
 *
 * What a source's `ready()` tells counts when the events are collected: one that is ready no more is not reported.
 */
export class Poller<D = undefined> implements Pollable {
  /** Woken when a source has become ready: for a poller that watches this one. */
  readonly readiness: WaitQueue = new WaitQueue();
  private readonly items = new Map<Pollable, Item<D>>();
  /** What may be ready, in order of arrival. */
  private readonly marked = new Set<Item<D>>();
  private readonly waiters = new WaitQueue();
  /** Pollers that watch this one, and those that it watches. */
  private readonly above = new Set<Poller<unknown>>();
  private readonly below = new Set<Poller<unknown>>();
  private closed = false;

  /** How many sources are watched. */
  get size(): number {
    return this.items.size;
  }

  /**
   * Watches a source; if it is ready already, that is an event. O(1).
   * @throws ArgumentError `ERR_POLLABLE` for what cannot be polled, `ERR_REGISTERED` when it is watched already,
   *   `ERR_POLL_CYCLE` when pollers would watch each other in a circle or more than 5 in a row, `ERR_POLL_OPTIONS` for
   *   options that exclude each other; StateError `ERR_POLLER_CLOSED`
   */
  add(source: Pollable, ...[watching = {}]: undefined extends D ? [Watching<D>?] : [Watching<D> & { data: D }]): void {
    this.checkOpen();
    if (!isPollable(source)) throw new ArgumentError('ERR_POLLABLE', `source must have readiness and ready(), got ${String(source)}`); // prettier-ignore
    if (this.items.has(source)) throw new ArgumentError('ERR_REGISTERED', 'The source is watched already; modify it');
    checkOptions(source, watching);
    if (source instanceof Poller) this.checkNesting(source as Poller<unknown>);
    const item = new Item<D>(this, source);
    this.items.set(source, item);
    // The place that Linux gives it: of several pollers on a source the latest learns first, exclusive ones in turn.
    if (watching.exclusive === true) source.readiness.addExclusive(item);
    else source.readiness.addFirst(item);
    this.arm(item, watching);
  }

  /**
   * Watches a source otherwise from now on, and looks at once whether it is ready: what was one-shot is armed again.
   * @throws ArgumentError `ERR_NOT_REGISTERED`, `ERR_POLL_OPTIONS`
   */
  modify(
    source: Pollable,
    ...[watching = {}]: undefined extends D ? [Watching<D>?] : [Watching<D> & { data: D }]
  ): void {
    const item = this.itemOf(source);
    if (item.exclusive || watching.exclusive === true) {
      throw new ArgumentError('ERR_POLL_OPTIONS', 'What is watched exclusively cannot be modified; remove and add it');
    }
    checkOptions(source, watching);
    this.arm(item, watching);
  }

  /** Watches a source no more; an event of it that was not collected is gone. @throws ArgumentError `ERR_NOT_REGISTERED` */
  remove(source: Pollable): void {
    const item = this.itemOf(source);
    this.items.delete(source);
    this.marked.delete(item);
    source.readiness.remove(item);
    if (!(source instanceof Poller)) return;
    this.below.delete(source as Poller<unknown>);
    (source as Poller<unknown>).above.delete(this);
  }

  /**
   * Collects events, or waits until there are some. Several may wait: an event wakes the one that has waited longest.
   * Resolves with none when the time is up.
   * @throws ArgumentRangeError `ERR_MAX_EVENTS` unless `maxEvents` is a whole number from 1 up, `ERR_DELAY`; rejects with
   *   the signal's reason, or StateError `ERR_POLLER_CLOSED`
   */
  async wait({ maxEvents = 64, timeoutMs, signal }: PollOptions = {}): Promise<PollEvent<D>[]> {
    if (!Number.isSafeInteger(maxEvents) || maxEvents < 1) {
      throw new ArgumentRangeError(
        'ERR_MAX_EVENTS',
        `maxEvents must be a whole number from 1 up, got ${String(maxEvents)}`,
      );
    }
    if (timeoutMs !== undefined) checkDelay('timeoutMs', timeoutMs);
    const end = timeoutMs === undefined ? Infinity : performance.now() + timeoutMs;
    for (let again = false; ; again = true) {
      if (signal?.aborted === true) {
        // Woken, and aborted in that same turn.
        this.wakeNext();
        signal.throwIfAborted();
      }
      this.checkOpen();
      const events = this.harvest(maxEvents);
      const left = end - performance.now();
      if (events.length > 0 || left <= 0) return events;
      try {
        await sleep(this.waiters, null, {
          exclusive: true,
          // Who was woken for an event that somebody else collected has not lost its place.
          first: again,
          ...(signal === undefined ? {} : { signal }),
          ...(timeoutMs === undefined ? {} : { timeoutMs: left }),
        });
      } catch (error) {
        if (!(error instanceof TimeoutError)) throw error;
      }
    }
  }

  /** Whether a source is ready, for a poller that watches this one: POLLIN, or 0. O(sources that are ready no more). */
  ready(): number {
    for (const item of this.marked) {
      if ((look(item).events & item.mask) !== 0) return POLLIN;
      this.marked.delete(item);
    }
    return 0;
  }

  /** Watches nothing more; who waits is told that it is closed. A second call does nothing. */
  close(): void {
    for (const source of [...this.items.keys()]) this.remove(source);
    this.closed = true;
    this.waiters.wakeAll();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /** @internal An item may be ready. Whether somebody who waits was woken for it. */
  mark(item: Item<D>): boolean {
    this.marked.add(item);
    const learnt = this.waiters.active && this.waiters.wake() > 0;
    if (this.readiness.active) this.readiness.wake(POLLIN);
    return learnt;
  }

  private arm(
    item: Item<D>,
    { events = POLLIN, edge = false, oneShot = false, exclusive = false, data }: Watching<D>,
  ): void {
    item.mask = events | POLLERR | POLLHUP;
    item.edge = edge;
    item.oneShot = oneShot;
    item.exclusive = exclusive;
    item.tag = data as D;
    // Looked at also when it is marked: a poller that is asked drops what is ready no more, and so that loses its place.
    const ready = (look(item).events & item.mask) !== 0;
    if (ready && !this.marked.has(item)) this.mark(item);
  }

  /** Takes events off the list. What becomes ready meanwhile comes behind, and is left for the next time. */
  private harvest(maxEvents: number): PollEvent<D>[] {
    const events: PollEvent<D>[] = [];
    const still: Item<D>[] = [];
    let left = this.marked.size;
    for (const item of this.marked) {
      if (left-- === 0 || events.length === maxEvents) break;
      this.marked.delete(item);
      const seen = look(item);
      const found = seen.events & item.mask;
      if (found === 0) continue;
      const { source, tag: data } = item;
      events.push(
        'error' in seen ? { source, events: found, data, error: seen.error } : { source, events: found, data },
      );
      if (item.oneShot) item.mask = 0;
      else if (!item.edge) still.push(item);
    }
    // Behind what came meanwhile, so that all have their turn.
    for (const item of still) if (this.items.get(item.source) === item) this.marked.add(item);
    this.wakeNext();
    return events;
  }

  /** What one who waited has left is for the next. */
  private wakeNext(): void {
    if (this.marked.size > 0 && this.waiters.active) this.waiters.wake();
  }

  private itemOf(source: Pollable): Item<D> {
    const item = this.items.get(source);
    if (item === undefined) throw new ArgumentError('ERR_NOT_REGISTERED', 'The source is not watched here; add it');
    return item;
  }

  private checkNesting(source: Poller<unknown>): void {
    const self = this as Poller<unknown>;
    const below = Poller.inRows(source, 'below');
    if (below.some((level) => level.has(self))) {
      throw new ArgumentError('ERR_POLL_CYCLE', 'Pollers must not watch each other in a circle');
    }
    if (Poller.inRows(self, 'above').length + below.length > MAX_NESTED) {
      throw new ArgumentError('ERR_POLL_CYCLE', `At most ${String(MAX_NESTED)} pollers may watch each other in a row`);
    }
    source.above.add(self);
    self.below.add(source);
  }

  /** The pollers from one on, by how many are between: by levels, for there may be very many ways to one of them. */
  private static inRows(from: Poller<unknown>, direction: 'above' | 'below'): Set<Poller<unknown>>[] {
    const levels: Set<Poller<unknown>>[] = [];
    for (let level = new Set([from]); level.size > 0;) {
      levels.push(level);
      const next = new Set<Poller<unknown>>();
      for (const poller of level) for (const each of poller[direction]) next.add(each);
      level = next;
    }
    return levels;
  }

  private checkOpen(): void {
    if (this.closed) throw new StateError('ERR_POLLER_CLOSED', 'The poller is closed');
  }
}

/** What a source says it is ready for; one that throws has failed. */
function look({ source }: { readonly source: Pollable }): { events: number; error?: unknown } {
  try {
    return { events: source.ready() };
  } catch (error) {
    return { events: POLLERR, error };
  }
}

function isPollable(value: unknown): value is Pollable {
  const { readiness, ready } = (value ?? {}) as Partial<Pollable>;
  return WaitQueue.is(readiness) && typeof ready === 'function';
}

function checkOptions(source: Pollable, { events = POLLIN, exclusive, oneShot }: Watching<unknown>): void {
  const known = POLLIN | POLLOUT | POLLERR | POLLHUP;
  if (!Number.isInteger(events) || (events & ~known) !== 0) {
    throw new ArgumentError('ERR_POLL_OPTIONS', `events must be a mask of POLLIN, POLLOUT, POLLERR and POLLHUP, got ${String(events)}`); // prettier-ignore
  }
  if (exclusive === true && (oneShot === true || source instanceof Poller)) {
    throw new ArgumentError('ERR_POLL_OPTIONS', 'exclusive excludes oneShot, and a poller as the source');
  }
}
