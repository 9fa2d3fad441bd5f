import { STOP, WaitEntry } from '../wait/entry.js';
import { ArgumentError, checkDelay } from '../wait/errors.js';
import { sleep } from '../wait/sleep.js';
import { Hold, type Held } from './hold.js';
import { Semaphore } from './semaphore.js';
import { holding, Taking } from './taking.js';
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
  const group = new SemaphoreGroup(amountsOf(wanted));
  if (options.signal?.aborted === true) return sleep<never>(group.first.takers, null, options);
  return group.take() ? Promise.resolve(group.hold) : group.wait(options);
}

/**
 * Acquiring several semaphores at once, as a branch of a compound: of a choice, only the winner takes from them, and what
 * was taken for a compound that has no use for it is given back, all at once (E9). Throws as {@link acquireAll} does.
 */
export function acquiringAll(
  wanted: readonly (Semaphore | Wanted)[],
  options?: Omit<AcquireOptions, 'barge'>,
): Taking<Hold> {
  const group = new SemaphoreGroup(amountsOf(wanted));
  const claim = {
    group,
    ...holding(() => (group.claim() ? group.hold : null)),
    taken: () => {
      group.passOn();
    },
    entered: () => {
      group.enter();
    },
    left: () => {
      group.leave();
    },
  };
  return new Taking(group.first.takers, claim, options);
}

/**
 * One request for several semaphores: who waits stands in the first one's line, and keeps a place in the others'. The
 * `data` of each place tells whose it is. @internal
 */
export class SemaphoreGroup implements Held {
  readonly hold: Hold = new Hold(this, 1);
  readonly first: Semaphore;
  readonly amounts: ReadonlyMap<Semaphore, number>;
  /** Null until it stands in line. */
  private places: Map<Semaphore, WaitEntry> | null = null;

  constructor(amounts: ReadonlyMap<Semaphore, number>) {
    const [first] = amounts.keys();
    if (first === undefined) throw new ArgumentError('ERR_SEMAPHORES', 'wanted must name at least one semaphore');
    this.first = first;
    this.amounts = amounts;
  }

  wait(options: AcquireOptions): Promise<Hold> {
    const waiting = sleep(
      this.first.takers,
      () => this.take() && this.hold,
      { ...options, exclusive: true },
      () => {
        this.leave();
      },
    );
    // The sleeper's place is the last in the line.
    const place = this.first.takers.head?.prev;
    if (place) place.data = this;
    this.enter();
    return waiting as Promise<Hold>;
  }

  /** Keeps its places, in one step with the one in the first's line. */
  enter(): void {
    this.places = new Map();
    for (const semaphore of this.amounts.keys()) {
      if (semaphore === this.first) continue;
      // Its turn there is a reason to ask who waits, who takes when it is first everywhere.
      const serve = (): number => {
        this.first.takers.serve();
        return STOP;
      };
      const place = new WaitEntry<unknown>(serve, { data: this });
      this.places.set(semaphore, place);
      semaphore.takers.addExclusive(place);
    }
  }

  /** Takes all or nothing; called when nobody is before it in the first one's line. */
  claim(): boolean {
    for (const [semaphore, permits] of this.amounts) {
      if (!semaphore.has(permits) || !this.isFirstIn(semaphore)) return false;
    }
    for (const [semaphore, permits] of this.amounts) semaphore.claim(permits);
    this.giveUpPlaces();
    return true;
  }

  /** As {@link claim}, and lets those behind it have what is left. */
  take(): boolean {
    const taken = this.claim();
    if (taken) this.passOn();
    return taken;
  }

  /** Gives up its places, for those behind. */
  leave(): void {
    this.giveUpPlaces();
    this.passOn();
  }

  passOn(): void {
    for (const { takers } of this.amounts.keys()) takers.serve();
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

  private giveUpPlaces(): void {
    for (const [semaphore, place] of this.places ?? []) semaphore.takers.remove(place);
  }
}

function amountsOf(wanted: readonly (Semaphore | Wanted)[]): Map<Semaphore, number> {
  const amounts = new Map<Semaphore, number>();
  for (const each of wanted) {
    const given = (each instanceof Semaphore ? { semaphore: each } : each) as Partial<Wanted> | null;
    const { semaphore, permits = 1 } = given ?? {};
    if (!(semaphore instanceof Semaphore)) {
      throw new ArgumentError('ERR_SEMAPHORES', `wanted must name semaphores, got ${String(semaphore)}`);
    }
    semaphore.checkedAmount(permits);
    amounts.set(semaphore, (amounts.get(semaphore) ?? 0) + permits);
  }
  for (const [semaphore, permits] of amounts) semaphore.checkedAmount(permits);
  return amounts;
}
