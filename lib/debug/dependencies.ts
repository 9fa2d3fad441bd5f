import { All } from '../event/all-of.js';
import { callTidy } from '../event/callbacks.js';
import { ReusableCompletion } from '../event/completion.js';
import { CompoundEvent } from '../event/compound.js';
import { takeDown, type Down } from '../event/forward.js';
import { Semaphore } from '../sync/semaphore.js';
import type { WaitQueue } from '../wait/queue.js';
import { holdersOf } from './holders.js';
import { lockOf } from './locks.js';
import { recordedWaits } from './recording.js';
import { Task } from './task.js';

/** What something waits for. */
export interface Dependencies {
  readonly on: readonly object[];
  /** Whether it is stuck as soon as `one` of these is, or only when `all` are. */
  readonly stuckWith: 'one' | 'all';
  /** Something that cannot be seen may let it go on: it is not stuck. */
  readonly free: boolean;
}

const none: Dependencies = { on: [], stuckWith: 'all', free: true };

/** What a completion, compound, queue, lock or task waits for, as far as that can be seen. */
export function dependenciesOf(node: object): Dependencies {
  if (node instanceof Task) return ofTask(node);
  if (node instanceof CompoundEvent) return ofCompound(node as CompoundEvent<unknown>);
  if (ReusableCompletion.is(node)) return ofCompletion(node);
  return ofLock(node);
}

/** What stands for a queue: the lock that it belongs to, if that is known. */
export function nodeOf(queue: object): object {
  return lockOf(queue) ?? queue;
}

/** What it waits for itself, and what runs for it under a lock. */
function ofTask(task: Task): Dependencies {
  const on = new Set<object>();
  for (const wait of recordedWaits()) {
    const { queue } = wait;
    if (queue === null || wait.task === null) continue;
    if (wait.task === task) on.add(nodeOf(queue));
    else if (runsFor(wait.task, task)) on.add(wait.task);
  }
  return { on: [...on], stuckWith: 'all', free: on.size === 0 };
}

/** Whether a task is the run of a lock in another. */
function runsFor(inner: Task, task: Task): boolean {
  for (let outer = inner.outer; outer !== null; outer = outer.outer) if (outer === task) return true;
  return false;
}

function ofCompound(compound: CompoundEvent<unknown>): Dependencies {
  if (compound.settled) return none;
  const pending = compound.children.filter((child) => child.queue !== null).map((child) => nodeOf(child.source));
  const forwarded = ofCompletion(compound);
  return {
    on: [...pending, ...forwarded.on],
    stuckWith: compound.collation instanceof All ? 'one' : 'all',
    free: !compound.sealed || (pending.length === 0 && forwarded.free),
  };
}

/** Completed by hand, unless another is forwarded to it; an adapter of a timer or an emitter tidies up after itself. */
function ofCompletion(completion: ReusableCompletion<unknown>): Dependencies {
  if (completion.settled) return none;
  const on: WaitQueue[] = [];
  let adapts = false;
  for (const entry of completion) {
    if (entry.wake === takeDown) on.push((entry.data as Down).source);
    else if (entry.wake === callTidy) adapts = true;
  }
  return { on, stuckWith: 'all', free: adapts || on.length === 0 };
}

/** A lock waits for who holds it; one whose holders are not all known may be given back by them. */
function ofLock(lock: object): Dependencies {
  const holders = holdersOf(lock);
  const tasks = [...new Set(holders.flatMap(({ task }) => task ?? []))];
  const seen = holders.reduce((sum, { amount }) => sum + amount, 0);
  const taken = lock instanceof Semaphore ? lock.capacity - lock.free : 1;
  const known = tasks.length > 0 && seen >= taken && holders.every(({ task, lost }) => task !== null || lost);
  return { on: tasks, stuckWith: lock instanceof Semaphore ? 'all' : 'one', free: !known };
}
