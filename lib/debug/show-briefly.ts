import { callLayer } from '../event/callbacks.js';
import { Child } from '../event/child.js';
import { ReusableCompletion } from '../event/completion.js';
import { CANCELLED, ERROR_MADE, KIND } from '../event/marks.js';
import { Barrier } from '../sync/barrier.js';
import { Channel } from '../sync/channel.js';
import { Condition } from '../sync/condition.js';
import { EventCounter } from '../sync/event-counter.js';
import { Hold } from '../sync/hold.js';
import { Latch } from '../sync/latch.js';
import { Mutex } from '../sync/mutex.js';
import { Once } from '../sync/once.js';
import { Poller } from '../sync/poller.js';
import { RwLock } from '../sync/rw-lock.js';
import { Semaphore } from '../sync/semaphore.js';
import { LAYER, UNSEEING, WaitEntry } from '../wait/entry.js';
import { AbortError } from '../wait/errors.js';
import { WaitQueue } from '../wait/queue.js';
import { ownNameOf, stateOf } from './description.js';

/** What `console.log` and `util.inspect` of Node ask an object for. */
const VIEW = Symbol.for('nodejs.util.inspect.custom');

type Inspect = (value: unknown, options: object) => string;

/** What is told of an object, in order; `show` shows a value as the host does. */
type Facts<T> = (x: T, show: (value: unknown) => string) => (string | false)[];

interface Kind {
  readonly prototype: object;
  readonly facts: Facts<never>;
}

function kind<T>({ prototype }: { prototype: T & object }, facts: Facts<T>): Kind {
  return { prototype, facts };
}

const counted = (name: string, count: number): string | false => count > 0 && `${name}: ${String(count)}`;

/** Objects of a class that is derived from one of these are shown as that. */
const kinds: readonly Kind[] = [
  kind(WaitEntry<unknown>, (entry) => [entry.queue === null ? 'not queued' : 'queued']),
  kind(Child<unknown>, (child, show) => [
    child.state === 'done' ? `done: ${show(child.value)}` : child.state,
    child.owned && 'owned',
    child.lost && 'lost',
  ]),
  kind(WaitQueue, (queue) => [`waiting: ${String(queue.size)}`]),
  kind(ReusableCompletion<unknown>, (completion, show) => [
    completion.settled ? `${completion.state}${outcomeOf(completion, show)}` : stateOf(completion),
    counted('layers', [...completion].filter(({ wake }) => wake === callLayer).length),
    !completion.settled && `waiters: ${String(waitersOf(completion))}`,
  ]),
  kind(Hold, (hold) => [hold.released ? 'released' : 'held', hold.amount > 1 && `amount: ${String(hold.amount)}`]),
  kind(Mutex, (mutex) => [mutex.locked ? 'locked' : 'free', counted('waiting', mutex.waiting)]),
  kind(Semaphore, (semaphore) => [
    `${String(semaphore.free)} of ${String(semaphore.capacity)} free`,
    counted('waiting', semaphore.waiting),
  ]),
  kind(RwLock, (lock) => [
    lock.locked ? 'written' : lock.readers > 0 ? `readers: ${String(lock.readers)}` : 'free',
    counted('waiting', lock.waiting),
  ]),
  kind(Barrier, (barrier) => [`${String(barrier.waiting)} of ${String(barrier.parties)} arrived`]),
  kind(Latch, (latch) => [latch.count === 0 ? 'open' : `count: ${String(latch.count)}`]),
  kind(Condition, (condition) => [`waiting: ${String(condition.waiting)}`]),
  kind(Channel<unknown>, (channel) => [
    `${String(channel.length)}${channel.capacity < Infinity ? ` of ${String(channel.capacity)}` : ''} kept`,
    channel.closed && 'closed',
  ]),
  kind(EventCounter, (counter) => [`count: ${String(counter.count)}`]),
  kind(Once<unknown>, (once) => [once.done ? 'made' : 'not made']),
  kind(Poller<unknown>, (poller) => [`sources: ${String(poller.size)}`]),
];

function waitersOf(completion: ReusableCompletion<unknown>): number {
  return [...completion].filter(({ flags }) => (flags & (LAYER | UNSEEING)) === 0).length;
}

/** Looked at past its getters: to be shown is not to be observed (C8), and makes no error. */
function outcomeOf({ marks, result }: ReusableCompletion<unknown>, show: (value: unknown) => string): string {
  const reason = (marks & ERROR_MADE) !== 0 && result instanceof AbortError ? result.cause : result;
  const shown = (marks & KIND) === CANCELLED ? reason : result;
  if (shown === undefined) return '';
  return `: ${shown instanceof Error ? String(shown) : show(shown)}`;
}

/** What is being shown: a value may lead back to what it is the value of. */
const open = new Set<object>();

function viewBy(facts: Facts<never>) {
  return function (this: object, depth: number, options: object, inspect: Inspect): string {
    const name = ownNameOf(this);
    if (depth < 0 || open.has(this)) return `[${name}]`;
    open.add(this);
    try {
      const show = (value: unknown): string => inspect(value, { ...options, depth: depth - 1 });
      const told = facts(this as never, show).filter((fact) => fact !== false);
      return `${name} { ${told.join(', ')} }`;
    } finally {
      open.delete(this);
    }
  };
}

/**
 * From now on `console.log` and `util.inspect` show what can be waited for in a line, by how it stands and its description,
 * `Completion "page" { pending, waiters: 3 }`, and not by what it is made of. Only looks: a failure that is shown does not
 * count as observed (C8). Of use in Node and hosts that inspect as it does. Costs O(waiters) for each object that is shown.
 * Returns what undoes it.
 */
export function showBriefly(): () => void {
  for (const { prototype, facts } of kinds) {
    Object.defineProperty(prototype, VIEW, { value: viewBy(facts), configurable: true, writable: true });
  }
  return () => {
    for (const { prototype } of kinds) Reflect.deleteProperty(prototype, VIEW);
  };
}
