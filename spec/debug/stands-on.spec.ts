import { expect } from 'chai';
import { noteLock, queuesOf } from '../../lib/debug/locks.js';
import { endsOf, nodeOf, standsOn } from '../../lib/debug/stands-on.js';
import { allOf, anyOf, Channel, Completion, CompoundEvent, firstOf, guard, map, Mutex, select, timeout, WaitQueue, when } from '../../lib/index.js'; // prettier-ignore

describe('nodeOf', () => {
  it('tells the lock that a queue belongs to, or else the queue', () => {
    const mutex = new Mutex();
    const [line] = queuesOf(mutex);
    expect(nodeOf(line!)).to.equal(line);
    noteLock(mutex);
    expect(nodeOf(line!)).to.equal(mutex);
  });
});

describe('standsOn', () => {
  it('tells the pending children of a compound: stuck with one of them, or only with all', () => {
    const [one, other] = [new Completion(), new Completion()];
    const all = allOf([one, other]);
    expect(standsOn(all)).to.deep.equal({ on: [one, other], stuckWith: 'one', free: false });
    one.complete();
    expect(standsOn(all)).to.deep.equal({ on: [other], stuckWith: 'one', free: false });
    other.complete();
    expect(standsOn(all)).to.deep.equal({ on: [], stuckWith: 'all', free: true });
    const third = new Completion();
    expect(standsOn(anyOf([third]))).to.deep.equal({ on: [third], stuckWith: 'all', free: false });
  });

  it('tells that a compound which is not sealed may get another child', () => {
    const compound = new CompoundEvent({ arrive: () => undefined, conclude: () => undefined });
    compound.own(new Completion());
    expect(standsOn(compound).free).to.equal(true);
  });

  it('tells that a compound which a layer holds may be resumed, though no child is pending', () => {
    const child = new Completion();
    const held = allOf([child]);
    let resume = (): void => undefined;
    held.intercept((outcome) => (resume = outcome.hold()));
    child.complete();
    expect(standsOn(held)).to.deep.equal({ on: [], stuckWith: 'one', free: true });
    resume();
  });

  it('tells what is forwarded to a completion; one with a timer goes on by itself', () => {
    const source = new Completion();
    const target = new Completion();
    expect(standsOn(target)).to.deep.equal({ on: [], stuckWith: 'all', free: true });
    source.forward(target);
    expect(standsOn(target)).to.deep.equal({ on: [source], stuckWith: 'all', free: false });
    const limited = new Completion().within(60_000);
    expect([standsOn(limited).on.length, standsOn(limited).free]).to.deep.equal([1, true]);
    limited.cancel();
    const timer = timeout(60_000);
    expect(standsOn(timer).free).to.equal(true);
    timer.cancel();
  });

  it('tells the lock of a branch that stands in its line, and nothing of one that nobody waits for', async () => {
    const mutex = new Mutex();
    noteLock(mutex);
    const hold = await mutex.acquire();
    const branch = mutex.acquiring({ timeoutMs: 60_000 });
    expect(standsOn(branch)).to.deep.equal({ on: [], stuckWith: 'all', free: true });
    const choice = anyOf([branch]);
    expect(standsOn(choice).on).to.deep.equal([branch]);
    expect(standsOn(branch)).to.deep.equal({ on: [mutex], stuckWith: 'all', free: false });
    choice.cancel();
    expect(standsOn(branch).free).to.equal(true);
    hold.release();
  });

  it('tells that a select, a map and a guard go on by what they stand on alone', () => {
    for (const wrap of [
      (on: Completion) => select([when(on, () => 1)]),
      (on: Completion) => map(on, () => 1),
      (on: Completion) => guard(() => on),
    ]) {
      const wrapped: Completion<unknown> = wrap(new Completion());
      wrapped.notify(() => undefined);
      expect([standsOn(wrapped).on.length, standsOn(wrapped).free]).to.deep.equal([1, false]);
      wrapped.cancel();
    }
  });
});

describe('endsOf', () => {
  it('tells what lies behind compounds and branches, some of many', () => {
    const queue = new WaitQueue();
    const [mutex, jobs, reply] = [new Mutex(), new Channel(), new Completion()];
    for (const lock of [mutex, jobs]) noteLock(lock);
    const held = mutex.tryAcquire();
    const whole = allOf([firstOf([mutex.acquiring(), jobs.receiving()]), map(reply, () => 1), queue]);
    whole.notify(() => undefined);
    expect(endsOf(whole, 9)).to.have.members([mutex, jobs, reply, queue]);
    expect(endsOf(whole, 2).length).to.equal(2);
    expect(endsOf(reply, 9)).to.deep.equal([]);
    whole.cancel();
    held?.release();
  });
});
