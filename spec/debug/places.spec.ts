import { expect } from 'chai';
import { branchAt, groupAt, headOfLine, lackedBy } from '../../lib/debug/places.js';
import { acquireAll, acquiringAll, Latch, Semaphore, WaitEntry, WaitQueue, WOKEN } from '../../lib/index.js';
import { queuesOf } from '../../lib/debug/locks.js';

describe('branchAt', () => {
  it('tells the branch whose place an entry is', () => {
    const [permits, latch] = [new Semaphore(0), new Latch(1)];
    permits.capacity = 1;
    const hold = permits.tryAcquire();
    for (const [branch, queue] of [
      [permits.acquiring(), permits.takers],
      [latch.opening(), queuesOf(latch)[0]!],
    ] as const) {
      branch.notify(() => undefined);
      expect(branchAt(queue.head!)).to.equal(branch);
      branch.cancel();
    }
    expect(branchAt(new WaitEntry(() => WOKEN))).to.equal(null);
    hold?.release();
  });
});

describe('groupAt', () => {
  it('tells the request for several semaphores, in every line of them, waiting or a branch', async () => {
    const [one, other] = [new Semaphore(1), new Semaphore(1)];
    const hold = await acquireAll([one, other]);
    const waiting = acquireAll([one, other]);
    const branch = acquiringAll([other, one]);
    const wanted = branch.promise();
    const groups = [one, other].map(({ takers }) => [...takers].map(groupAt));
    expect(groups[0]![0]).to.equal(groups[1]![0]).and.not.equal(null);
    expect(groups[0]![1]).to.equal(groups[1]![1]).and.equal(branch.standsIn);
    hold.release();
    (await waiting).release();
    (await wanted).release();
    expect([branch.standsIn, groupAt(new WaitEntry(() => WOKEN))]).to.deep.equal([null, null]);
    const queue = new WaitQueue();
    void queue.next();
    expect(groupAt(queue.head!)).to.equal(null);
  });
});

describe('lackedBy', () => {
  it('tells those with too little, and those where others are first', async () => {
    const [one, other, third] = [new Semaphore(1), new Semaphore(2), new Semaphore(1)];
    const hold = await other.acquire();
    const first = acquireAll([one, { semaphore: other, permits: 2 }]);
    const second = acquireAll([one, third]);
    const [ahead, behind] = [...one.takers].map((entry) => groupAt(entry)!);
    expect(lackedBy(ahead!)).to.deep.equal([other]);
    expect(lackedBy(behind!)).to.deep.equal([one]);
    expect([headOfLine(one), headOfLine(other), headOfLine(third)]).to.deep.equal([ahead, null, behind]);
    hold.release();
    (await first).release();
    (await second).release();
    expect(headOfLine(one)).to.equal(null);
  });
});
