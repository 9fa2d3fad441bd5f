import { expect } from 'chai';
import fc from 'fast-check';
import { Semaphore } from '../../lib/sync/semaphore.js';
import type { Hold } from '../../lib/sync/hold.js';
import { TimeoutError } from '../../lib/wait/errors.js';
import { seed } from '../conformance/random.js';
import { codeOf } from '../event/support.js';
import { abortable, follow, rejection, settled } from './kit.js';

describe('Semaphore', () => {
  it('gives out so many permits and no more', async () => {
    const semaphore = new Semaphore(2);
    const holds = [await semaphore.acquire(), await semaphore.acquire()];
    const trace: string[] = [];
    follow(trace, 'third', semaphore.acquire());
    await settled();
    expect([semaphore.free, semaphore.waiting, trace]).to.deep.equal([0, 1, []]);
    holds[0]?.release();
    await settled();
    expect([semaphore.free, semaphore.waiting, trace]).to.deep.equal([0, 0, ['third']]);
  });

  it('hands a permit over when it is released, before anybody else can take it', async () => {
    const semaphore = new Semaphore(1);
    const hold = await semaphore.acquire();
    const next = semaphore.acquire();
    hold.release();
    expect([semaphore.free, semaphore.tryAcquire()]).to.deep.equal([0, null]);
    expect((await next).released).to.equal(false);
  });

  it('is not starved of many permits by those who want one', async () => {
    const semaphore = new Semaphore(3);
    const first = await semaphore.acquire();
    const trace: string[] = [];
    follow(trace, 'all', semaphore.acquire({ permits: 3 }));
    follow(trace, 'one', semaphore.acquire());
    await settled();
    expect(trace).to.deep.equal([]);
    first.release();
    await settled();
    expect(trace).to.deep.equal(['all']);
  });

  it('takes permits that others wait for only when it is asked to', async () => {
    const semaphore = new Semaphore(2);
    await semaphore.acquire();
    void semaphore.acquire({ permits: 2 });
    expect(semaphore.tryAcquire()).to.equal(null);
    expect(semaphore.tryAcquire({ barge: true })?.amount).to.equal(1);
  });

  it('gives a permit back once, by release or by using', async () => {
    const semaphore = new Semaphore(1);
    const hold = await semaphore.acquire();
    expect([hold.release(), hold.release(), hold.released, semaphore.free]).to.deep.equal([true, false, true, 1]);
    {
      using held = await semaphore.acquire();
      expect([semaphore.free, held.released]).to.deep.equal([0, false]);
    }
    expect(semaphore.free).to.equal(1);
  });

  it('runs a body with a permit, which is given back when it throws', async () => {
    const semaphore = new Semaphore(1);
    expect(await semaphore.run(() => Promise.resolve(semaphore.free))).to.equal(0);
    const broken = new Error('broken');
    expect(await rejection(semaphore.run(() => Promise.reject(broken)))).to.equal(broken);
    expect(semaphore.free).to.equal(1);
  });

  it('leaves nothing behind of a wait that timed out', async () => {
    const semaphore = new Semaphore(1);
    const hold = await semaphore.acquire();
    expect(await rejection(semaphore.acquire({ timeoutMs: 0 }))).to.be.instanceOf(TimeoutError);
    expect(semaphore.waiting).to.equal(0);
    hold.release();
    expect(semaphore.free).to.equal(1);
  });

  it('can be made larger and smaller while it is used', async () => {
    const semaphore = new Semaphore(1);
    const first = await semaphore.acquire();
    const second = semaphore.acquire();
    semaphore.capacity = 2;
    const hold = await second;
    semaphore.capacity = 1;
    expect([semaphore.free, semaphore.capacity]).to.deep.equal([0, 1]);
    first.release();
    expect([semaphore.free, semaphore.tryAcquire()]).to.deep.equal([0, null]);
    hold.release();
    expect(semaphore.free).to.equal(1);
  });

  it('refuses what are no permits', () => {
    const semaphore = new Semaphore(2);
    for (const call of [
      () => new Semaphore(-1),
      () => new Semaphore(1.5),
      () => semaphore.acquire({ permits: 0 }),
      () => semaphore.acquire({ permits: 3 }),
      () => semaphore.tryAcquire({ permits: NaN }),
      () => (semaphore.capacity = -1),
    ]) {
      expect(codeOf(call)).to.equal('ERR_PERMITS');
    }
    expect(semaphore.free).to.equal(2);
  });

  it('survives random programs: never too many permits, first come first served, nobody forgotten (W6)', async () => {
    const step = fc.oneof(
      { weight: 4, arbitrary: fc.record({ acquire: fc.integer({ min: 1, max: 4 }) }) },
      { weight: 3, arbitrary: fc.record({ release: fc.nat() }) },
      { weight: 2, arbitrary: fc.record({ abort: fc.nat() }) },
      { weight: 1, arbitrary: fc.constant({ turn: true }) },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const semaphore = new Semaphore(4);
        const held: Hold[] = [];
        const waits: { permits: number; abort: () => void; state: string }[] = [];
        let model = 4;
        // Who is served is known at once, without a turn of the loop: first come, first served.
        const serve = (): void => {
          for (const wait of waits.filter(({ state }) => state === 'waits')) {
            if (wait.permits > model) return;
            model -= wait.permits;
            wait.state = 'served';
          }
        };
        for (const each of steps) {
          if ('acquire' in each) {
            const { signal, abort } = abortable();
            const wait = { permits: each.acquire, abort, state: 'waits' };
            waits.push(wait);
            semaphore.acquire({ permits: each.acquire, signal }).then(
              (hold) => {
                held.push(hold);
                wait.state += ' holds';
              },
              () => (wait.state += ' rejected'),
            );
          } else if ('release' in each) {
            const hold = held.splice(each.release % Math.max(held.length, 1), 1)[0];
            if (hold !== undefined) model += hold.amount;
            hold?.release();
          } else if ('abort' in each) {
            const wait = waits[each.abort % Math.max(waits.length, 1)];
            if (wait?.state === 'waits') wait.state = 'aborted';
            wait?.abort();
          } else await settled();
          serve();
          if (semaphore.free !== model) return false;
        }
        await settled();
        const right = waits.every(({ state }) => ['waits', 'served holds', 'aborted rejected'].includes(state));
        for (const wait of waits) wait.abort();
        await settled();
        return right;
      }),
      { seed, numRuns: 300 },
    );
  });
});
