import { expect } from 'chai';
import sinon from 'sinon';
import { allOf } from '../../lib/event/all-of.js';
import { anyOf } from '../../lib/event/any-of.js';
import { Completion } from '../../lib/event/completion.js';
import { firstOf } from '../../lib/event/first-of.js';
import { watch } from '../../lib/event/waitable.js';
import { guard } from '../../lib/compound/guard.js';
import { map } from '../../lib/compound/map.js';
import { Channel } from '../../lib/sync/channel.js';
import { EventCounter } from '../../lib/sync/event-counter.js';
import { Mutex } from '../../lib/sync/mutex.js';
import { RwLock } from '../../lib/sync/rw-lock.js';
import { Semaphore } from '../../lib/sync/semaphore.js';
import { AbortError, TimeoutError } from '../../lib/wait/errors.js';
import { WaitEntry } from '../../lib/wait/entry.js';
import { codeOf, collectUncaught } from '../event/support.js';
import { abortable } from './kit.js';

describe('Taking', () => {
  const uncaught = collectUncaught();

  it('takes nothing until somebody waits for it', () => {
    const mutex = new Mutex();
    const taking = mutex.acquiring();
    taking.onCancel(() => undefined);
    taking.intercept(() => undefined);
    expect([mutex.locked, mutex.waiting, taking.state]).to.deep.equal([false, 0, 'pending']);
    taking.notify(() => undefined);
    expect([mutex.locked, mutex.waiting, taking.value.released]).to.deep.equal([true, 0, false]);
  });

  it('stands in line with those who acquire, first come, first served (W6)', async () => {
    const mutex = new Mutex();
    const held = mutex.tryAcquire()!;
    const trace: string[] = [];
    const first = mutex.acquire().then((hold) => (trace.push('first'), hold.release()));
    const second = mutex.acquiring();
    second.notify(({ value }) => (trace.push('second'), value.release()));
    const third = mutex.acquire().then((hold) => (trace.push('third'), hold.release()));
    expect(mutex.waiting).to.equal(3);
    held.release();
    await Promise.all([first, third]);
    expect([trace, mutex.locked]).to.deep.equal([['first', 'second', 'third'], false]);
  });

  it('in a choice takes only when it wins, all being free (E9)', () => {
    const [a, b] = [new Mutex(), new Mutex()];
    const channel = new Channel<number>(1);
    const chosen = anyOf({ a: a.acquiring(), b: b.acquiring(), sent: channel.sending(1) });
    expect([chosen.value.name, a.locked, b.locked, channel.length]).to.deep.equal(['a', true, false, 0]);
    expect([a.waiting, b.waiting]).to.deep.equal([0, 0]);
  });

  it('in a choice takes only when it wins, all coming free in one callback (E9)', () => {
    const [a, b] = [new Mutex(), new Mutex()];
    const channel = new Channel<number>(1);
    const [holdA, holdB] = [a.tryAcquire()!, b.tryAcquire()!];
    const full = channel.trySend(0);
    const chosen = anyOf({ sent: channel.sending(1), a: a.acquiring(), b: b.acquiring() });
    const trigger = new Completion();
    trigger.notify(() => {
      holdB.release();
      channel.tryReceive();
      holdA.release();
      expect([chosen.decided, b.tryAcquire(), a.tryAcquire()]).to.deep.equal([false, null, null]);
    });
    trigger.complete();
    expect([full, chosen.value.name, a.locked, b.locked, channel.length]).to.deep.equal([true, 'b', false, true, 0]);
  });

  it('in a choice made inside of a callback takes only when it wins (E9)', () => {
    const [a, b] = [new Mutex(), new Mutex()];
    const trigger = new Completion();
    let name: unknown;
    trigger.notify(() => {
      anyOf({ a: a.acquiring(), b: b.acquiring() }).notify(({ value }) => (name = value.name));
    });
    trigger.complete();
    expect([name, a.locked, b.locked]).to.deep.equal(['a', true, false]);
  });

  it('in nested choices takes only when it wins, whatever comes free in one callback (E9)', () => {
    for (const order of ['inner first', 'outer first'] as const) {
      const [a, b] = [new Channel<string>(1), new Channel<string>(1)];
      for (const each of [a, b]) each.trySend('full');
      const chosen = anyOf([anyOf([a.sending('a'), new Completion<void>()]), b.sending('b')]);
      const trigger = new Completion();
      trigger.notify(() => {
        for (const each of order === 'inner first' ? [a, b] : [b, a]) each.tryReceive();
      });
      trigger.complete();
      expect([chosen.state, a.length, b.length]).to.deep.equal(['done', ...(order === 'inner first' ? [1, 0] : [0, 1])]); // prettier-ignore
    }
  });

  it('in a choice loses to what was claimed before it in one callback, and takes nothing (E8 E9)', () => {
    const channel = new Channel<string>(1);
    channel.trySend('full');
    const other = new Completion<void>();
    const chosen = anyOf([anyOf([channel.sending('a')]), other]);
    const trigger = new Completion();
    trigger.notify(() => {
      other.complete();
      channel.tryReceive();
    });
    trigger.complete();
    expect([chosen.state, other.state, channel.length]).to.deep.equal(['done', 'done', 0]);
  });

  it('takes nothing because another branch of the choice that is lost leaves the line (E9)', () => {
    const semaphore = new Semaphore(3);
    const hold = semaphore.tryAcquire({ permits: 2 })!;
    const one = guard(() => firstOf([semaphore.acquiring()]));
    const chosen = anyOf([semaphore.acquiring({ permits: 2 }), one, allOf([])]);
    expect([chosen.value, semaphore.free, hold.release(), semaphore.free]).to.deep.equal([[], 1, true, 3]);
  });

  it('leaves the line when it loses, and passes its turn on (W6 E6)', async () => {
    const semaphore = new Semaphore(2);
    const hold = semaphore.tryAcquire()!;
    const other = new Completion<void>();
    const chosen = firstOf([semaphore.acquiring({ permits: 2 }), other]);
    const small = semaphore.acquire();
    expect(semaphore.waiting).to.equal(2);
    other.complete();
    expect([chosen.state, semaphore.waiting, semaphore.free]).to.deep.equal(['done', 0, 0]);
    (await small).release();
    hold.release();
    expect(semaphore.free).to.equal(2);
  });

  it('gives back what it took when the compound fails, is cancelled, or loses itself (E9)', () => {
    const [mutex, semaphore] = [new Mutex(), new Semaphore(3)];
    const lock = new RwLock();
    const both = (): Completion<unknown> =>
      allOf([mutex.acquiring(), semaphore.acquiring({ permits: 2 }), lock.writing(), new Completion()]);
    const taken = (): unknown[] => [mutex.locked, semaphore.free, lock.locked];
    const first = both();
    expect(taken()).to.deep.equal([true, 1, true]);
    first.cancel();
    expect(taken()).to.deep.equal([false, 3, false]);
    both().fail('e');
    expect(taken()).to.deep.equal([false, 3, false]);
    firstOf([both(), AbortSignal.abort('now')]);
    expect(taken()).to.deep.equal([false, 3, false]);
    const reading = allOf([lock.reading(), new Completion()]);
    expect(lock.readers).to.equal(1);
    reading.cancel();
    expect(lock.readers).to.equal(0);
  });

  it('gives back through a chain of any length, without recursion (W7 E9)', () => {
    const mutex = new Mutex();
    let top: Completion<unknown> = mutex.acquiring();
    for (let i = 0; i < 20_000; i++) {
      const next = new Completion<unknown>();
      top.forward(next);
      top = next;
    }
    const failing = new Completion<unknown>();
    const both = allOf([top, failing]);
    both.notify(() => undefined);
    expect([top.state, mutex.locked]).to.deep.equal(['done', true]);
    failing.fail('not both');
    expect([both.state, mutex.locked]).to.deep.equal(['failed', false]);
  });

  it('gives back what a nested choice had taken before the outer one was made (E9)', () => {
    const mutex = new Mutex();
    const chosen = firstOf([allOf([]), anyOf([mutex.acquiring()])]);
    expect([chosen.value, mutex.locked]).to.deep.equal([[], false]);
    const limited = firstOf([allOf([]), mutex.acquiring().within(1000)]);
    expect([limited.value, mutex.locked]).to.deep.equal([[], false]);
    firstOf([mutex.acquiring().within(1000)]);
    expect(mutex.locked).to.equal(true);
  });

  it('gives back an item to where it was, for whoever receives next (E9)', async () => {
    const channel = new Channel<number>(3);
    for (const value of [1, 2, 3]) channel.trySend(value);
    const all = allOf([channel.receiving(), new Completion()]);
    expect(channel.length).to.equal(2);
    all.cancel();
    expect([channel.tryReceive()?.value, await channel.receive(), channel.length]).to.deep.equal([1, 2, 1]);
    const counter = new EventCounter({ count: 5 });
    const reading = allOf([counter.reading(), new Completion()]);
    expect(counter.count).to.equal(0);
    reading.cancel();
    expect(counter.count).to.equal(5);
  });

  it('watched, leaves the line with its last watcher, and stands in it again for the next', () => {
    const mutex = new Mutex();
    const held = mutex.tryAcquire()!;
    const taking = mutex.acquiring();
    const [one, two] = [firstOf([watch(taking)]), firstOf([watch(taking)])];
    expect(mutex.waiting).to.equal(1);
    one.cancel();
    expect(mutex.waiting).to.equal(1);
    two.cancel();
    expect([mutex.waiting, taking.state]).to.deep.equal([0, 'pending']);
    held.release();
    expect([mutex.locked, firstOf([watch(taking)]).state, mutex.locked]).to.deep.equal([false, 'done', true]);
  });

  it('shared between two parents is taken once, and both have it', () => {
    const channel = new Channel<number>();
    const taking = channel.receiving();
    const [one, two] = [firstOf([taking]), allOf([watch(taking)])];
    channel.trySend(1);
    expect([one.value, two.value, channel.trySend(2)]).to.deep.equal([1, [1], false]);
  });

  it('ends with a signal and after a time, leaving nothing behind (W6)', () => {
    const clock = sinon.useFakeTimers();
    try {
      const mutex = new Mutex();
      const held = mutex.tryAcquire()!;
      const { signal, abort } = abortable();
      const [aborted, late, unneeded] = [mutex.acquiring({ signal }), mutex.acquiring({ timeoutMs: 5 }), mutex.acquiring({ timeoutMs: 5 })]; // prettier-ignore
      for (const each of [aborted, late, unneeded]) each.notify(() => undefined);
      unneeded.cancel('r');
      abort('enough');
      expect([mutex.waiting, aborted.error, (unneeded.error as AbortError).cause]).to.deep.equal([1, 'enough', 'r']);
      clock.tick(5);
      expect([mutex.waiting, clock.countTimers()]).to.deep.equal([0, 0]);
      expect(late.error).to.be.instanceOf(TimeoutError);
      held.release();
      expect(mutex.locked).to.equal(false);
      expect(codeOf(() => mutex.acquiring({ timeoutMs: -1 }))).to.equal('ERR_DELAY');
      expect(codeOf(() => new Semaphore(1).acquiring({ permits: 2 }))).to.equal('ERR_PERMITS');
    } finally {
      clock.restore();
    }
  });

  it('fails when the channel is closed, and those behind it too', () => {
    const channel = new Channel<number>();
    const receiving = [channel.receiving(), channel.receiving()];
    const first = receiving.map((each) => firstOf([each, new Completion<number>()]));
    channel.close();
    const sending = firstOf([channel.sending(1)]);
    expect([...first, sending].map(({ error }) => (error as { code: string }).code)).to.deep.equal(
      Array(3).fill('ERR_CHANNEL_CLOSED'),
    );
  });

  it('barges only when asked to', () => {
    const semaphore = new Semaphore(2);
    const hold = semaphore.tryAcquire()!;
    void semaphore.acquire({ permits: 2 });
    const [patient, pushy] = [semaphore.acquiring(), semaphore.acquiring({ barge: true })].map((each) => firstOf([each])); // prettier-ignore
    expect([patient?.state, pushy?.state]).to.deep.equal(['pending', 'done']);
    hold.release();
  });

  describe('between two choices', () => {
    it('meets the other side once, with no room in between', () => {
      const channel = new Channel<number>();
      const sends = firstOf([channel.sending(1), new Completion<void>()]);
      expect([sends.state, channel.length]).to.deep.equal(['pending', 0]);
      const receives = anyOf({ value: channel.receiving(), never: new Completion() });
      expect([receives.value, sends.state, channel.length]).to.deep.equal([{ name: 'value', value: 1 }, 'done', 0]);
    });

    it('does not meet itself', () => {
      const channel = new Channel<number>();
      const both = anyOf({ received: channel.receiving(), sent: channel.sending(1) });
      expect([both.state, channel.length]).to.deep.equal(['pending', 0]);
      const other = anyOf([channel.receiving()]);
      expect([both.value.name, other.value]).to.deep.equal(['sent', 1]);
      const nested = anyOf([map(channel.receiving(), () => 'received'), guard(() => anyOf([channel.sending(2)]))]);
      const third = anyOf([channel.receiving()]);
      expect([third.value, nested.state]).to.deep.equal([2, 'done']);
    });

    it('meets itself where both are wanted', () => {
      const channel = new Channel<number>();
      expect(allOf([channel.receiving(), channel.sending(1)]).value).to.deep.equal([1, undefined]);
      expect(allOf([channel.sending(2), anyOf([channel.receiving()])]).value).to.deep.equal([undefined, 2]);
    });
  });

  it('leaves the line when it is settled by hand, so that nobody waits behind it (W6)', () => {
    const channel = new Channel<number>(1);
    const [first, second] = [channel.receiving({ timeoutMs: 60_000 }), channel.receiving()];
    for (const each of [first, second]) each.notify(() => undefined);
    first.fail('by hand');
    channel.trySend(1);
    expect([first.error, second.state]).to.deep.equal(['by hand', 'done']);
  });

  it('has what it took although somebody who was told of it throws, and that is not swallowed (W5)', () => {
    const channel = new Channel<number>(1);
    channel.trySend(1);
    channel.readiness.add(new WaitEntry(() => { throw new Error('told'); })); // prettier-ignore
    const taking = channel.receiving();
    taking.notify(() => undefined);
    expect([taking.value, uncaught.splice(0).map(String)]).to.deep.equal([1, ['Error: told']]);
  });
});
