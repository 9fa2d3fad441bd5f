import sinon from 'sinon';
import { IoRequest } from '../lib/io/io-request.js';
import { PageVector } from '../lib/io/pages.js';
import { WaitingList } from '../lib/io/waiting-list.js';
import { forgetKept, keptPages, noteUse } from './kept-pages.js';

/*
 * The leak check that runs after every spec: mocha loads this file before the specs (.mocharc.json). What is watched are
 * the places where something could be left behind when a request has ended, been cancelled or failed: lists in which
 * headers wait, requests in flight, pinned pages, timers (real ones and those of a fake clock), listeners on signals
 * that have not aborted, and pages that devices keep when they are closed.
 */

const inFlight = new Set<IoRequest>();
const pinned = new Set<PageVector>();
/** Signals are not kept: one that nobody can abort any more, and that is gone with its listeners, is no leak. */
const signals = new Set<WeakRef<AbortSignal>>();
let listeners = new WeakMap<AbortSignal, Set<unknown>>();
/** What a fake clock had left when it was put away. */
let fakeTimers = 0;
let timersBefore = 0;
let excuse: string | null = null;

/**
 * Called by a spec that leaves something behind, with the reason; a device that never answers, say. What it leaves is
 * cleared away. A spec that calls it and leaves nothing fails.
 */
export function leaves(reason: string): void {
  excuse = reason;
}

/** What is left behind at present, a line for each kind. */
export function leftBehind(): string[] {
  const kept = [...keptPages()].map(([place, count]) => `${String(count)} of ${place}`);
  const waiting = [...WaitingList.all].reduce((sum, { length }) => sum + length, 0);
  const left: [number, string][] = [
    [waiting, 'headers wait in lists'],
    [inFlight.size, `requests are in flight: ${[...inFlight].map(titleOf).join(', ')}`],
    [pinned.size, 'page vectors are pinned'],
    [timers() - timersBefore, 'timers are set'],
    [fakeTimers, 'timers were set on a fake clock that was put away'],
    [listening(), 'listeners wait on signals'],
    [kept.length, `kinds of pages are kept by closed devices: ${kept.join('; ')}`],
  ];
  return left.filter(([count]) => count > 0).map(([count, what]) => `${String(count)} ${what}`);
}

/** Listeners on signals that are still there and have not aborted. */
function listening(): number {
  const counted = new Set<Set<unknown>>();
  for (const reference of signals) {
    const signal = reference.deref();
    const known = signal === undefined || signal.aborted ? undefined : listeners.get(signal);
    if (known !== undefined && known.size > 0) counted.add(known);
    else signals.delete(reference);
  }
  return [...counted].reduce((sum, { size }) => sum + size, 0);
}

/** Forgets what was left, so that it is held against one spec alone. */
function clearAway(): void {
  for (const list of [...WaitingList.all]) for (const slot of [...list]) list.take(slot);
  inFlight.clear();
  pinned.clear();
  signals.clear();
  listeners = new WeakMap();
  fakeTimers = 0;
  excuse = null;
}

function titleOf({ operation, position, length, device }: IoRequest): string {
  return `${operation} ${String(position)}+${String(length)} of ${device.name}`;
}

function timers(): number {
  return process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;
}

interface Hook {
  currentTest?: { state?: string };
  /** Fails the spec before it, and not those that follow, which an error thrown by a hook would skip. */
  test?: { error(error: Error): void };
}

/** Some turns of the event loop, for what ends in the turns after a spec. */
async function settle(): Promise<void> {
  for (let turns = 0; turns < 20 && leftBehind().length > 0; turns++)
    await new Promise((resolve) => setImmediate(resolve));
}

export const mochaHooks = {
  beforeEach(): void {
    timersBefore = timers();
  },
  afterEach(this: Hook): Promise<void> | undefined {
    if (excuse === null && leftBehind().length === 0) {
      forgetKept();
      return undefined;
    }
    // Mocha gives a hook that is asynchronous a time limit, which is a timer.
    timersBefore++;
    return settle().then(() => {
      const left = leftBehind();
      const { currentTest } = this;
      if (currentTest?.state === 'passed') {
        if (excuse === null && left.length > 0) this.test?.error(new Error(`Left behind: ${left.join('; ')}`));
        if (excuse !== null && left.length === 0) this.test?.error(new Error(`Nothing was left behind: ${excuse}`));
      }
      clearAway();
      forgetKept();
    });
  },
};

/** Has `around` called in a method's place; it is given what the method itself does. */
function wrap<T extends object>(
  target: T,
  name: keyof T,
  around: (self: T, args: unknown[], call: () => unknown) => unknown,
): void {
  const original = target[name] as (...args: unknown[]) => unknown;
  target[name] = function (this: T, ...args: unknown[]) {
    return around(this, args, () => original.apply(this, args));
  } as T[keyof T];
}

wrap(IoRequest.prototype, 'start', (request, _, call) => {
  noteUse(request.device);
  const started = call();
  // Whatever has a root header has not come back, also when it was timed out.
  if ((request as unknown as { root: unknown }).root !== null) inFlight.add(request);
  return started;
});
wrap(IoRequest.prototype, 'finished', (request, _, call) => {
  inFlight.delete(request);
  return call();
});
wrap(PageVector.prototype, 'pin', (pages, _, call) => {
  pinned.add(pages);
  return call();
});
wrap(PageVector.prototype, 'unpin', (pages, _, call) => {
  const result = call();
  if (!pages.pinned) pinned.delete(pages);
  return result;
});
wrap(AbortSignal.prototype, 'addEventListener', (signal, [type, listener], call) => {
  if (type === 'abort' && !signal.aborted) {
    const known = listeners.get(signal) ?? new Set();
    if (known.size === 0) signals.add(new WeakRef(signal));
    listeners.set(signal, known.add(listener));
  }
  return call();
});
wrap(AbortSignal.prototype, 'removeEventListener', (signal, [type, listener], call) => {
  if (type === 'abort') listeners.get(signal)?.delete(listener);
  return call();
});
wrap(sinon, 'useFakeTimers', (_, __, install) => {
  const clock = install() as sinon.SinonFakeTimers;
  wrap(clock, 'restore', (___, ____, restore) => {
    // Not what waits for the end of the turn: a reporter that has printed meanwhile put something there.
    fakeTimers += clock.countTimers() - ((clock as { jobs?: readonly unknown[] }).jobs?.length ?? 0);
    return restore();
  });
  return clock;
});
