import { WaitQueue } from '../wait/queue.js';

/** What each queue belongs to. A lock knows its queues, but no queue its lock: found out when a lock is met. */
const locks = new WeakMap<object, object>();

/** The queues that a lock, channel or the like has of its own; none of a queue itself. */
export function queuesOf(lock: object): WaitQueue[] {
  return WaitQueue.is(lock) ? [] : Object.values(lock).filter((value: unknown) => WaitQueue.is(value));
}

/** Remembers whose queues these are. */
export function noteLock(lock: object): void {
  for (const queue of queuesOf(lock)) locks.set(queue, lock);
}

/** The lock that a queue is known to belong to. */
export function lockOf(queue: object): object | undefined {
  return locks.get(queue);
}
