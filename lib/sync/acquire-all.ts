import { STOP, WaitEntry } from '../wait/entry.js';
import { ArgumentError, checkDelay } from '../wait/errors.js';
import { sleep } from '../wait/sleep.js';
import { Hold, type Held } from './hold.js';
import { Semaphore } from './semaphore.js';
import type { AcquireOptions } from './takers.js';

/** What is wanted of one semaphore. */
export interface Wanted {
  readonly semaphore: Semaphore;
  /** Default 1. */
  readonly permits?: number;
}

/**
 * Acquires several semaphores at once, all or nothing, as the semaphore groups of System V do (`semop`). While it waits it
 * holds nothing, and it has its place in every line, all taken in one step: of two that want the same semaphores one is
 * before the other everywhere. So nobody waits in a circle, and what comes later, however small, does not starve it.
 * A semaphore that is named twice is wanted as often. Costs O(semaphores).
 * @throws ArgumentError `ERR_SEMAPHORES` for an empty list or what is no Semaphore; ArgumentRangeError `ERR_PERMITS`,
 *   `ERR_DELAY`; rejects with the signal's reason or a TimeoutError
 */
export function acquireAll(
  wanted: readonly (Semaphore | Wanted)[],
  options: Omit<AcquireOptions, 'barge'> = {},
): Promise<Hold> {
  if (options.timeoutMs !== undefined) checkDelay('timeoutMs', options.timeoutMs);
  const amounts = amountsOf(wanted);
  const [first] = amounts.keys();
  if (first === undefined) throw new ArgumentError('ERR_SEMAPHORES', 'wanted must name at least one semaphore');
  if (options.signal?.aborted === true) return sleep<never>(first.takers, null, options);
  const group = new Group(amounts);
  if (group.take()) return Promise.resolve(group.hold);
  return group.wait(first, options);
}

/** One request for several semaphores: a sleeper in the first one's line, and a place kept for it in the others'. */
class Group implements Held {
  readonly hold: Hold = new Hold(this, 1);
  private readonly amounts: ReadonlyMap<Semaphore, number>;
  /** Null until it stands in line. */
  private places: Map<Semaphore, WaitEntry> | null = null;

  constructor(amounts: ReadonlyMap<Semaphore, number>) {
    this.amounts = amounts;
  }

  wait(first: Semaphore, options: AcquireOptions): Promise<Hold> {
    this.places = new Map();
    const waiting = sleep(
      first.takers,
      () => this.take() && this.hold,
      { ...options, exclusive: true },
      () => {
        this.leave();
      },
    );
    for (const semaphore of this.amounts.keys()) {
      if (semaphore === first) continue;
      // Its turn there is a reason to ask the sleeper, who takes when it is first everywhere.
      const place = new WaitEntry(() => {
        first.takers.serve();
        return STOP;
      });
      this.places.set(semaphore, place);
      semaphore.takers.addExclusive(place);
    }
    return waiting as Promise<Hold>;
  }

  /** Takes all or nothing; called when nobody is before it in the first one's line. */
  take(): boolean {
    for (const [semaphore, permits] of this.amounts) {
      if (!semaphore.has(permits) || !this.isFirstIn(semaphore)) return false;
    }
    for (const [semaphore, permits] of this.amounts) semaphore.claim(permits);
    this.leave();
    return true;
  }

  /** What was acquired is given back. */
  giveBack(): void {
    for (const [semaphore, permits] of this.amounts) semaphore.giveBack(permits);
  }

  private isFirstIn(semaphore: Semaphore): boolean {
    if (this.places === null) return !semaphore.takers.active;
    const place = this.places.get(semaphore);
    return place === undefined || semaphore.takers.head === place;
  }

  /** Gives up its places, for those behind. */
  private leave(): void {
    for (const [semaphore, place] of this.places ?? []) semaphore.takers.remove(place);
    for (const { takers } of this.amounts.keys()) takers.serve();
  }
}

function amountsOf(wanted: readonly (Semaphore | Wanted)[]): Map<Semaphore, number> {
  const amounts = new Map<Semaphore, number>();
  for (const each of wanted) {
    const { semaphore, permits = 1 } = each instanceof Semaphore ? { semaphore: each } : each;
    if (!(semaphore instanceof Semaphore)) {
      throw new ArgumentError('ERR_SEMAPHORES', `wanted must name semaphores, got ${String(semaphore)}`);
    }
    semaphore.checkedAmount(permits);
    amounts.set(semaphore, (amounts.get(semaphore) ?? 0) + permits);
  }
  for (const [semaphore, permits] of amounts) semaphore.checkedAmount(permits);
  return amounts;
}
