import { expect } from 'chai';
import { dependenciesOf, nodeOf } from '../../lib/debug/dependencies.js';
import { queuesOf } from '../../lib/debug/locks.js';
import { recordWaits, type Recording } from '../../lib/debug/recording.js';
import { currentTask, task } from '../../lib/debug/task.js';
import { allOf, anyOf, Completion, CompoundEvent, Mutex, timeout, WaitQueue } from '../../lib/index.js';

describe('dependenciesOf', () => {
  it('tells the pending children of a compound: stuck with one of them, or only with all', () => {
    const [one, other] = [new Completion(), new Completion()];
    const all = allOf([one, other]);
    expect(dependenciesOf(all)).to.deep.equal({ on: [one, other], stuckWith: 'one', free: false });
    one.complete();
    expect(dependenciesOf(all)).to.deep.equal({ on: [other], stuckWith: 'one', free: false });
    other.complete();
    expect(dependenciesOf(all)).to.deep.equal({ on: [], stuckWith: 'all', free: true });
    const third = new Completion();
    expect(dependenciesOf(anyOf([third]))).to.deep.equal({ on: [third], stuckWith: 'all', free: false });
  });

  it('tells that a compound which is not sealed may get another child', () => {
    const compound = new CompoundEvent({ arrive: () => undefined, conclude: () => undefined });
    compound.own(new Completion());
    expect(dependenciesOf(compound).free).to.equal(true);
  });

  it('tells what is forwarded to a completion; one with a timer goes on by itself', () => {
    const source = new Completion();
    const target = new Completion();
    expect(dependenciesOf(target)).to.deep.equal({ on: [], stuckWith: 'all', free: true });
    source.forward(target);
    expect(dependenciesOf(target)).to.deep.equal({ on: [source], stuckWith: 'all', free: false });
    const limited = new Completion().within(60_000);
    expect([dependenciesOf(limited).on.length, dependenciesOf(limited).free]).to.deep.equal([1, true]);
    limited.cancel();
    const timer = timeout(60_000);
    expect(dependenciesOf(timer).free).to.equal(true);
    timer.cancel();
  });

  describe('while waits are recorded', () => {
    let recording: Recording;
    beforeEach(() => {
      recording = recordWaits();
    });
    afterEach(() => recording.stop());

    it('tells who holds a lock and what a task waits for', async () => {
      const mutex = new Mutex();
      const queue = new WaitQueue();
      const anna = await task('anna', async () => {
        await mutex.acquire();
        void queue.next();
        return currentTask()!;
      });
      expect(dependenciesOf(mutex)).to.deep.equal({ on: [anna], stuckWith: 'one', free: false });
      expect(dependenciesOf(anna)).to.deep.equal({ on: [queue], stuckWith: 'all', free: false });
      expect(nodeOf(queuesOf(mutex)[0]!)).to.equal(mutex);
      queue.wake();
      expect(dependenciesOf(anna).free).to.equal(true);
    });

    it('tells that a holder who was not seen may give it back', async () => {
      const mutex = new Mutex();
      await mutex.acquire();
      expect(dependenciesOf(mutex)).to.deep.equal({ on: [], stuckWith: 'one', free: true });
    });
  });
});
