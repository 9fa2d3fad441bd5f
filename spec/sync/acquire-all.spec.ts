import { expect } from 'chai';
import fc from 'fast-check';
import { anyOf } from '../../lib/event/any-of.js';
import { allOf } from '../../lib/event/all-of.js';
import { Completion } from '../../lib/event/completion.js';
import { firstOf } from '../../lib/event/first-of.js';
import { acquireAll, acquiringAll } from '../../lib/sync/acquire-all.js';
import type { Hold } from '../../lib/sync/hold.js';
import { Semaphore } from '../../lib/sync/semaphore.js';
import { TimeoutError } from '../../lib/wait/errors.js';
import { seed } from '../conformance/random.js';
import { codeOf } from '../event/support.js';
import { abortable, follow, rejection, settled } from './kit.js';

describe('acquireAll', () => {
  it('takes all or nothing', async () => {
    const [a, b] = [new Semaphore(2), new Semaphore(1)];
    const b1 = await b.acquire();
    const both = acquireAll([{ semaphore: a, permits: 2 }, b]);
    expect([a.free, b.free]).to.deep.equal([2, 0]);
    b1.release();
    const hold = await both;
    expect([a.free, b.free]).to.deep.equal([0, 0]);
    hold.release();
    expect([a.free, b.free]).to.deep.equal([2, 1]);
  });

  it('takes at once what is free, also of one semaphore, and counts one that is named twice', async () => {
    const semaphore = new Semaphore(3);
    const hold = await acquireAll([semaphore, { semaphore, permits: 1 }]);
    expect(semaphore.free).to.equal(1);
    const waiting = acquireAll([{ semaphore, permits: 3 }]);
    hold.release();
    expect((await waiting).released).to.equal(false);
    expect(semaphore.free).to.equal(0);
  });

  it('does not let two wait for each other, whatever the order in which they name', async () => {
    const [a, b] = [new Semaphore(1), new Semaphore(1)];
    const held = [await a.acquire(), await b.acquire()];
    const trace: string[] = [];
    const first = acquireAll([a, b]);
    const second = acquireAll([b, a]);
    follow(trace, 'first', first);
    follow(trace, 'second', second);
    for (const hold of held.reverse()) hold.release();
    await settled();
    expect(trace).to.deep.equal(['first']);
    (await first).release();
    await settled();
    expect(trace).to.deep.equal(['first', 'second']);
  });

  it('is not starved by those who want less', async () => {
    const [a, b] = [new Semaphore(1), new Semaphore(1)];
    const holdB = await b.acquire();
    const trace: string[] = [];
    follow(trace, 'both', acquireAll([a, b]));
    follow(trace, 'a', a.acquire());
    await settled();
    expect([trace, a.free]).to.deep.equal([[], 1]);
    holdB.release();
    await settled();
    expect(trace).to.deep.equal(['both']);
  });

  it('takes nothing past those who are before it in another line', async () => {
    const [a, b] = [new Semaphore(2), new Semaphore(1)];
    const [holdA, holdB] = [await a.acquire(), await b.acquire()];
    const trace: string[] = [];
    follow(trace, 'all of a', a.acquire({ permits: 2 }));
    follow(trace, 'b and a', acquireAll([b, a]));
    holdB.release();
    await settled();
    expect([trace, a.free]).to.deep.equal([[], 1]);
    holdA.release();
    await settled();
    expect(trace).to.deep.equal(['all of a']);
  });

  it('leaves its places when it is aborted or times out, and those behind are served', async () => {
    const [a, b] = [new Semaphore(1), new Semaphore(1)];
    const holdB = await b.acquire();
    const { signal, abort } = abortable();
    const both = acquireAll([a, b], { signal });
    const onlyA = a.acquire({ timeoutMs: 1000 });
    abort('enough');
    expect(await rejection(both)).to.equal('enough');
    (await onlyA).release();
    expect(await rejection(acquireAll([b, a], { timeoutMs: 0 }))).to.be.instanceOf(TimeoutError);
    expect([a.waiting, b.waiting]).to.deep.equal([0, 0]);
    holdB.release();
    expect([a.free, b.free]).to.deep.equal([1, 1]);
  });

  it('refuses what it cannot acquire, and takes nothing', async () => {
    const a = new Semaphore(1);
    expect(codeOf(() => acquireAll([]))).to.equal('ERR_SEMAPHORES');
    expect(codeOf(() => acquireAll([{ semaphore: {} as Semaphore }]))).to.equal('ERR_SEMAPHORES');
    expect(codeOf(() => acquireAll([null as unknown as Semaphore]))).to.equal('ERR_SEMAPHORES');
    expect(codeOf(() => acquireAll([a, a]))).to.equal('ERR_PERMITS');
    expect(codeOf(() => acquireAll([a], { timeoutMs: -1 }))).to.equal('ERR_DELAY');
    expect(await rejection(acquireAll([a], { signal: AbortSignal.abort('before') }))).to.equal('before');
    expect(a.free).to.equal(1);
  });

  it('survives random programs: all or nothing, never too many, and everybody is served in the end', async () => {
    const wants = fc.array(fc.integer({ min: 0, max: 2 }), { minLength: 3, maxLength: 3 }).filter((list) => list.some((n) => n > 0)); // prettier-ignore
    const step = fc.oneof(
      { weight: 4, arbitrary: fc.record({ wants, branch: fc.boolean() }) },
      { weight: 3, arbitrary: fc.record({ release: fc.nat() }) },
      { weight: 1, arbitrary: fc.record({ abort: fc.nat() }) },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
        const semaphores = [new Semaphore(2), new Semaphore(2), new Semaphore(3)];
        const held: Hold[] = [];
        const aborts: (() => void)[] = [];
        let pending = 0;
        const free = (): number => semaphores.reduce((sum, semaphore) => sum + semaphore.free, 0);
        for (const each of steps) {
          if ('wants' in each) {
            const { signal, abort } = abortable();
            const wanted = each.wants.flatMap((permits, i) => (permits === 0 ? [] : [{ semaphore: semaphores[i] as Semaphore, permits }])); // prettier-ignore
            aborts.push(abort);
            pending++;
            const acquired = each.branch ? acquiringAll(wanted, { signal }).promise() : acquireAll(wanted, { signal });
            acquired.then(
              (hold) => {
                pending--;
                held.push(hold);
              },
              () => pending--,
            );
          } else if ('release' in each) held.splice(each.release % Math.max(held.length, 1), 1)[0]?.release();
          else aborts[each.abort % Math.max(aborts.length, 1)]?.();
          await settled();
        }
        // Whoever still waits is served as the others give back.
        for (let hold = held.shift(); hold !== undefined; hold = held.shift()) {
          hold.release();
          await settled();
        }
        return pending === 0 && free() === 7 && semaphores.every(({ waiting }) => waiting === 0);
      }),
      { seed, numRuns: 200 },
    );
  });
});

describe('acquiringAll', () => {
  it('of a choice takes only when it wins, all or nothing (E9)', () => {
    const [a, b] = [new Semaphore(2), new Semaphore(1)];
    const held = b.tryAcquire();
    const other = new Completion<string>();
    const chosen = firstOf([acquiringAll([{ semaphore: a, permits: 2 }, b]), other]);
    expect([a.free, a.waiting, b.waiting]).to.deep.equal([2, 1, 1]);
    other.complete('other');
    expect([chosen.value, a.waiting, b.waiting, held?.release()]).to.deep.equal(['other', 0, 0, true]);
    const [one, two] = [anyOf([acquiringAll([a, b]), acquiringAll([b])]), anyOf([acquiringAll([b, a])])];
    expect([one.state, two.state, a.free, b.free, a.waiting, b.waiting]).to.deep.equal(['done', 'pending', 1, 0, 1, 1]);
    one.value.release();
    expect([two.state, a.free, b.free]).to.deep.equal(['done', 1, 0]);
  });

  it('gives all of it back when nobody has use for it, and lets those behind have it (E9)', async () => {
    const [a, b] = [new Semaphore(1), new Semaphore(1)];
    const both = allOf([acquiringAll([a, b]), new Completion()]);
    const behind = [a.acquire(), b.acquire()];
    expect([a.free, b.free]).to.deep.equal([0, 0]);
    both.cancel();
    for (const each of behind) (await each).release();
    expect([a.free, b.free]).to.deep.equal([1, 1]);
  });

  it('lets those behind it have what it has left, once it has taken or left (W6)', async () => {
    const [a, b] = [new Semaphore(2), new Semaphore(2)];
    const held = [a.tryAcquire(), b.tryAcquire({ permits: 2 })];
    const waits = acquiringAll([a, { semaphore: b, permits: 2 }]);
    waits.notify(() => undefined);
    const [behindA, behindB] = [a.acquire({ timeoutMs: 1000 }), b.acquire({ timeoutMs: 1000 })];
    expect([a.waiting, b.waiting]).to.deep.equal([2, 2]);
    waits.cancel();
    held[1]?.release();
    for (const each of [await behindA, await behindB]) each.release();
    const [again, third] = [acquiringAll([{ semaphore: b, permits: 2 }, a]), b.tryAcquire()];
    again.notify(() => undefined);
    const behind = a.acquire({ timeoutMs: 1000 });
    held[0]?.release();
    third?.release();
    (await behind).release();
    expect([again.state, a.free, b.free]).to.deep.equal(['done', 1, 0]);
  });

  it('has its place in every line before anybody is served, so that nobody waits in a circle (E9)', () => {
    const [a, b] = [new Semaphore(2), new Semaphore(1)];
    const held = a.tryAcquire({ permits: 1 });
    const states: unknown[] = [];
    // The first in the line of a goes on while the other takes its places, and wants both as well.
    const first = a.acquiring({ permits: 2 });
    let second: Completion<Hold> | undefined;
    first.notify(({ state }) => {
      if (state !== 'cancelled') return;
      second = acquiringAll([b, a]);
      second.notify(() => undefined);
    });
    const third = acquiringAll([{ semaphore: a, permits: 2 }, b]);
    third.notify(() => undefined);
    first.cancel();
    held?.release();
    states.push(third.state, second?.state);
    third.value.release();
    states.push(second?.state, a.free, b.free);
    expect(states).to.deep.equal(['done', 'pending', 'done', 1, 0]);
  });

  it('refuses what acquireAll refuses, at once', () => {
    const a = new Semaphore(1);
    expect(codeOf(() => acquiringAll([]))).to.equal('ERR_SEMAPHORES');
    expect(codeOf(() => acquiringAll([a, a]))).to.equal('ERR_PERMITS');
  });
});
