import { expect } from 'chai';
import sinon from 'sinon';
import { anyOf } from '../../lib/event/any-of.js';
import { allOf } from '../../lib/event/all-of.js';
import { Completion } from '../../lib/event/completion.js';
import { firstOf } from '../../lib/event/first-of.js';
import { map } from '../../lib/compound/map.js';
import { Mutex } from '../../lib/sync/mutex.js';
import { WaitQueue } from '../../lib/wait/queue.js';
import { Channel } from '../../lib/sync/channel.js';

describe('map', () => {
  it('changes the value, and passes failures and cancels as they are', () => {
    const [done, failed, cancelled] = [new Completion<number>(), new Completion<number>(), new Completion<number>()];
    const mapped = [done, failed, cancelled].map((source) => map(source, (value) => `${value}!`));
    for (const each of mapped) each.notify(() => undefined);
    done.complete(1);
    failed.fail('e');
    cancelled.cancel('r');
    expect(mapped.map(({ state }) => state)).to.deep.equal(['done', 'failed', 'cancelled']);
    expect([mapped[0]?.value, mapped[1]?.error, mapped[2]?.error]).to.deep.equal(['1!', 'e', cancelled.error]);
  });

  it('fails with what the change throws, and then keeps nothing that was taken (C4 E9)', () => {
    const mutex = new Mutex();
    const mapped = map(mutex.acquiring(), () => {
      throw new Error('no');
    });
    mapped.notify(() => undefined);
    expect([String(mapped.error), mutex.locked]).to.deep.equal(['Error: no', false]);
  });

  it('waits when it is waited for, for anything, and cancels what it owns (E3)', async () => {
    let asked = 0;
    const source = new Completion<number>();
    const queue = new WaitQueue();
    const mapped = map(source, () => ++asked);
    expect(source.size).to.equal(0);
    const race = firstOf([mapped, map(queue, (key) => key)]);
    queue.wake('key');
    expect([race.value, source.state, asked]).to.deep.equal(['key', 'cancelled', 0]);
    expect(await map(Promise.resolve(2), (value) => value * 2)).to.equal(4);
  });

  it('lets layers put on it see what is changed, whenever they come', () => {
    const source = new Completion<number>();
    const mapped = map(source, (value) => `${value}`);
    const seen: string[] = [];
    mapped.intercept((outcome) => void seen.push(outcome.value));
    mapped.notify(() => undefined);
    mapped.intercept((outcome) => void seen.push(outcome.value));
    source.complete(1);
    expect(seen).to.deep.equal(['1', '1']);
  });

  it('in a choice takes only when it wins, and gives back with its compound (E9)', () => {
    const [a, b] = [new Mutex(), new Mutex()];
    const chosen = anyOf([map(a.acquiring(), () => 'a'), map(b.acquiring(), () => 'b')]);
    expect([chosen.value, a.locked, b.locked]).to.deep.equal(['a', true, false]);
    const both = allOf([map(b.acquiring(), () => 'b'), new Completion()]);
    expect(b.locked).to.equal(true);
    both.cancel();
    expect(b.locked).to.equal(false);
  });

  it('fails when its source is nothing to wait for', () => {
    const mapped = map(5 as never, () => undefined);
    mapped.notify(() => undefined);
    expect(mapped.error).to.have.property('code', 'ERR_WAITABLE');
  });

  it('does not give back what belongs to another owner (E3 E9)', () => {
    const channel = new Channel<number>(1);
    const receiving = channel.receiving();
    const owner = allOf([receiving]);
    const branches = allOf([map(receiving, String), new Completion<string>()]);
    channel.trySend(1);
    branches.cancel();
    expect([owner.value, channel.tryReceive()]).to.deep.equal([[1], null]);
  });

  it('that nobody waits for leaves no wait of its source behind, and keeps nothing of it (E6 E9)', () => {
    for (const end of ['lose', 'cancel', 'complete'] as const) {
      const [free, taken] = [new Mutex(), new Mutex()];
      const held = taken.tryAcquire();
      // The source is a compound, which waits and takes as it is made.
      const mapped = map(allOf([free.acquiring(), anyOf([taken.acquiring()])]), String);
      const [other, unused] = [map(allOf([free.acquiring()]), String), map(allOf([]), String)];
      expect([free.locked, free.waiting, taken.waiting]).to.deep.equal([true, 1, 1]);
      for (const each of [mapped, other, unused]) {
        if (end === 'lose') firstOf([allOf([]), each]);
        else if (end === 'cancel') each.cancel();
        else each.complete('by hand');
      }
      held?.release();
      expect([free.locked, free.waiting, taken.locked, taken.waiting], end).to.deep.equal([false, 0, false, 0]);
    }
  });

  it('that its change settles by hand keeps nothing that was taken (C1 E9)', () => {
    const mutex = new Mutex();
    const mapped: Completion<unknown> = map(mutex.acquiring(), () => mapped.complete('by hand'));
    expect([firstOf([mapped]).value, mutex.locked]).to.deep.equal(['by hand', false]);
  });

  describe('in a row', () => {
    /** So many of them over one source, mostly directly, with a compound in between now and then. */
    const rowOver = (source: Completion<number>, length: number, every: number): Completion<number> => {
      let top = source;
      for (let i = 1; i <= length; i++) {
        top = map(top, (value) => value + 1);
        if (i % every === 0) top = anyOf([top]);
      }
      return top;
    };
    const length = 20_000;

    it('of 20,000 is waited for, and has its value, without recursion (W7)', () => {
      for (const every of [length + 1, 1000]) {
        const [before, after] = [new Completion<number>(), new Completion<number>()];
        before.complete(0);
        const tops = [rowOver(before, length, every), rowOver(after, length, every)];
        for (const top of tops) top.notify(() => undefined);
        after.complete(0);
        expect(tops.map((top) => top.value)).to.deep.equal([length, length]);
      }
    });

    it('of 20,000 is cancelled, lost and settled by hand without recursion (W7)', () => {
      for (const end of ['cancel', 'lose', 'complete', 'fail'] as const) {
        const source = new Completion<number>();
        const top = rowOver(source, length, length + 1);
        const chosen = anyOf([top, new Completion()]);
        if (end === 'cancel') chosen.cancel();
        else if (end === 'lose') chosen.complete(0);
        else top[end](0);
        expect([top.settled, source.state], end).to.deep.equal([true, 'cancelled']);
      }
    });

    it('of 20,000 takes, and gives back once, without recursion (W7 E9)', () => {
      for (const every of [length + 1, 1]) {
        for (const end of ['lose', 'fail'] as const) {
          const mutex = new Mutex();
          const taking = mutex.acquiring();
          const refuse = sinon.spy(taking, 'refuse');
          const other = new Completion();
          const taken = map(taking, () => 0);
          const top = rowOver(taken, length, every);
          const both = allOf([top, other], { onFailure: 'cancel' });
          expect(mutex.locked).to.equal(true);
          if (end === 'lose') both.cancel();
          else other.fail('e');
          expect([both.settled, mutex.locked, refuse.callCount < 10]).to.deep.equal([true, false, true]);
        }
      }
    });

    it('of 1,000 that fails is asked to give back a few times each (W7 E9)', () => {
      for (const every of [length, 1]) {
        const source = new Completion<number>();
        const taking = map(source, (value) => value);
        const refuse = sinon.spy(taking, 'refuse');
        const top = rowOver(taking, 1000, every);
        top.notify(() => undefined);
        source.fail('e');
        expect([top.error !== undefined, refuse.callCount < 10]).to.deep.equal([true, true]);
      }
    });
  });
});
