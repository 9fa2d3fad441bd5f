import { expect } from 'chai';
import sinon from 'sinon';
import { watch } from '../../lib/event/waitable.js';
import type { Completion } from '../../lib/event/completion.js';
import { firstOf } from '../../lib/event/first-of.js';
import { acquiringAll } from '../../lib/sync/acquire-all.js';
import { Barrier } from '../../lib/sync/barrier.js';
import { Latch } from '../../lib/sync/latch.js';
import { Mutex } from '../../lib/sync/mutex.js';
import { Once } from '../../lib/sync/once.js';
import { Semaphore } from '../../lib/sync/semaphore.js';
import type { StandingOptions } from '../../lib/sync/standing.js';
import type { WaitQueue } from '../../lib/wait/queue.js';
import { AbortError, TimeoutError } from '../../lib/wait/errors.js';
import { codeOf } from '../event/support.js';
import { abortable } from './kit.js';

interface Subject {
  readonly branch: (options?: StandingOptions) => Completion<unknown>;
  /** How many places are taken. */
  readonly places: () => number;
}

const on = (owner: object): number => (owner as { queue: WaitQueue }).queue.size;

/** All that stands somewhere while somebody waits for it, each where it has to wait. */
const subjects: Record<string, () => Subject> = {
  Mutex: () => {
    const mutex = new Mutex();
    mutex.tryAcquire();
    return { branch: (options) => mutex.acquiring(options), places: () => mutex.waiting };
  },
  acquiringAll: () => {
    const [one, two] = [new Semaphore(1), new Semaphore(1)];
    two.tryAcquire();
    return {
      branch: (options) => acquiringAll([one, two], options),
      places: () => (one.waiting === two.waiting ? one.waiting : NaN),
    };
  },
  Barrier: () => {
    const barrier = new Barrier(9);
    return { branch: (options) => barrier.arriving(options), places: () => barrier.waiting };
  },
  Latch: () => {
    const latch = new Latch(1);
    return { branch: (options) => latch.opening(options), places: () => on(latch) };
  },
  Once: () => {
    const once = new Once(() => new Promise<never>(() => undefined));
    return { branch: (options) => once.getting(options), places: () => on(once) };
  },
};

describe('Standing', () => {
  for (const [name, make] of Object.entries(subjects)) {
    describe(name, () => {
      it('stands while somebody waits: from the first who does to the last, and again for the next (E6)', () => {
        const { branch, places } = make();
        const standing = branch();
        standing.onCancel(() => undefined);
        standing.intercept(() => undefined);
        expect(places()).to.equal(0);
        const [one, two] = [firstOf([watch(standing)]), firstOf([watch(standing)])];
        expect(places()).to.equal(1);
        one.cancel();
        expect(places()).to.equal(1);
        two.cancel();
        expect([places(), standing.state]).to.deep.equal([0, 'pending']);
        const three = firstOf([standing]);
        expect(places()).to.equal(1);
        three.cancel();
        expect([places(), standing.state]).to.deep.equal([0, 'cancelled']);
      });

      it('ends with a signal and after a time, leaving nothing behind (W6)', () => {
        const clock = sinon.useFakeTimers();
        try {
          const { branch, places } = make();
          const { signal, abort } = abortable();
          const all = [branch({ signal }), branch({ timeoutMs: 5, unref: true }), branch({ timeoutMs: 5 })] as const;
          for (const each of all) each.notify(() => undefined);
          const [aborted, late, unneeded] = all;
          expect(places()).to.equal(3);
          unneeded.cancel('r');
          abort('enough');
          expect([places(), aborted.error, (unneeded.error as AbortError).cause]).to.deep.equal([1, 'enough', 'r']);
          clock.tick(5);
          expect([places(), clock.countTimers()]).to.deep.equal([0, 0]);
          expect(late.error).to.be.instanceOf(TimeoutError);
          expect(codeOf(() => branch({ timeoutMs: -1 }))).to.equal('ERR_DELAY');
        } finally {
          clock.restore();
        }
      });

      it('settled by hand, leaves (W6)', () => {
        const { branch, places } = make();
        for (const ends of ['complete', 'fail'] as const) {
          const standing = branch({ timeoutMs: 60_000, unref: true });
          standing.notify(() => undefined);
          standing[ends]('by hand');
          expect(places()).to.equal(0);
        }
      });
    });
  }
});
