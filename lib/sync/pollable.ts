import { uncaught } from '../event/hooks.js';
import type { WaitQueue } from '../wait/queue.js';

/** Something can be read or taken without waiting. The values are those of Linux `<sys/epoll.h>`. */
export const POLLIN = 0x001;
/** Something can be written or put without waiting. */
export const POLLOUT = 0x004;
/** It has failed. */
export const POLLERR = 0x008;
/** It has ended: nothing more will come. */
export const POLLHUP = 0x010;

/** What can be polled: it tells what it is ready for, and its queue is woken when that may have grown. */
export interface Pollable {
  /** Woken with a mask as the key: what it has become ready for. */
  readonly readiness: WaitQueue;
  /** A mask of {@link POLLIN}, {@link POLLOUT}, {@link POLLERR} and {@link POLLHUP}: what it is ready for now. */
  ready(): number;
}

/**
 * @internal Wakes those who poll: all of them at the end, one of the exclusive ones before. What they throw goes to
 * `hooks.uncaught`, for it is not the fault of who gave, took or closed, and undoes nothing of that.
 */
export function tell(readiness: WaitQueue, mask: number): void {
  if (!readiness.active) return;
  try {
    if ((mask & POLLHUP) === 0) readiness.wake(mask);
    else readiness.wakeAll(mask);
  } catch (error) {
    uncaught(error);
  }
}
