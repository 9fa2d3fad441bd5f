import { SemaphoreGroup } from '../sync/acquire-all.js';
import type { Semaphore } from '../sync/semaphore.js';
import { Standing } from '../sync/standing.js';
import type { WaitEntry } from '../wait/entry.js';

/** The branch of a compound whose place in a line, or on a queue, an entry is. */
export function branchAt({ data }: WaitEntry): Standing<unknown> | null {
  return data instanceof Standing ? (data as Standing<unknown>) : null;
}

/** The request for several semaphores whose place in one of their lines an entry is. */
export function groupAt(entry: WaitEntry): SemaphoreGroup | null {
  const branch = branchAt(entry);
  const whose: unknown = branch === null ? entry.data : branch.standsIn;
  return whose instanceof SemaphoreGroup ? whose : null;
}

/** Of a request's semaphores, those that keep it waiting: too little is free, or others are before it. */
export function lackedBy(group: SemaphoreGroup): Semaphore[] {
  return [...group.amounts].flatMap(([semaphore, permits]) =>
    semaphore.has(permits) && firstIn(semaphore) === group ? [] : [semaphore],
  );
}

/** The request that is first in a semaphore's line and has its permits there, but not yet elsewhere: the line waits for it. */
export function headOfLine(semaphore: Semaphore): SemaphoreGroup | null {
  const group = firstIn(semaphore);
  return group === null || lackedBy(group).includes(semaphore) ? null : group;
}

function firstIn({ takers: { head } }: Semaphore): SemaphoreGroup | null {
  return head === null ? null : groupAt(head);
}
