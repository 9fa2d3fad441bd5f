import { callWaiter, settlePromise } from '../event/callbacks.js';
import { ReusableCompletion } from '../event/completion.js';
import { SemaphoreGroup } from '../sync/acquire-all.js';
import { ONCE, type WaitEntry } from '../wait/entry.js';
import type { WaitQueue } from '../wait/queue.js';
import { nameOf, stateOf } from './description.js';
import { endsOf } from './stands-on.js';
import type { Task } from './task.js';

/** Where this package is: calls within it say nothing about who waits. */
const home = new URL('..', import.meta.url).pathname;

/** One wait that was recorded as it began. It keeps neither what is waited for nor who waits. */
export class PendingWait {
  /** When it began, on the clock of `performance.now()`. */
  readonly since: number = performance.now();
  /** Who waits, if that was known. */
  readonly task: Task | null;
  /** @internal Whether it was reported as hung. */
  reported = false;
  private readonly entry: WeakRef<WaitEntry>;
  private readonly trace: string;

  constructor(entry: WaitEntry, task: Task | null) {
    this.entry = new WeakRef(entry);
    this.task = task;
    this.trace = shared(presentStack());
  }

  /** What is waited for; null once the wait is over. */
  get queue(): WaitQueue | null {
    return this.entry.deref()?.queue ?? null;
  }

  /** @internal As {@link queue}; of who waits for several semaphores at once, the request. */
  get waited(): object | null {
    const entry = this.entry.deref();
    return entry?.data instanceof SemaphoreGroup ? entry.queue && entry.data : (entry?.queue ?? null);
  }

  /** How long it has lasted, in milliseconds. */
  get ageMs(): number {
    return performance.now() - this.since;
  }

  /**
   * Where it began, the latest call first, without the calls within this package where they can be told apart. Empty for a bare `await completion`, of
   * which the host tells nobody where it stands; `await completion.promise()` has a place.
   */
  get stack(): readonly string[] {
    const frames = this.trace
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => line.startsWith('at ') && !isHosts(line));
    const theirs = frames.filter((line) => !line.includes(home));
    // In a bundle all are in one place, and cannot be told apart.
    return theirs.length > 0 ? theirs : frames;
  }

  /** The task and the place, in a few words. */
  get where(): string {
    const place = this.stack[0];
    return `${this.by} for ${this.ageMs.toFixed(0)} ms${place === undefined ? '' : `, ${place}`}`;
  }

  /** What a compound waits for in the end, which its own name does not tell. */
  private endings(): string[] {
    const { waited } = this;
    const ends = waited !== null && ReusableCompletion.is(waited) ? endsOf(waited, FEW + 1).map(nameOf) : [];
    if (ends.length > FEW) ends[FEW] = '…';
    return ends.length === 0 ? [] : [`it stands on ${ends.join(', ')}`];
  }

  private get by(): string {
    return this.task === null ? '' : ` in ${String(this.task)}`;
  }

  /** As the kernel's report of a hung task: what is waited for, by whom, how long, and where it began. */
  toString(): string {
    const { waited } = this;
    const state = waited === null ? 'over' : stateOf(waited);
    const head = `${waited === null ? 'a wait' : nameOf(waited)}${state === '' ? '' : ` (${state})`} has been waited for`;
    const lines = [...this.endings(), ...this.stack].map((line) => `    ${line}`);
    return [`${head}${this.by} for ${this.ageMs.toFixed(0)} ms`, ...lines].join('\n');
  }
}

/** Whether an entry is somebody who waits, and not a layer, a listener that stays, or the library's own. */
export function isWait(entry: WaitEntry): boolean {
  return (entry.flags & ONCE) !== 0 || entry.wake === settlePromise || entry.wake === callWaiter;
}

/** How many are named of what a compound waits for. */
const FEW = 5;

function isHosts(frame: string): boolean {
  return frame.includes(' (node:') || frame.includes('at node:') || frame.endsWith('(<anonymous>)');
}

/** Deep enough for a caller behind the calls within this package. */
const FRAMES = 40;

/** What is kept of the places where waits begin: few, mostly, however many waits. */
const traces = new Map<string, string>();
const MOST_TRACES = 1000;

function shared(trace: string): string {
  const known = traces.get(trace);
  if (known !== undefined) return known;
  if (traces.size === MOST_TRACES) traces.clear();
  traces.set(trace, trace);
  return trace;
}

/** As text at once: until then the host keeps whatever the calls were made on. */
function presentStack(): string {
  const host = Error as { stackTraceLimit?: number };
  const { stackTraceLimit } = host;
  if (stackTraceLimit !== undefined) host.stackTraceLimit = FRAMES;
  const { stack = '' } = new Error();
  if (stackTraceLimit !== undefined) host.stackTraceLimit = stackTraceLimit;
  return stack;
}
