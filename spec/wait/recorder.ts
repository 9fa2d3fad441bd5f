import { WaitEntry, WOKEN } from '../../lib/wait/entry.js';
import type { WaitQueue } from '../../lib/wait/queue.js';

interface Part {
  readonly answer?: number;
  readonly once?: boolean;
  readonly throws?: unknown;
  /** What else it does when called; the result is not its answer. */
  readonly does?: (entry: WaitEntry, key: unknown, queue: WaitQueue) => unknown;
}

/** Makes entries that note their name when they are called, so that an order can be compared with one literal. */
export class Recorder {
  readonly calls: string[] = [];

  entry(name: string, { answer = WOKEN, once = false, throws, does }: Part = {}): WaitEntry {
    const wake = (entry: WaitEntry, key: unknown, queue: WaitQueue): number => {
      this.calls.push(name);
      does?.(entry, key, queue);
      if (throws !== undefined) throw throws;
      return answer;
    };
    return new WaitEntry(wake, { data: name, once });
  }

  entries<const Names extends readonly string[]>(...names: Names): { [Index in keyof Names]: WaitEntry } {
    return names.map((name) => this.entry(name)) as { [Index in keyof Names]: WaitEntry };
  }

  /** The calls since this was last asked. */
  taken(): string[] {
    return this.calls.splice(0);
  }
}

export function namesOf(queue: WaitQueue): unknown[] {
  return [...queue].map(({ data }) => data);
}

/** What `act` throws; an error of its own if it does not. */
export function thrownBy(act: () => unknown): unknown {
  try {
    act();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
}
