import { expect } from 'chai';
import { explain } from '../../lib/debug/explain.js';
import { forgetHolders, holdersOf, noteAgain, noteEnd, noteHold } from '../../lib/debug/holders.js';
import { Task } from '../../lib/debug/task.js';
import { Mutex, Semaphore } from '../../lib/index.js';
import { alive } from '../pains/alive.js';

describe('holdersOf', () => {
  afterEach(forgetHolders);
  const anna = new Task('task "anna"', null);

  it('tells who was seen to acquire, and how much, until it is given back', async () => {
    const permits = new Semaphore(3);
    const [two, one] = [await permits.acquire({ permits: 2 }), await permits.acquire()];
    noteHold(permits, two, anna);
    noteHold(permits, one, null);
    expect(holdersOf(permits)).to.deep.equal([
      { amount: 2, task: anna, lost: false },
      { amount: 1, task: null, lost: false },
    ]);
    noteEnd(two);
    expect(holdersOf(permits).map(({ amount }) => amount)).to.deep.equal([1]);
    noteAgain(two);
    expect(holdersOf(permits).map(({ amount }) => amount)).to.deep.equal([1, 2]);
    two.release();
    one.release();
  });

  it('tells of a hold that was lost: nobody can give it back', async () => {
    const mutex = new Mutex();
    const take = (): void => noteHold(mutex, mutex.tryAcquire()!, anna);
    take();
    await alive([new WeakRef({})]);
    expect(holdersOf(mutex)).to.deep.equal([{ amount: 1, task: anna, lost: true }]);
    expect(explain(mutex)).to.contain('is held by nobody: the hold was lost');
  });

  it('knows nothing of what it has not seen, or was told to forget', async () => {
    const permits = new Semaphore(1);
    const hold = await permits.acquire();
    noteEnd(hold);
    noteAgain(hold);
    expect(holdersOf(permits)).to.deep.equal([]);
    noteHold(permits, hold, anna);
    forgetHolders();
    noteEnd(hold);
    noteAgain(hold);
    expect([holdersOf(permits), hold.released]).to.deep.equal([[], false]);
  });
});
