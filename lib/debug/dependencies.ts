import { ReusableCompletion } from '../event/completion.js';
import { SemaphoreGroup } from '../sync/acquire-all.js';
import { Semaphore } from '../sync/semaphore.js';
import { holdersOf } from './holders.js';
import { headOfLine, lackedBy } from './places.js';
import { recordedWaits } from './recording.js';
import { nodeOf, standsOn, type Dependencies } from './stands-on.js';
import { Task } from './task.js';

/** What a completion, compound, queue, lock, branch or task waits for, as far as that can be seen. */
export function dependenciesOf(node: object): Dependencies {
  if (node instanceof Task) return ofTask(node);
  if (node instanceof SemaphoreGroup) return { on: lackedBy(node), stuckWith: 'one', free: false };
  if (ReusableCompletion.is(node)) return standsOn(node);
  return ofLock(node);
}

/** What it waits for itself, and what runs for it under a lock. */
function ofTask(task: Task): Dependencies {
  const on = new Set<object>();
  for (const wait of recordedWaits()) {
    const { waited } = wait;
    if (waited === null || wait.task === null) continue;
    if (wait.task === task) on.add(nodeOf(waited));
    else if (runsFor(wait.task, task)) on.add(wait.task);
  }
  return { on: [...on], stuckWith: 'all', free: on.size === 0 };
}

/** Whether a task is the run of a lock in another. */
function runsFor(inner: Task, task: Task): boolean {
  for (let outer = inner.outer; outer !== null; outer = outer.outer) if (outer === task) return true;
  return false;
}

/** A lock waits for who holds it; one whose holders are not all known may be given back by them. */
function ofLock(lock: object): Dependencies {
  const ahead = lock instanceof Semaphore ? headOfLine(lock) : null;
  if (ahead !== null) return { on: [ahead], stuckWith: 'all', free: false };
  const holders = holdersOf(lock);
  const tasks = [...new Set(holders.flatMap(({ task }) => task ?? []))];
  const seen = holders.reduce((sum, { amount }) => sum + amount, 0);
  const taken = lock instanceof Semaphore ? lock.capacity - lock.free : 1;
  const known = tasks.length > 0 && seen >= taken && holders.every(({ task, lost }) => task !== null || lost);
  return { on: tasks, stuckWith: lock instanceof Semaphore ? 'all' : 'one', free: !known };
}
