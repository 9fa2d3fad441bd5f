import { ReusableCompletion } from '../event/completion.js';
import { SemaphoreGroup } from '../sync/acquire-all.js';
import { Semaphore } from '../sync/semaphore.js';
import { holdersOf } from './holders.js';
import { headOfLine, lackedBy } from './places.js';
import { recordedWaits } from './recording.js';
import { nodeOf, standsOn, type Dependencies } from './stands-on.js';
import { Task } from './task.js';

/** What each task waits for itself, and what runs for it under a lock. */
type Waits = ReadonlyMap<Task, ReadonlySet<object>>;

/** All that is recorded, looked through once. */
export function waitsOfTasks(): Waits {
  const waits = new Map<Task, Set<object>>();
  const note = (task: Task, on: object): void => {
    const known = waits.get(task);
    if (known === undefined) waits.set(task, new Set([on]));
    else known.add(on);
  };
  for (const { waited, task } of recordedWaits()) {
    if (waited === null || task === null) continue;
    note(task, nodeOf(waited));
    for (let outer = task.outer; outer !== null; outer = outer.outer) note(outer, task);
  }
  return waits;
}

/** What a completion, compound, queue, lock, branch or task waits for, as far as that can be seen. */
export function dependenciesOf(node: object, waits?: Waits): Dependencies {
  if (node instanceof Task) return ofTask((waits ?? waitsOfTasks()).get(node));
  if (node instanceof SemaphoreGroup) return { on: lackedBy(node), stuckWith: 'one', free: false };
  if (ReusableCompletion.is(node)) return standsOn(node);
  return ofLock(node);
}

function ofTask(on: ReadonlySet<object> = new Set()): Dependencies {
  return { on: [...on], stuckWith: 'all', free: on.size === 0 };
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
