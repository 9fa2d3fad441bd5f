import { WaitEntry, WOKEN } from '../../wait/entry.js';
import { WaitQueue } from '../../wait/queue.js';
import type { WaiterLine, WaiterOrder } from '../rival.js';

/** `waitQueue`: exclusive entries, added behind the others or before them. */
export function lineOfEntries(order: WaiterOrder): WaiterLine {
  const queue = new WaitQueue();
  return {
    wait(wake) {
      const entry = new WaitEntry(woken, { data: wake, once: true });
      if (order === 'fifo') queue.addExclusive(entry);
      else queue.addExclusiveFirst(entry);
    },
    wakeOne() {
      queue.wake();
    },
  };
}

function woken(entry: WaitEntry<() => void>): number {
  entry.data();
  return WOKEN;
}

/** `promises`: the resolve functions of those that wait, in an array, as semaphores on npm have them. */
export function lineOfPromises(order: WaiterOrder): WaiterLine {
  const waiting: (() => void)[] = [];
  return {
    wait(wake) {
      void new Promise<void>((resolve) => waiting.push(resolve)).then(wake);
    },
    wakeOne() {
      (order === 'fifo' ? waiting.shift() : waiting.pop())?.();
    },
  };
}
