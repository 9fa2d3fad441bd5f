import { counters } from '../counters.js';
import { keepingEnds } from '../endings.js';
import type { Io } from '../io.js';
import { WaitingList, type Slot } from '../waiting-list.js';

/**
 * Searches every list in which something waits, and withdraws the headers for which `isOurs` answers true: what is left
 * to a design without links (I5). Lists also hold headers of other requests and of other designs. Costs O(all that wait).
 */
export function pullWaiting(isOurs: (io: Io) => boolean): void {
  const found: Slot[] = [];
  for (const list of WaitingList.all) {
    for (const slot of list) {
      counters.visited++;
      if (isOurs(slot.io)) found.push(slot);
    }
  }
  // All leave their queues before the first end is passed up: it would make room for another to run.
  keepingEnds(() => {
    for (const slot of found) slot.list?.withdraw(slot);
  });
}
