import { expect } from 'chai';
import { lockOf, noteLock, queuesOf } from '../../lib/debug/locks.js';
import { Channel, Completion, Mutex, RwLock, WaitQueue } from '../../lib/index.js';

describe('queuesOf', () => {
  it('finds the queues that a lock has, and none of a queue itself', () => {
    expect(queuesOf(new Mutex()).length).to.equal(1);
    expect(queuesOf(new Channel()).length).to.equal(3);
    expect(new Set(queuesOf(new RwLock())).size).to.equal(2);
    const done = new Completion<WaitQueue>();
    done.complete(new WaitQueue());
    expect([new WaitQueue(), done, {}].map(queuesOf)).to.deep.equal([[], [], []]);
  });
});

describe('lockOf', () => {
  it('tells whose a queue is, once the lock was met', () => {
    const mutex = new Mutex();
    const [queue] = queuesOf(mutex);
    expect(lockOf(queue!)).to.equal(undefined);
    noteLock(mutex);
    expect([lockOf(queue!), lockOf(new WaitQueue())]).to.deep.equal([mutex, undefined]);
  });
});
