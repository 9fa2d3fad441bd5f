import { EventEmitter } from 'node:events';
import { expect } from 'chai';
import sinon from 'sinon';
import { All, allOf } from '../../lib/event/all-of.js';
import { anyOf } from '../../lib/event/any-of.js';
import type { Child } from '../../lib/event/child.js';
import { Completion, ReusableCompletion } from '../../lib/event/completion.js';
import type { Collation, CompoundOptions } from '../../lib/event/collation.js';
import { CompoundEvent } from '../../lib/event/compound.js';
import { firstOf } from '../../lib/event/first-of.js';
import { fromEmitter } from '../../lib/adapters/from-emitter.js';
import { hooks } from '../../lib/event/hooks.js';
import { TAKES } from '../../lib/event/marks.js';
import { timeout } from '../../lib/adapters/timeout.js';
import { watch } from '../../lib/event/waitable.js';
import { AbortError } from '../../lib/wait/errors.js';
import { WaitQueue } from '../../lib/wait/queue.js';
import { codeOf, collectUncaught, noteSettling, ownerOf, turns } from './support.js';

const million = 1_000_000;

/** Decides with the sum once every child has settled, as a volume manager does (N7). */
const summing: Collation<number, number> = {
  arrive: () => undefined,
  conclude: (parent) => {
    const done = parent.children.filter((child) => child.state === 'done');
    parent.decide(done.reduce((sum, child) => sum + child.value, 0));
  },
};

/** Decides with the first value. */
const first: Collation<number, number> = {
  arrive: (parent, child) => {
    if (child.state === 'done') parent.decide(child.value);
  },
  conclude: (parent) => void parent.decideFailure('none'),
};

const children = (count: number): Completion<number>[] => Array.from({ length: count }, () => new Completion<number>());
const pair = (): [Completion<number>, Completion<number>] => [new Completion<number>(), new Completion<number>()];
const leftRunning = (): Completion<number> => {
  const completion = new Completion<number>();
  completion.onCancel(() => false);
  return completion;
};

describe('CompoundEvent', () => {
  const uncaught = collectUncaught();

  describe('seal', () => {
    it('lets the parent settle; before that it waits, though every child has settled (E2)', () => {
      const parent = new CompoundEvent(summing);
      const [a, b] = pair();
      parent.own(a);
      a.complete(1);
      expect([parent.state, parent.decided, parent.sealed]).to.deep.equal(['pending', false, false]);
      b.complete(2);
      parent.own(b);
      expect(parent.state).to.equal('pending');
      parent.seal();
      expect([parent.value, parent.sealed]).to.deep.equal([3, true]);
      parent.seal();
    });

    it('keeps back a parent that is decided, which says so (E2)', () => {
      const parent = new CompoundEvent(first);
      const [a] = pair();
      parent.own(a);
      a.complete(1);
      expect([parent.decided, parent.state, parent.settled]).to.deep.equal([true, 'pending', false]);
      parent.seal();
      expect(parent.value).to.equal(1);
    });

    it('makes each child that comes after the decision a loser at once (E2 E6)', () => {
      const lost: unknown[] = [];
      const parent = new CompoundEvent(first, { onLose: (child) => lost.push(child.source) });
      const [a, late] = pair();
      const watched = new Completion<number>();
      parent.own(a);
      a.complete(1);
      const child = parent.own(late);
      parent.watch(watched);
      expect([late.state, late.size, ownerOf(late), watched.state, watched.size]).to.deep.equal([
        ...['cancelled', 0, null, 'pending', 0],
      ]);
      expect([child.lost, child.arrival, lost]).to.deep.equal([true, -1, [late, watched]]);
      parent.seal();
      expect(parent.value).to.equal(1);
    });

    it('makes a loser also of a child that had settled when it came after the decision (E2 E6)', () => {
      const lost: unknown[] = [];
      const parent = new CompoundEvent(first, { onLose: (child) => lost.push(child.source) });
      const [a, late] = pair();
      late.complete(2);
      parent.own(a);
      a.complete(1);
      const child = parent.own(late);
      expect([child.lost, child.state, lost]).to.deep.equal([true, 'done', [late]]);
      parent.seal();
      expect(parent.value).to.equal(1);
    });

    it('refuses a child that comes after it (E2)', () => {
      const parent = new CompoundEvent(summing);
      parent.seal();
      const [late] = pair();
      expect([codeOf(() => parent.own(late)), codeOf(() => parent.watch(late))]).to.deep.equal([
        ...['ERR_SEALED', 'ERR_SEALED'],
      ]);
      expect([late.size, parent.value]).to.deep.equal([0, 0]);
    });

    it('after a cancel settles the parent, and each later child is cancelled (E2)', () => {
      const parent = new CompoundEvent(summing);
      const [a, late] = pair();
      const watched = new Completion<number>();
      parent.own(a);
      expect([parent.cancel('r'), a.state, parent.state]).to.deep.equal(['requested', 'cancelled', 'pending']);
      parent.own(late);
      parent.watch(watched);
      expect([late.state, (late.error as AbortError).cause]).to.deep.equal(['cancelled', 'r']);
      expect([watched.state, watched.size]).to.deep.equal(['pending', 0]);
      parent.seal();
      expect([parent.state, (parent.error as AbortError).cause]).to.deep.equal(['cancelled', 'r']);
    });

    it('after a cancel of a parent without children settles it (E2)', () => {
      const parent = new CompoundEvent(summing);
      expect([parent.cancel('r'), parent.state]).to.deep.equal(['requested', 'pending']);
      parent.seal();
      expect(parent.state).to.equal('cancelled');
    });
  });

  describe('own', () => {
    it('cancels the child with the parent, with its reason (E3)', () => {
      const [a, b] = pair();
      const parent = allOf([a, b]);
      expect([ownerOf(a), ownerOf(b)]).to.deep.equal([parent, parent]);
      expect(parent.cancel('r')).to.equal('cancelled');
      expect([a, b].map(({ error }) => (error as AbortError).cause)).to.deep.equal(['r', 'r']);
    });

    it('refuses a child that has an owner, unless it is watched (E3)', () => {
      const [a] = pair();
      const owner = allOf([a]);
      expect(codeOf(() => allOf([a]))).to.equal('ERR_OWNED');
      expect(() => allOf([a])).to.throw(TypeError);
      const watching = allOf([watch(a)]);
      watching.cancel();
      expect([a.state, a.size, owner.state]).to.deep.equal(['pending', 1, 'pending']);
      a.complete(1);
      expect(owner.value).to.deep.equal([1]);
    });

    it('ends with the child, or with the parent that let it go (E3)', () => {
      const [a, b] = pair();
      const race = firstOf([a, b], { losers: 'leave' });
      a.complete(1);
      expect([race.state, ownerOf(a), ownerOf(b)]).to.deep.equal(['done', null, null]);
      const again = allOf([b]);
      b.complete(2);
      expect(again.value).to.deep.equal([2]);
    });

    it('takes a child that has settled, in its order (E2)', () => {
      const [a, b] = pair();
      a.complete(1);
      const parent = allOf([a, b]);
      expect([a.size, parent.settledChildren]).to.deep.equal([0, 1]);
      b.complete(2);
      expect(parent.value).to.deep.equal([1, 2]);
    });

    it('takes a child that settles while its sibling is added (E2)', () => {
      const [a, b] = pair();
      const parent = new CompoundEvent(summing);
      parent.own(a);
      a.complete(1);
      parent.own(b);
      expect(parent.state).to.equal('pending');
      parent.seal();
      b.complete(2);
      expect(parent.value).to.equal(3);
    });

    it('observes the failure of a child that had failed (C8)', async () => {
      const seen: unknown[] = [];
      hooks.unobserved = (error) => seen.push(error);
      try {
        const [a] = pair();
        a.fail('e');
        allOf([a]).notify(() => undefined);
        await turns(1);
        expect(seen).to.deep.equal([]);
      } finally {
        hooks.unobserved = null;
      }
    });

    it('refuses what cannot be waited for, and cancels the children before it (E2)', () => {
      const [a, b] = pair();
      const list = [a, 'nothing' as never, b];
      expect(codeOf(() => allOf(list))).to.equal('ERR_WAITABLE');
      expect([a.state, b.state, b.size]).to.deep.equal(['cancelled', 'pending', 0]);
    });
  });

  describe('children', () => {
    it('keep their outcomes in order, and the order of arrival (E5)', () => {
      const [a, b, c, d] = children(4) as [Completion<number>, ...Completion<number>[]];
      const parent = new CompoundEvent(summing);
      for (const each of [a, b, c, d]) parent.own(each as Completion<number>);
      parent.seal();
      c?.complete(3);
      a.fail('e');
      d?.complete(4);
      b?.cancel('r');
      expect(parent.children.map(({ state, arrival }) => [state, arrival])).to.deep.equal([
        ['failed', 1],
        ['cancelled', 3],
        ['done', 0],
        ['done', 2],
      ]);
      const [first, second, third] = parent.children as [Child<number>, Child<number>, Child<number>];
      expect([first.error, (second.error as AbortError).cause, third.error, third.value]).to.deep.equal([
        ...['e', 'r', undefined, 3],
      ]);
      expect([parent.succeeded, parent.firstFailed, parent.settledChildren, parent.value]).to.deep.equal([
        ...[2, first, 4, 7],
      ]);
    });

    it('arrive at the collation one by one, and once (E5 N7)', () => {
      const arrive = sinon.spy();
      const [a, b] = pair();
      const parent = new CompoundEvent<number, number>({ arrive, conclude: (it) => void it.decide(0) });
      const added = [parent.own(a), parent.own(b)];
      parent.seal();
      b.complete(2);
      a.complete(1);
      expect(arrive.args).to.deep.equal([
        [parent, added[1]],
        [parent, added[0]],
      ]);
    });

    it('cost the parent O(1) when they settle, and a cancel only those still pending (E4)', () => {
      const count = 2000;
      const all = children(count);
      const parent = new CompoundEvent(summing).ownAll(all);
      let touched = 0;
      // Every child that is looked at is asked whether it is pending.
      for (const child of parent.children) {
        let flags = child.flags;
        Object.defineProperty(child, 'flags', {
          get: () => (touched++, flags),
          set: (value: number) => (flags = value),
        });
      }
      const counted = new Proxy(parent.children, {
        get: (list, name) => {
          if (name !== 'length') touched++;
          return Reflect.get(list, name) as unknown;
        },
      });
      Object.defineProperty(parent, 'children', { value: counted });
      for (const each of all.slice(10)) each.complete(1);
      expect(touched).to.be.lessThan(20 * count);
      touched = 0;
      for (const each of all.slice(0, 10)) each.onCancel(() => false);
      parent.cancel();
      expect(touched).to.be.lessThan(150);
      expect(all.slice(0, 10).every((each) => each.cancelRequested)).to.equal(true);
    });
  });

  describe('losers', () => {
    it('are cancelled, once, and nothing stays registered on them (E6)', () => {
      const [a, b] = pair();
      const queue = new WaitQueue();
      const action = sinon.spy();
      b.onCancel(action);
      const race = firstOf([a, b, queue]);
      a.complete(1);
      expect([race.state, b.state, action.callCount, b.size, queue.active]).to.deep.equal([
        ...['done', 'cancelled', 1, 0, false],
      ]);
      race.cancel();
      expect(action.callCount).to.equal(1);
    });

    it('that must be left to finish hold nothing up (E6)', () => {
      const [a, b] = [new Completion<number>(), leftRunning()];
      const race = firstOf([a, b]);
      a.complete(1);
      expect([race.value, b.state, b.cancelRequested, b.size, ownerOf(b)]).to.deep.equal([1, 'pending', true, 1, null]);
    });

    it('are joined, if asked: the parent settles once they did (E6)', () => {
      const [a, b] = [new Completion<number>(), leftRunning()];
      const race = firstOf([a, b], { losers: 'join' });
      a.complete(1);
      expect([race.state, race.decided, b.cancelRequested]).to.deep.equal(['pending', true, true]);
      b.fail('late');
      expect([race.value, race.children[1]?.state, b.size]).to.deep.equal([1, 'failed', 0]);
    });

    it('are let go, if asked (E6)', () => {
      const [a, b] = pair();
      const race = firstOf([a, b], { losers: 'leave' });
      a.complete(1);
      expect([race.value, b.state, b.cancelRequested, b.size]).to.deep.equal([1, 'pending', false, 0]);
      b.complete(2);
      expect([race.children[1]?.state, race.children[1]?.arrival]).to.deep.equal(['done', -1]);
    });

    it('that are watched are let go, however losers are treated (E3 E6)', () => {
      for (const losers of ['cancel', 'join', 'leave'] as const) {
        const [a, b] = pair();
        const race = firstOf([a, watch(b)], { losers });
        a.complete(1);
        expect([race.value, b.state, b.size]).to.deep.equal([1, 'pending', 0]);
      }
    });

    it('are told of exactly once, and the winner never (Decisions)', () => {
      for (const losers of ['cancel', 'join', 'leave'] as const) {
        const [a, b, c] = [...children(2), leftRunning()] as [
          Completion<number>,
          Completion<number>,
          Completion<number>,
        ];
        const lost: Child[] = [];
        const race = firstOf([a, b, c], { losers, wait: false, onLose: (child) => lost.push(child) });
        a.complete(1);
        race.cancel();
        c.complete(3);
        expect(lost).to.deep.equal(race.children.slice(1));
        expect(race.children.map((child) => child.lost)).to.deep.equal([false, true, true]);
      }
    });

    it('are none when the parent is cancelled: nobody won (Decisions)', () => {
      const onLose = sinon.spy();
      const waits = firstOf(pair(), { onLose });
      const doesNot = firstOf(pair(), { onLose, wait: false });
      waits.cancel();
      doesNot.cancel();
      expect(onLose.callCount).to.equal(0);
    });

    it('spoil nothing when the one who is told throws (C4)', () => {
      const [a, b] = pair();
      const race = firstOf([a, b], {
        onLose: () => {
          throw 'told';
        },
      });
      a.complete(1);
      expect([race.value, b.state, uncaught]).to.deep.equal([1, 'cancelled', ['told']]);
    });

    it('that another loser’s cancel action completes stay losers (E6)', () => {
      const [winner, a, b] = children(3) as [Completion<number>, Completion<number>, Completion<number>];
      const queue = new WaitQueue();
      a.onCancel(() => {
        queue.wake();
        b.complete(2);
      });
      const race = firstOf([winner, a, queue, b]);
      winner.complete(1);
      expect(race.value).to.equal(1);
      expect([a.size, b.size, queue.active]).to.deep.equal([0, 0, false]);
    });

    it('leave nothing on long-lived sources that are raced 100,000 times (E6)', () => {
      const stop = new Completion();
      const queue = new WaitQueue();
      const controller = new AbortController();
      const { signal } = controller;
      let listeners = 0;
      const { addEventListener, removeEventListener } = signal;
      signal.addEventListener = (...all: [never, never]) => (listeners++, addEventListener.apply(signal, all));
      signal.removeEventListener = (...all: [never, never]) => (listeners--, removeEventListener.apply(signal, all));
      const forever = new Promise<never>(() => undefined);
      const then = sinon.spy(forever, 'then');
      for (let i = 0; i < 100_000; i++) {
        const result = new Completion<number>();
        const race = firstOf([result, watch(stop), queue, signal, forever]);
        if (listeners !== 1) throw new Error('listeners gather');
        result.complete(i);
        if (race.state !== 'done') throw new Error('the race is not over');
      }
      expect([stop.active, queue.active, then.callCount]).to.deep.equal([false, false, 1]);
      expect(listeners).to.equal(0);
      controller.abort();
      expect(stop.state).to.equal('pending');
    }).timeout(60_000);
  });

  describe('cancel', () => {
    it('settles the parent after its owned children, also those left running (E7)', () => {
      const [a, b] = [new Completion<number>(), leftRunning()];
      const trace: string[] = [];
      noteSettling(trace, 'a', a);
      noteSettling(trace, 'b', b);
      const parent = allOf([a, b]);
      noteSettling(trace, 'parent', parent);
      expect(parent.cancel('r')).to.equal('requested');
      expect([trace, parent.state]).to.deep.equal([['a cancelled'], 'pending']);
      b.complete(1);
      expect(trace).to.deep.equal(['a cancelled', 'b done', 'parent cancelled']);
      expect(parent.children.map(({ state }) => state)).to.deep.equal(['cancelled', 'done']);
    });

    it('waits for every owned child, though one of them decides (E7)', () => {
      for (const losers of ['cancel', 'join', 'leave'] as const) {
        const [a, b] = [leftRunning(), leftRunning()];
        const race = anyOf([a, b], { losers });
        race.cancel();
        a.complete(1);
        expect([race.decided, race.state]).to.deep.equal([true, 'pending']);
        b.fail('late');
        expect(race.value).to.equal(1);
      }
    });

    it('waits for a child that is held (E7 C5)', () => {
      const [a] = pair();
      let resume: () => boolean = () => false;
      a.intercept((outcome) => {
        resume = outcome.hold();
      });
      const parent = allOf([a]);
      a.complete(1);
      expect([parent.cancel(), parent.state]).to.deep.equal(['requested', 'pending']);
      resume();
      expect(parent.value).to.deep.equal([1]);
    });

    it('with wait: false settles at once, and lets go (E7)', () => {
      const [a, b] = [new Completion<number>(), leftRunning()];
      const parent = allOf([a, b], { wait: false });
      expect([parent.cancel('r'), parent.state]).to.deep.equal(['cancelled', 'cancelled']);
      expect([a.state, b.state, b.cancelRequested, b.size, ownerOf(b)]).to.deep.equal([
        ...['cancelled', 'pending', true, 1, null],
      ]);
      expect((a.error as AbortError).cause).to.equal('r');
    });

    it('with wait: false lets a decided parent settle as it was decided (Decisions)', () => {
      const [a, b] = [new Completion<number>(), leftRunning()];
      const race = firstOf([a, b], { losers: 'join', wait: false });
      a.complete(1);
      expect(race.state).to.equal('pending');
      race.cancel();
      expect([race.state, race.value]).to.deep.equal(['done', 1]);
    });

    it('yields to results that are all there (Decisions)', () => {
      const [a, b] = [leftRunning(), leftRunning()];
      const parent = allOf([a, b]);
      parent.cancel();
      a.complete(1);
      b.complete(2);
      expect(parent.value).to.deep.equal([1, 2]);
    });

    it('in the same turn as a result: what was claimed first stands (Decisions E8)', () => {
      const [a, turn] = pair();
      const parent = allOf([a]);
      const answers: string[] = [];
      turn.notify(() => {
        a.complete(1);
        answers.push(parent.cancel());
      });
      turn.complete(0);
      expect([answers, parent.state, parent.value]).to.deep.equal([['requested'], 'done', [1]]);
    });

    it('lets watched children go at once, and waits for the owned (E3 E7)', () => {
      const [owned, watched] = [leftRunning(), new Completion<number>()];
      const parent = allOf([owned, watch(watched)]);
      parent.cancel();
      expect([watched.size, watched.state, parent.state]).to.deep.equal([0, 'pending', 'pending']);
      owned.complete(1);
      expect(parent.state).to.equal('cancelled');
    });

    it('reaches every leaf of a nest (E1 E3)', () => {
      const [a, b, c, d, e, f] = children(6) as [Completion<number>, ...Completion<number>[]];
      const rest = [d, e, f] as Completion<number>[];
      const all = allOf([a, anyOf([b as Completion<number>, c as Completion<number>]), allOf(rest)]);
      expect(all.cancel('r')).to.equal('cancelled');
      for (const leaf of [a, b, c, ...rest]) expect(leaf?.state).to.equal('cancelled');
      expect(all.children.map(({ state }) => state)).to.deep.equal(['cancelled', 'cancelled', 'cancelled']);
    });

    it('from inside a callback answers cancelled, and the children settle before it (C6 E7)', () => {
      const [turn, a] = pair();
      const trace: string[] = [];
      noteSettling(trace, 'a', a);
      const parent = allOf([a]);
      noteSettling(trace, 'parent', parent);
      turn.notify(() => trace.push(parent.cancel(), 'returns'));
      turn.complete(0);
      expect(trace).to.deep.equal(['cancelled', 'returns', 'a cancelled', 'parent cancelled']);
    });

    it('by a signal rejects with the signal’s reason, the children with it too (C8)', async () => {
      const controller = new AbortController();
      const [a, b] = pair();
      const parent = allOf([a, b], { signal: controller.signal });
      const rejected = parent.promise().catch((error: unknown) => error);
      const reason = new Error('the signal’s');
      controller.abort(reason);
      expect([await rejected, a.error, b.error]).to.deep.equal([reason, reason, reason]);
      const aborted = allOf([new Completion()], { signal: AbortSignal.abort(reason) });
      expect([aborted.state, aborted.error, aborted.children[0]?.state]).to.deep.equal([
        ...['cancelled', reason, 'cancelled'],
      ]);
    });

    it('is told to collations as a third outcome (C8)', () => {
      const [a, b, c] = children(3) as [Completion<number>, Completion<number>, Completion<number>];
      const seen: string[] = [];
      const parent = new CompoundEvent<string, number>({
        arrive: (_, { state }) => void seen.push(state),
        conclude: (it) => void it.decide('all'),
      }).ownAll([a, b, c]);
      a.cancel();
      b.fail('e');
      c.complete(1);
      expect([seen, parent.state]).to.deep.equal([['cancelled', 'failed', 'done'], 'done']);
    });
  });

  describe('complete and fail', () => {
    it('by hand decide it; what is pending loses (C1 E6)', () => {
      const [a, b] = pair();
      const parent = allOf([a, b]);
      expect([parent.complete([8, 9] as never), parent.fail('late')]).to.deep.equal([true, false]);
      expect([parent.value, a.state, b.state, a.size]).to.deep.equal([[8, 9], 'cancelled', 'cancelled', 0]);
    });

    it('by hand with joined losers keep the value that was given (C1)', () => {
      const [a] = pair();
      const parent = new CompoundEvent(summing, { losers: 'join' });
      parent.own(a);
      parent.seal();
      expect([parent.complete(8), parent.value, a.state]).to.deep.equal([true, 8, 'cancelled']);
    });

    it('by hand are refused once it is decided (C1 E2)', () => {
      const parent = new CompoundEvent(first);
      const [a] = pair();
      parent.own(a);
      a.complete(1);
      expect([parent.complete(2), parent.fail('e'), parent.decide(3), parent.decideFailure('e')]).to.deep.equal([
        ...[false, false, false, false],
      ]);
      parent.seal();
      expect(parent.value).to.equal(1);
    });
  });

  describe('its own layers and waiters', () => {
    it('run when it is decided, as those of any completion (C2 N9)', () => {
      const [a, b] = pair();
      const parent = allOf([a, b]);
      parent.intercept((outcome) => outcome.succeed([0, 0]));
      a.complete(1);
      b.complete(2);
      expect(parent.value).to.deep.equal([0, 0]);
    });
  });

  describe('a collation of the caller’s own', () => {
    it('may decide later, long after the last child has settled (N11)', () => {
      let decide = (): void => undefined;
      const later: Collation<number, number> = {
        arrive: () => undefined,
        conclude: (parent) => {
          decide = () => parent.complete(parent.children.length);
        },
      };
      const [a, b] = pair();
      const parent = new CompoundEvent(later).ownAll([a, b]);
      a.complete(1);
      b.complete(2);
      expect(parent.state).to.equal('pending');
      decide();
      expect([parent.state, parent.value]).to.deep.equal(['done', 2]);
    });

    it('may decide for a part, as a quorum by weight does (N7 N13)', () => {
      const weights = [5, 1, 1];
      const quorum: Collation<number, number> = {
        arrive: (parent) => {
          const votes = parent.children.reduce(
            (sum, child, i) => sum + (child.state === 'done' ? (weights[i] ?? 0) : 0),
            0,
          );
          if (votes >= 5) parent.decide(votes);
        },
        conclude: (parent) => void parent.decideFailure('no quorum'),
      };
      const all = children(3);
      const parent = new CompoundEvent(quorum).ownAll(all);
      all[0]?.complete(1);
      expect([parent.value, all[1]?.state]).to.deep.equal([5, 'cancelled']);
      const failing = children(3);
      const fails = new CompoundEvent(quorum).ownAll(failing);
      for (const each of failing) each.fail('e');
      expect(fails.error).to.equal('no quorum');
    });
  });

  describe('with children of every kind', () => {
    it('waits for each: completion, compound, queue, promise, signal, timer, emitter (E1)', async () => {
      const completion = new Completion<string>();
      const queue = new WaitQueue();
      const controller = new AbortController();
      const emitter = new EventEmitter();
      const all = allOf([
        completion,
        anyOf([new Completion<number>(), timeout(1)]),
        queue,
        Promise.resolve('promise'),
        controller.signal,
        timeout(1),
        fromEmitter(emitter, 'data'),
      ]);
      completion.complete('completion');
      queue.wake('key');
      controller.abort('aborted');
      emitter.emit('data', 1, 2);
      expect(await all).to.deep.equal(['completion', undefined, 'key', 'promise', 'aborted', undefined, [1, 2]]);
      expect([queue.active, emitter.eventNames()]).to.deep.equal([false, []]);
    });

    it('lets each go when it is cancelled (E3 E6)', () => {
      const clock = sinon.useFakeTimers();
      try {
        const queue = new WaitQueue();
        const { signal } = new AbortController();
        const remove = sinon.spy(signal, 'removeEventListener');
        const emitter = new EventEmitter();
        const all = allOf([queue, new Promise(() => undefined), signal, timeout(50), fromEmitter(emitter, 'data')]);
        expect([clock.countTimers(), queue.size, emitter.eventNames()]).to.deep.equal([1, 1, ['data', 'error']]);
        expect(all.cancel()).to.equal('cancelled');
        expect([clock.countTimers(), queue.size, emitter.eventNames(), remove.callCount]).to.deep.equal([0, 0, [], 1]);
      } finally {
        clock.restore();
      }
    });

    it('takes only the next wake of a queue, and passes none on that is a completion’s cancel (E1 C5)', () => {
      const queue = new WaitQueue();
      const completion = leftRunning();
      const all = allOf([queue, watch(completion)]);
      completion.cancel();
      expect(all.settledChildren).to.equal(0);
      queue.wake('first');
      queue.wake('second');
      completion.complete(1);
      expect(all.value).to.deep.equal(['first', 1]);
    });
  });

  describe('a timer and a result in the same tick', () => {
    for (const order of ['timer first', 'result first'] as const) {
      it(`${order}: what was delivered first wins, the other is a no-op (E8)`, () => {
        const clock = sinon.useFakeTimers();
        try {
          const result = new Completion<string>();
          const deliver = (): void => void setTimeout(() => result.complete('result'), 10);
          if (order === 'result first') deliver();
          const timer = timeout(10);
          if (order === 'timer first') deliver();
          const race = firstOf([result, timer]);
          clock.tick(10);
          const expected =
            order === 'result first' ? ['result', 'done', 'cancelled'] : [undefined, 'cancelled', 'done'];
          expect([race.value, result.state, timer.state]).to.deep.equal(expected);
          expect([clock.countTimers(), result.size, timer.size]).to.deep.equal([0, 0, 0]);
        } finally {
          clock.restore();
        }
      });
    }
  });

  describe('a child that takes something', () => {
    /** Counts how often it was told that nobody has use for what it took. */
    class Taking extends Completion<number> {
      refused = 0;

      constructor() {
        super();
        this.marks |= TAKES;
      }

      override refuse(): void {
        this.refused++;
      }
    }
    const taking = (): [Taking, Taking] => [new Taking(), new Taking()];

    it('is not refused when the parent succeeds with it (E9)', () => {
      const [a, b] = taking();
      const all = allOf([a, b]);
      a.complete(1);
      b.complete(2);
      expect([all.state, a.refused, b.refused]).to.deep.equal(['done', 0, 0]);
    });

    it('is refused when it loses: pending, claimed or done (E9)', () => {
      const [a, b] = taking();
      const [c, d] = taking();
      const won = new Completion<number>();
      const race = firstOf([a, won, watch(b)]);
      won.notify(() => a.complete(1));
      won.complete(0);
      c.complete(3);
      d.complete(4);
      const second = anyOf([c, d]);
      expect([race.value, a.refused, b.refused, second.value, c.refused, d.refused]).to.deep.equal([0, 1, 0, 3, 0, 1]);
    });

    it('is refused when the parent fails or is cancelled, before its waiters learn of it (E9)', () => {
      for (const end of ['fail', 'cancel'] as const) {
        const [a, b] = taking();
        const all = allOf([a, b, watch(new Taking())]);
        a.complete(1);
        let before = -1;
        all.notify(() => (before = a.refused));
        if (end === 'fail') all.fail('e');
        else all.cancel();
        expect([a.refused > 0, before > 0]).to.deep.equal([true, true]);
      }
    });

    it('is refused the latest first, as what is undone, however deep (E9)', () => {
      const told: number[] = [];
      const taken = (number: number): Taking => {
        const made = new Taking();
        made.refuse = () => void told.push(number);
        made.complete(number);
        return made;
      };
      allOf([taken(1), allOf([taken(2), taken(3)]), taken(4), new Completion()]).cancel();
      expect([...new Set(told)]).to.deep.equal([4, 3, 2, 1]);
    });

    it('is refused also when it came after its compound had an owner (E9)', () => {
      const [a] = taking();
      const late = new CompoundEvent<unknown>(new All(false, null));
      const all = allOf([anyOf([late]), new Completion()]);
      late.own(a);
      late.seal();
      a.complete(1);
      all.cancel();
      expect(a.refused > 0).to.equal(true);
    });

    for (const [what, depth] of [
      ['each a few times', 1000],
      ['without recursion', 100_000],
    ] as const) {
      it(`is refused ${what}, ${depth} compounds deep (W7 E9)`, () => {
        for (const end of ['fail', 'lose', 'cancel'] as const) {
          const [a, won] = [taking()[0], new Completion<number>()];
          let chain: CompoundEvent<unknown> = allOf([a, ...(end === 'fail' ? [] : [new Completion()])]);
          for (let i = 0; i < depth; i++) chain = allOf([chain]);
          const top = end === 'fail' ? allOf([chain, won]) : firstOf([chain, won]);
          a.complete(1);
          if (end === 'fail') won.fail('e');
          else if (end === 'lose') won.complete(0);
          else top.cancel();
          expect([top.settled, a.refused > 0 && a.refused < 10]).to.deep.equal([true, true]);
        }
      });
    }

    it('is refused with the compound that it is in, however deep (E9)', () => {
      const [a, b] = taking();
      const inner = allOf([anyOf([a]), b]);
      a.complete(1);
      b.complete(2);
      const outer = anyOf([Promise.resolve(0), inner, anyOf([allOf([])])]);
      expect([outer.value, a.refused]).to.deep.equal([[1, 2], 0]);
      const [c] = taking();
      c.complete(3);
      const chosen = anyOf([allOf([]), allOf([anyOf([c])])]);
      expect([chosen.value, c.refused]).to.deep.equal([[], 1]);
    });
  });

  it('keeps no option of one compound for another', () => {
    const options: CompoundOptions = {};
    allOf([new Completion()], options);
    expect(options).to.deep.equal({});
  });

  describe('at scale', () => {
    const nest = (depth: number): [Completion<number>, Completion<unknown>] => {
      const leaf = new Completion<number>();
      let top: Completion<unknown> = leaf;
      for (let i = 0; i < depth; i++) top = i % 2 === 0 ? allOf([top]) : firstOf([top]);
      return [leaf, top];
    };

    it('completes a nest of 100,000 without recursion (C6 W7 E1)', () => {
      const [leaf, top] = nest(100_000);
      leaf.complete(1);
      expect(top.state).to.equal('done');
    }).timeout(60_000);

    it('cancels a nest of 100,000 without recursion (C5 W7 E1)', () => {
      const [leaf, top] = nest(100_000);
      expect([top.cancel('r'), leaf.state, top.state]).to.deep.equal(['cancelled', 'cancelled', 'cancelled']);
    }).timeout(60_000);

    it('joins a million children, and cancels a million (W7 E4)', () => {
      const all = Array.from({ length: million }, (_, i) => {
        const child = new ReusableCompletion<number>();
        if (i % 2 === 0) child.complete(i);
        return child;
      });
      const parent = new CompoundEvent(summing).ownAll(all);
      for (let i = 1; i < million; i += 2) all[i]?.complete(i);
      expect(parent.value).to.equal((million * (million - 1)) / 2);
      const pending = Array.from({ length: million }, () => new ReusableCompletion<number>());
      expect(new CompoundEvent(summing).ownAll(pending).cancel()).to.equal('cancelled');
      expect(pending.every(({ state }) => state === 'cancelled')).to.equal(true);
    }).timeout(60_000);
  });
});

describe('compound', () => {
  it('seals in any case, and cancels what a throwing list has given (E2)', () => {
    const [a, b] = pair();
    const list = Object.defineProperty([a, b, a], 2, {
      get: () => {
        throw new Error('the list');
      },
    });
    expect(() => new CompoundEvent(summing).ownAll(list)).to.throw('the list');
    expect([a.state, b.state]).to.deep.equal(['cancelled', 'cancelled']);
    expect(((a.error as AbortError).cause as Error).message).to.equal('the list');
  });
});
