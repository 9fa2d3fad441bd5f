import { SemaphoreGroup } from '../sync/acquire-all.js';
import { Barrier } from '../sync/barrier.js';
import { Channel } from '../sync/channel.js';
import { Condition } from '../sync/condition.js';
import { EventCounter } from '../sync/event-counter.js';
import { Hold } from '../sync/hold.js';
import { Latch } from '../sync/latch.js';
import { Mutex } from '../sync/mutex.js';
import { Once } from '../sync/once.js';
import { Poller } from '../sync/poller.js';
import { RwLock } from '../sync/rw-lock.js';
import { Semaphore } from '../sync/semaphore.js';
import { Takers } from '../sync/takers.js';
import { Taking } from '../sync/taking.js';
import { ArgumentRangeError, LONGEST_DELAY_MS, StateError } from '../wait/errors.js';
import type { WaitEntry } from '../wait/entry.js';
import { WaitQueue } from '../wait/queue.js';
import { nameOf } from './description.js';
import { forgetHolders, noteAgain, noteEnd, noteHold } from './holders.js';
import { noteLock } from './locks.js';
import { isWait, PendingWait } from './pending-wait.js';
import { currentTask, followTasks, runAs, Task } from './task.js';

/*
 * The development mode. While it is off nothing of it is there: no field, no flag, no branch. Turning it on puts methods
 * that also take notes in the places of some of the library's own, and turning it off puts those back.
 */

/** When {@link recordWaits} reports a wait, and to whom. */
export interface RecordingOptions {
  /** A wait that lasts longer is reported, once, in milliseconds from 1 up. Default 120,000, as of the kernel. */
  hungAfterMs?: number;
  /** What is done with a wait that has lasted too long. Default: it is printed to the standard error stream. */
  report?: (wait: PendingWait) => void;
}

const HUNG_AFTER_MS = 120_000;

let present: Recording | null = null;

/** What was recorded of a wait on the present recording. */
export function recordOf(entry: WaitEntry): PendingWait | undefined {
  return present?.waitOf(entry);
}

/** The waits that are recorded and not over; none while nothing is recorded. */
export function recordedWaits(): PendingWait[] {
  return present?.waits() ?? [];
}

/** The development mode while it is on. Made by {@link recordWaits}. */
export class Recording {
  private readonly recorded = new WeakMap<WaitEntry, PendingWait>();
  private pending = new Set<PendingWait>();
  /** Look for waits that are over when there are so many. */
  private many = 1000;
  private readonly undo: (() => void)[] = [];
  private readonly timer: ReturnType<typeof setInterval>;
  private readonly hungAfterMs: number;
  private readonly report: (wait: PendingWait) => void;

  /** @internal */
  constructor({ hungAfterMs = HUNG_AFTER_MS, report = print }: RecordingOptions) {
    this.hungAfterMs = hungAfterMs;
    this.report = report;
    followTasks(true);
    this.recordWaiting();
    this.recordHolding();
    this.timer = setInterval(() => {
      this.check();
    }, hungAfterMs);
    if (typeof this.timer === 'object') this.timer.unref();
  }

  /** The waits that began since it was turned on and are not over, in the order in which they began. */
  waits(): PendingWait[] {
    const waits = [...this.pending].filter((wait) => wait.queue !== null);
    this.pending = new Set(waits);
    this.many = Math.max(1000, 2 * waits.length);
    return waits;
  }

  /** Reports the waits that have lasted too long; done by itself every `hungAfterMs`. Returns how many. */
  check(): number {
    const hung = this.waits().filter((wait) => !wait.reported && wait.ageMs >= this.hungAfterMs);
    for (const wait of hung) {
      wait.reported = true;
      this.report(wait);
    }
    return hung.length;
  }

  /** Turns it off. What was recorded is forgotten. A second call does nothing. */
  stop(): void {
    if (present !== this) return;
    present = null;
    clearInterval(this.timer);
    for (const undo of this.undo) undo();
    followTasks(false);
    forgetHolders();
  }

  [Symbol.dispose](): void {
    this.stop();
  }

  /** @internal */
  waitOf(entry: WaitEntry): PendingWait | undefined {
    return this.recorded.get(entry);
  }

  private recordWaiting(): void {
    const note = (entry: WaitEntry): void => {
      if (!isWait(entry)) return;
      const wait = new PendingWait(entry, currentTask());
      this.recorded.set(entry, wait);
      this.pending.add(wait);
      if (this.pending.size > this.many) this.waits();
    };
    this.replace(WaitQueue.prototype as unknown as Methods, 'insert', (insert) => {
      return function (this: object, entry, ...place): unknown {
        insert.call(this, entry, ...place);
        note(entry as WaitEntry);
        return undefined;
      };
    });
  }

  private recordHolding(): void {
    // Whose line a claim stands in is known while the lock's own method runs.
    let acquiring: object | null = null;
    const noted = <T>(lock: object, taken: T, task: Task | null): T => {
      if (taken instanceof Hold && present === this) noteHold(lock, taken, task);
      if (taken instanceof Taking) noteClaim(taken as unknown as Claiming, (hold) => noted(lock, hold, task));
      return taken;
    };
    const during = (lock: object, acquire: () => unknown): unknown => {
      const outer = acquiring;
      acquiring = lock;
      noteLock(lock);
      try {
        return acquire();
      } finally {
        acquiring = outer;
      }
    };
    for (const [prototype, names] of acquirers) {
      for (const name of names) {
        this.replace(prototype, name, (method) => {
          return function (this: object, ...args): unknown {
            return during(this, () => noted(this, method.apply(this, args), currentTask()));
          };
        });
      }
    }
    // The claim is made when its turn has come, while somebody else runs.
    this.replace(Takers.prototype as unknown as Methods, 'take', (take) => {
      return function (this: object, claim, ...rest): unknown {
        const [lock, task] = [acquiring ?? this, currentTask()];
        return take.call(this, () => noted(lock, (claim as () => unknown)(), task), ...rest);
      };
    });
    this.recordGroups();
    for (const [name, note] of ends) {
      this.replace(Hold.prototype as unknown as Methods, name, (method) => {
        return function (this: object, ...args): unknown {
          note(this as Hold);
          return method.apply(this, args);
        };
      });
    }
    for (const prototype of runners) {
      this.replace(prototype, 'run', (run) => {
        return function (this: object, ...args): unknown {
          return runAs(new Task(`the run of ${nameOf(this)}`, currentTask()), () => run.apply(this, args));
        };
      });
    }
  }

  /** Several semaphores at once: who asks is known when it gets in line, and what it has when it claims them. */
  private recordGroups(): void {
    const tasks = new WeakMap<object, Task | null>();
    const prototype = SemaphoreGroup.prototype as unknown as Methods;
    this.replace(prototype, 'enter', (enter) => {
      return function (this: object): unknown {
        tasks.set(this, currentTask());
        for (const semaphore of (this as SemaphoreGroup).amounts.keys()) noteLock(semaphore);
        return enter.call(this);
      };
    });
    this.replace(prototype, 'claim', (claim) => {
      return function (this: object): unknown {
        const claimed = claim.call(this);
        const task = tasks.has(this) ? tasks.get(this) : currentTask();
        const { amounts, hold } = this as SemaphoreGroup;
        if (claimed === true) for (const [lock, permits] of amounts) noteHold(lock, hold, task ?? null, permits);
        return claimed;
      };
    });
  }

  /** Puts another method in the place of one, until the recording stops. */
  private replace(prototype: Methods, name: string, replacement: (original: Method) => Method): void {
    const original = prototype[name] as Method;
    prototype[name] = replacement(original);
    this.undo.push(() => {
      prototype[name] = original;
    });
  }
}

type Method = (this: object, ...args: unknown[]) => unknown;
type Methods = Record<string, Method>;

/** A branch, as far as it is looked into. */
interface Claiming {
  readonly how: { take: () => unknown };
}

/** Of a branch it is known where it was made who has what it takes: it takes while somebody else runs. */
function noteClaim({ how }: Claiming, note: (taken: unknown) => unknown): void {
  const { take } = how;
  how.take = () => note(take());
}

/** What answers with a hold or stands in line for one, and what else makes it known whose a queue is. */
const acquirers = [
  [Mutex.prototype, ['acquire', 'acquiring', 'tryAcquire', 'retake']],
  [Semaphore.prototype, ['acquire', 'acquiring', 'tryAcquire']],
  [RwLock.prototype, ['read', 'reading', 'write', 'writing', 'tryRead', 'tryWrite', 'upgrade', 'downgrade']],
  [Channel.prototype, ['send', 'sending', 'receive', 'receiving']],
  [EventCounter.prototype, ['read', 'reading', 'write', 'writing']],
  [Barrier.prototype, ['arrive', 'arriving']],
  [Condition.prototype, ['wait']],
  [Latch.prototype, ['wait', 'opening']],
  [Once.prototype, ['get', 'getting']],
  [Poller.prototype, ['wait']],
] as unknown as [Methods, string[]][];

/** What becomes of a hold. */
const ends: [name: string, note: (hold: Hold) => void][] = [
  ['release', noteEnd],
  ['forget', noteEnd],
  ['retake', noteAgain],
];

const runners = [Mutex.prototype, Semaphore.prototype] as unknown as Methods[];

function print(wait: PendingWait): void {
  console.error(String(wait));
}

/**
 * Turns the development mode on: from now on it is recorded where and by which {@link task} each wait began and who
 * acquired which lock, and waits that last too long are reported, as the kernel does it for hung tasks. Each wait costs a
 * stack trace: for development, and for looking into a program that hangs. The interval does not keep the process alive.
 * @throws ArgumentRangeError `ERR_DELAY`; StateError `ERR_RECORDING` while it is on
 */
export function recordWaits(options: RecordingOptions = {}): Recording {
  const { hungAfterMs = HUNG_AFTER_MS } = options;
  if (!(hungAfterMs >= 1 && hungAfterMs <= LONGEST_DELAY_MS)) {
    throw new ArgumentRangeError(
      'ERR_DELAY',
      `hungAfterMs must be from 1 to ${String(LONGEST_DELAY_MS)} milliseconds, got ${String(hungAfterMs)}`,
    );
  }
  if (present !== null) throw new StateError('ERR_RECORDING', 'Waits are being recorded already; stop that first');
  return (present = new Recording(options));
}
