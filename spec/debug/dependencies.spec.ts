import { expect } from 'chai';
import { dependenciesOf } from '../../lib/debug/dependencies.js';
import { recordWaits, type Recording } from '../../lib/debug/recording.js';
import { currentTask, task } from '../../lib/debug/task.js';
import { acquireAll, acquiringAll, Completion, Mutex, Semaphore, WaitQueue } from '../../lib/index.js';
import { groupAt } from '../../lib/debug/places.js';
import { alive } from '../pains/alive.js';

describe('dependenciesOf', () => {
  it('takes a completion for what it stands on, and a lock of which nothing was recorded for free', () => {
    const [source, target] = [new Completion(), new Completion()];
    source.forward(target);
    expect(dependenciesOf(target)).to.deep.equal({ on: [source], stuckWith: 'all', free: false });
    expect(dependenciesOf(new Mutex()).free).to.equal(true);
  });

  it('tells of a request for several semaphores which keep it waiting: it is stuck with one of them', async () => {
    const [one, other, third] = [new Semaphore(2), new Semaphore(1), new Semaphore(1)];
    const hold = await other.acquire();
    const waiting = acquireAll([one, other, third]);
    const group = groupAt(one.takers.head!)!;
    expect(dependenciesOf(group)).to.deep.equal({ on: [other], stuckWith: 'one', free: false });
    expect(dependenciesOf(third), 'its line waits for who is first').to.deep.equal({ on: [group], stuckWith: 'all', free: false }); // prettier-ignore
    expect(dependenciesOf(other).free, 'held by somebody').to.equal(true);
    const branch = acquiringAll([third, one]);
    const wanted = branch.promise();
    expect(dependenciesOf(groupAt(third.takers.head!.next!)!).on).to.deep.equal([third, one]);
    hold.release();
    (await waiting).release();
    (await wanted).release();
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
      void queue.next(); // In no task.
      const anna = await task('anna', async () => {
        await mutex.acquire();
        void queue.next();
        return currentTask()!;
      });
      expect(dependenciesOf(mutex)).to.deep.equal({ on: [anna], stuckWith: 'one', free: false });
      expect(dependenciesOf(anna)).to.deep.equal({ on: [queue], stuckWith: 'all', free: false });
      queue.wakeAll();
      expect(dependenciesOf(anna).free).to.equal(true);
    });

    it('tells that a holder who was not seen may give it back', async () => {
      const mutex = new Mutex();
      await mutex.acquire();
      expect(dependenciesOf(mutex)).to.deep.equal({ on: [], stuckWith: 'one', free: true });
      recording.stop();
      const permits = new Semaphore(2);
      await permits.acquire();
      recording = recordWaits();
      await task('anna', () => permits.acquire());
      expect(dependenciesOf(permits)).to.deep.include({ stuckWith: 'all', free: true });
    });

    it('tells that a hold which was lost is given back by nobody, whoever had it', async () => {
      const permits = new Semaphore(2);
      const anna = await task('anna', async () => {
        await permits.acquire();
        return currentTask()!;
      });
      (() => void permits.tryAcquire())();
      await alive([new WeakRef({})]);
      expect(dependenciesOf(permits)).to.deep.equal({ on: [anna], stuckWith: 'all', free: false });
    });
  });
});
