import { expect } from 'chai';
import fc from 'fast-check';
import sinon from 'sinon';
import { allOf } from '../../lib/event/all-of.js';
import { anyOf } from '../../lib/event/any-of.js';
import type { Losers } from '../../lib/event/collation.js';
import { Completion } from '../../lib/event/completion.js';
import { firstOf } from '../../lib/event/first-of.js';
import { guard } from '../../lib/compound/guard.js';
import { Mutex } from '../../lib/sync/mutex.js';
import { seed } from '../conformance/random.js';
import { Channel } from '../../lib/sync/channel.js';

describe('guard', () => {
  /** A guard over a completion, which tells how often it was built and lost. */
  function guarded<T = number>() {
    const inner = new Completion<T>();
    const seen = { built: 0, lost: 0 };
    const branch = guard<T>((lost) => {
      seen.built++;
      lost.notify(() => seen.lost++);
      return inner;
    });
    return { branch, inner, seen };
  }

  it('is built when somebody waits for it, once', () => {
    const { branch, inner, seen } = guarded();
    branch.onCancel(() => undefined);
    expect(seen.built).to.equal(0);
    branch.notify(() => undefined);
    branch.notify(() => undefined);
    inner.complete(1);
    expect([seen, branch.value]).to.deep.equal([{ built: 1, lost: 0 }, 1]);
  });

  it('is not built for a choice that others have decided, nor after a cancel', () => {
    const [late, cancelled] = [guarded(), guarded()];
    anyOf([allOf([]), late.branch]);
    cancelled.branch.cancel();
    cancelled.branch.notify(() => undefined);
    expect([late.seen.built, late.branch.state, cancelled.seen.built]).to.deep.equal([0, 'cancelled', 0]);
  });

  it('fails with what building throws, or with what is built', () => {
    const throws = firstOf([
      guard(() => {
        throw new Error('unbuilt');
      }),
    ]);
    const { branch, inner, seen } = guarded();
    const fails = firstOf([branch]);
    inner.fail('e');
    expect([String(throws.error), fails.error, seen.lost]).to.deep.equal(['Error: unbuilt', 'e', 0]);
    expect(firstOf([guard(() => 1 as never)]).error).to.have.property('code', 'ERR_WAITABLE');
  });

  it('owns what is built, and passes its cancel on (E3)', () => {
    const { branch, inner, seen } = guarded();
    const race = firstOf([branch]);
    race.cancel('r');
    expect([inner.state, branch.state, race.state, seen.lost]).to.deep.equal(['cancelled', 'cancelled', 'cancelled', 1]); // prettier-ignore
  });

  it('leaves alone what is built and has another owner, whether it is cancelled or settled by hand (E3)', () => {
    for (const end of [
      (branch: Completion<number>) => branch.cancel(),
      (branch: Completion<number>) => branch.complete(1),
    ]) {
      const { branch, inner, seen } = guarded();
      const owner = allOf([inner]);
      branch.notify(() => undefined);
      end(branch);
      expect([branch.settled, inner.state, seen.lost]).to.deep.equal([true, 'pending', 1]);
      owner.cancel();
    }
  });

  it('of a promise has its value', async () => {
    expect(await guard(() => Promise.resolve(1))).to.equal(1);
  });

  it('tells that it has lost, once, whatever becomes of losers (E6 E9)', () => {
    for (const losers of ['cancel', 'join', 'leave'] as const) {
      const [a, b] = [guarded(), guarded()];
      const race = firstOf([a.branch, b.branch], { losers });
      a.inner.complete(1);
      b.inner.complete(2);
      a.branch.cancel();
      b.branch.cancel();
      expect([race.value, a.seen.lost, b.seen.lost]).to.deep.equal([1, 0, 1]);
    }
  });

  it('does not tell it of a group of which one member won (E9)', () => {
    const [x, y, other] = [new Completion<number>(), new Completion<number>(), guarded()];
    let lost = 0;
    const group = guard((nobody) => {
      nobody.notify(() => lost++);
      return anyOf([x, y]);
    });
    const race = firstOf([group, other.branch]);
    y.complete(2);
    expect([race.value, x.state, lost, other.seen.lost]).to.deep.equal([2, 'cancelled', 0, 1]);
  });

  it('tells it also when it had brought its value home, and the compound fails (E9)', () => {
    const { branch, inner, seen } = guarded();
    const all = allOf([branch, new Completion<number>()]);
    inner.complete(1);
    expect(seen.lost).to.equal(0);
    all.cancel();
    expect(seen.lost).to.equal(1);
  });

  it('gives back what was taken under it (E9)', () => {
    const mutex = new Mutex();
    const all = allOf([guard(() => anyOf([mutex.acquiring()])), new Completion()]);
    expect(mutex.locked).to.equal(true);
    all.cancel();
    expect(mutex.locked).to.equal(false);
  });

  it('tells it exactly once, and only when no member of the group won, in random programs (E9)', () => {
    interface Group {
      lost: number;
      done: boolean;
      failed: boolean;
      members: Completion<number>[];
    }
    const losersOf = fc.constantFrom<Losers>('cancel', 'join', 'leave');
    const run = (
      sizes: readonly number[],
      losers: Losers,
      steps: readonly (readonly [number, number])[],
      inside: boolean,
    ): void => {
      const groups: Group[] = [];
      const race = firstOf(
        sizes.map((size) =>
          guard<number>((lost) => {
            const members = Array.from({ length: size }, () => new Completion<number>());
            const group: Group = { lost: 0, done: false, failed: false, members };
            groups.push(group);
            lost.notify(() => group.lost++);
            const one = anyOf(members);
            one.intercept((outcome) => {
              group.done = outcome.status === 'done';
              group.failed = outcome.status === 'failed';
            });
            return one;
          }),
        ),
        { losers },
      );
      // Several may happen in one callback, where claims come before walks.
      const trigger = new Completion();
      const play = (): void => {
        for (const [which, what] of steps) {
          const members = groups.flatMap((group) => group.members);
          const member = members[which % members.length];
          if (what === 0) member?.complete(which);
          else if (what === 1) member?.fail(which);
          else if (what === 2) member?.cancel();
          else if (which % 3 === 0) race.cancel();
        }
      };
      if (inside) trigger.notify(play);
      else play();
      trigger.complete();
      race.cancel();
      const winner = race.state === 'done' ? 1 : 0;
      const told = groups.map(({ lost }) => lost);
      expect(Math.max(...told)).to.be.at.most(1);
      // A group that failed has ended by itself, and has nothing to be told.
      const silent = groups.filter(({ lost }) => lost === 0);
      expect(silent.filter(({ failed }) => !failed).length, told.join()).to.equal(winner);
      if (winner === 1) expect(silent.some(({ done }) => done)).to.equal(true);
    };
    const sizes = fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 1, maxLength: 4 });
    const steps = fc.array(fc.tuple(fc.nat(11), fc.nat(3)), { maxLength: 6 });
    fc.assert(fc.property(sizes, losersOf, steps, fc.boolean(), run), { seed, numRuns: 500 });
  });

  it('does not give back what belongs to another owner (E3 E9)', () => {
    const channel = new Channel<number>(1);
    const receiving = channel.receiving();
    const owner = allOf([receiving]);
    const branches = allOf([guard(() => receiving), new Completion<number>()]);
    channel.trySend(1);
    branches.cancel();
    expect([owner.value, channel.tryReceive()]).to.deep.equal([[1], null]);
  });

  it('of 20,000 in a row is built, settled, cancelled and given back without recursion (W7 E9)', () => {
    const rowOver = (source: Completion<unknown>): Completion<unknown> => {
      let top = source;
      for (let i = 0; i < 20_000; i++) {
        const inner = top;
        top = guard(() => inner);
      }
      return top;
    };
    const [source, stopped, mutex] = [new Completion<number>(), new Completion<number>(), new Mutex()];
    const [top, cancelled] = [rowOver(source), rowOver(stopped)];
    for (const each of [top, cancelled]) each.notify(() => undefined);
    source.complete(1);
    cancelled.cancel();
    const both = allOf([rowOver(mutex.acquiring()), new Completion()]);
    expect([top.value, stopped.state, mutex.locked]).to.deep.equal([1, 'cancelled', true]);
    both.cancel();
    expect(mutex.locked).to.equal(false);
  });

  it('of 1,000 with compounds in between that fails is asked to give back a few times each (W7 E9)', () => {
    const [source, mutex] = [new Completion<number>(), new Mutex()];
    const taking = mutex.acquiring();
    const refuse = sinon.spy(taking, 'refuse');
    let top: Completion<unknown> = allOf([taking, source]);
    for (let i = 0; i < 1000; i++) {
      const inner = top;
      top = i % 2 === 0 ? guard(() => inner) : allOf([inner]);
    }
    top.notify(() => undefined);
    source.fail('e');
    expect([top.error, mutex.locked, refuse.callCount < 10]).to.deep.equal(['e', false, true]);
  });
});
