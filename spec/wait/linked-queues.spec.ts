import { expect } from 'chai';
import { HOLD, PASS, STOP, WOKEN } from '../../lib/wait/entry.js';
import { ArgumentError, WakeError } from '../../lib/wait/errors.js';
import { WaitQueue } from '../../lib/wait/queue.js';
import type { HeldWalk } from '../../lib/wait/held-walk.js';
import { Recorder, thrownBy } from './recorder.js';

describe('a queue linked to a queue', () => {
  let queue: WaitQueue;
  let recorder: Recorder;

  beforeEach(() => {
    queue = new WaitQueue();
    recorder = new Recorder();
  });

  let target: WaitQueue;

  beforeEach(() => (target = new WaitQueue()));

  const chain = (length: number): [first: WaitQueue, last: WaitQueue] => {
    const first = new WaitQueue();
    let last = first;
    for (let count = 1; count < length; count++) {
      const next = new WaitQueue();
      last.link(next);
      last = next;
    }
    return [first, last];
  };

  it('is walked in the link’s place, with the same key and its own queue (W7)', () => {
    const seen: unknown[] = [];
    queue.add(recorder.entry('a'));
    queue.link(target);
    queue.add(recorder.entry('b'));
    queue.addExclusive(recorder.entry('x'));
    target.add(recorder.entry('t', { does: (_, ...rest) => seen.push(...rest) }));
    target.addExclusive(recorder.entry('u'));
    expect(queue.wake('key', 2)).to.equal(5);
    expect(recorder.calls).to.deep.equal(['a', 't', 'u', 'b', 'x']);
    expect(seen).to.deep.equal(['key', target]);
  });

  it('is not walked the other way (W7)', () => {
    queue.add(recorder.entry('a'));
    queue.link(target);
    target.add(recorder.entry('t'));
    expect(target.wake()).to.equal(1);
    expect(recorder.calls).to.deep.equal(['t']);
  });

  it('is empty, alone, or linked twice (W7)', () => {
    queue.link(target);
    expect(queue.wake()).to.equal(0);
    target.add(recorder.entry('t'));
    expect(queue.wake()).to.equal(1);
    queue.link(target);
    expect(queue.wake()).to.equal(2);
    expect(recorder.calls).to.deep.equal(['t', 't', 't']);
  });

  it('is walked with what is left of nr, and leaves what it left (W2, W7)', () => {
    queue.link(target);
    target.add(recorder.entry('t'));
    for (const name of 'uv') target.addExclusive(recorder.entry(name));
    for (const name of 'xy') queue.addExclusive(recorder.entry(name));
    const called = [0, 1, 2, 3, 4, 5].map((nr) => {
      queue.wake('key', nr);
      return recorder.taken().join('');
    });
    expect(called).to.deep.equal(['t', 'tu', 'tuv', 'tuvx', 'tuvxy', 'tuvxy']);
    queue.wakeAll();
    expect(recorder.calls.join('')).to.equal('tuvxy');
  });

  it('by an exclusive link is walked when its turn comes, and counts as one if only shared ones woke (W2, W7)', () => {
    queue.addExclusive(recorder.entry('x'));
    queue.link(target, { exclusive: true });
    queue.addExclusive(recorder.entry('y'));
    target.add(recorder.entry('s'));
    target.add(recorder.entry('t'));
    const called = [0, 1, 2, 3].map((nr) => {
      queue.wake('key', nr);
      return recorder.taken().join('');
    });
    expect(called).to.deep.equal(['', 'x', 'xst', 'xsty']);
  });

  it('by an exclusive link takes no wake-up more than its exclusive entries did (W2, W7)', () => {
    queue.link(target, { exclusive: true });
    queue.addExclusive(recorder.entry('x'));
    target.add(recorder.entry('t'));
    target.addExclusive(recorder.entry('u'));
    expect(queue.wake('key', 2)).to.equal(3);
    expect(recorder.calls).to.deep.equal(['t', 'u', 'x']);
  });

  it('by an exclusive link gives the next its chance when all passed (W2, W7)', () => {
    queue.link(target, { exclusive: true });
    queue.addExclusive(recorder.entry('x'));
    target.add(recorder.entry('t', { answer: PASS }));
    target.addExclusive(recorder.entry('u', { answer: PASS }));
    expect(queue.wake('key', 1)).to.equal(1);
    expect(recorder.calls).to.deep.equal(['t', 'u', 'x']);
  });

  it('stops the walks of all queues that led to it (W4, W7)', () => {
    const [first, last] = chain(5);
    first.add(recorder.entry('never'));
    last.add(recorder.entry('t', { answer: WOKEN | STOP }));
    last.add(recorder.entry('neither'));
    expect(first.wake()).to.equal(1);
    expect(recorder.calls).to.deep.equal(['t']);
  });

  it('holds the walks of all queues that led to it (W4, W7)', () => {
    let handle: HeldWalk | undefined;
    const [first, last] = chain(5);
    first.addFirst(recorder.entry('a'));
    last.addExclusive(recorder.entry('t', { answer: WOKEN | HOLD, does: () => (handle = last.hold()) }));
    last.addExclusive(recorder.entry('u'));
    first.addExclusive(recorder.entry('x'));
    expect(first.wake('key', 2)).to.equal(2);
    expect(recorder.taken()).to.deep.equal(['a', 't']);
    expect(handle?.resume()).to.equal(1);
    expect(recorder.taken()).to.deep.equal(['u']);
    expect(first.ledger?.walks ?? last.ledger?.walks).to.equal(null);
  });

  for (const length of [2, 3]) {
    it(`by exclusive links still counts as one when it was held in between, ${length} in a row (W2, W4, W7)`, () => {
      let handle: HeldWalk | undefined;
      const queues = Array.from({ length }, () => new WaitQueue()) as [WaitQueue, WaitQueue];
      for (let index = 1; index < length; index++)
        queues[index - 1]?.link(queues[index] as WaitQueue, { exclusive: true });
      const [first] = queues;
      const last = queues[length - 1] as WaitQueue;
      first.addExclusive(recorder.entry('x'));
      last.add(recorder.entry('t', { answer: WOKEN | HOLD, does: () => (handle = last.hold()) }));
      last.add(recorder.entry('u', { answer: PASS }));
      expect(first.wake('key', 1)).to.equal(1);
      expect(handle?.resume()).to.equal(0);
      expect(recorder.calls).to.deep.equal(['t', 'u']);
    });
  }

  it('hands errors to whoever woke the first queue, with the count of all (W5, W7)', () => {
    const errors = [new Error('of the queue'), new Error('of the target')];
    queue.add(recorder.entry('a', { throws: errors[0] }));
    queue.link(target);
    queue.add(recorder.entry('b'));
    target.add(recorder.entry('t', { throws: errors[1] }));
    target.add(recorder.entry('u'));
    const error = thrownBy(() => queue.wake()) as WakeError;
    expect(error.errors).to.deep.equal(errors);
    expect(error.woken).to.equal(2);
    expect(recorder.calls).to.deep.equal(['a', 't', 'u', 'b']);
  });

  it('is walked to its end when the link is removed meanwhile, and then the rest (W3, W7)', () => {
    const link = queue.link(target);
    const [b, c] = recorder.entries('b', 'c');
    queue.add(b);
    queue.add(c);
    const unlink = (): void => {
      queue.remove(link);
      queue.remove(b);
    };
    target.add(recorder.entry('t', { does: unlink }));
    target.add(recorder.entry('u'));
    expect(queue.wake()).to.equal(3);
    expect(recorder.taken()).to.deep.equal(['t', 'u', 'c']);
    expect(queue.wake()).to.equal(1);
  });

  it('is not walked through a link that was made during the walk (W3, W7)', () => {
    target.add(recorder.entry('t'));
    queue.add(recorder.entry('a', { does: (entry) => (queue.remove(entry), queue.link(target)) }));
    queue.add(recorder.entry('b'));
    queue.wake();
    expect(recorder.taken()).to.deep.equal(['a', 'b']);
    queue.wake();
    expect(recorder.calls).to.deep.equal(['b', 't']);
  });

  it('does not call what was added to either queue meanwhile (W3, W7)', () => {
    const [lateQueue, lateTarget] = recorder.entries('late on queue', 'late on target');
    queue.link(target);
    const adds = (): void => {
      if (lateQueue.queue !== null) return;
      queue.add(lateQueue);
      target.add(lateTarget);
    };
    target.add(recorder.entry('t', { does: adds }));
    queue.add(recorder.entry('b'));
    queue.wake();
    expect(recorder.taken()).to.deep.equal(['t', 'b']);
    queue.wake();
    expect(recorder.calls).to.deep.equal(['t', 'late on target', 'b', 'late on queue']);
  });

  for (const length of [1, 2, 3, 9, 100]) {
    it(`in a cycle of ${length} is refused, and all are as good as before (W7)`, () => {
      const [first, last] = chain(length);
      const seen = recorder.entry('a', { once: true });
      first.addFirst(seen);
      const link = last.link(first);
      const error = thrownBy(() => first.wake());
      expect(error).to.be.instanceOf(ArgumentError).and.include({ code: 'ERR_LINK_CYCLE', woken: 1 });
      expect(recorder.taken()).to.deep.equal(['a']);
      last.remove(link);
      last.add(recorder.entry('b'));
      expect(first.wake()).to.equal(1);
      expect([first.ledger?.walks, last.ledger?.walks, first.ledger?.depth, last.ledger?.depth]).to.deep.equal([
        null,
        null,
        0,
        0,
      ]);
    });
  }

  it('in a cycle that closes while the walk is held, far down, is refused (W4, W7)', () => {
    let handle: HeldWalk | undefined;
    const [first, last] = chain(50);
    last.add(recorder.entry('t', { answer: WOKEN | HOLD, once: true, does: () => (handle = last.hold()) }));
    const link = last.link(first);
    expect(first.wake()).to.equal(1);
    expect(thrownBy(() => handle?.resume())).to.include({ code: 'ERR_LINK_CYCLE', woken: 0 });
    last.remove(link);
    expect([first.wake(), first.ledger?.walks, last.ledger?.walks]).to.deep.equal([0, null, null]);
  });

  it('in a cycle behind a long side way is refused (W7)', () => {
    const [trunk, fork] = chain(20);
    const [side, end] = chain(40);
    end.add(recorder.entry('t'));
    fork.link(side);
    fork.link(trunk);
    expect(thrownBy(() => trunk.wake())).to.include({ code: 'ERR_LINK_CYCLE' });
    expect([trunk.ledger?.walks, fork.ledger?.walks, side.ledger?.walks]).to.deep.equal([null, null, null]);
  });

  it('in a cycle is refused with the errors thrown on the way (W5, W7)', () => {
    const thrown = new Error('thrown');
    queue.add(recorder.entry('a', { does: (entry) => queue.remove(entry), throws: thrown }));
    queue.link(target);
    target.link(queue);
    const error = thrownBy(() => queue.wake()) as WakeError;
    expect(error).to.be.instanceOf(WakeError);
    expect(error.errors[0]).to.equal(thrown);
    expect(error.errors[1]).to.include({ code: 'ERR_LINK_CYCLE' });
  });

  it('by many ways is no cycle (W7)', () => {
    const middle = Array.from({ length: 20 }, () => new WaitQueue());
    for (const each of middle) {
      queue.link(each);
      each.link(target);
    }
    target.add(recorder.entry('t'));
    expect(queue.wake()).to.equal(20);
  });

  it('by links that come and go at every depth is no cycle (W7)', () => {
    // 2 ** 11 ways from the first to the last, each of 12 queues: more than are remembered, all met again and again.
    const row = Array.from({ length: 12 }, () => new WaitQueue());
    for (let index = 1; index < row.length; index++) {
      row[index - 1]?.link(row[index] as WaitQueue);
      row[index - 1]?.link(row[index] as WaitQueue);
    }
    let calls = 0;
    row[11]?.add(recorder.entry('', { does: () => calls++ }));
    expect(row[0]?.wake()).to.equal(2048);
    expect(calls).to.equal(2048);
  });

  it('a million times in a row is woken (W7)', function () {
    this.timeout(60_000);
    const [first, last] = chain(1_000_000);
    last.add(recorder.entry('t'));
    expect([first.wake(), first.wake()]).to.deep.equal([1, 1]);
    expect(recorder.calls).to.deep.equal(['t', 't']);
  });

  it('a hundred thousand times in a row can be stopped and held (W4, W7)', function () {
    this.timeout(60_000);
    let handle: HeldWalk | undefined;
    const [first, last] = chain(100_000);
    last.add(recorder.entry('t', { answer: WOKEN | HOLD, does: () => (handle = last.hold()) }));
    last.add(recorder.entry('u', { answer: WOKEN | STOP }));
    first.add(recorder.entry('never'));
    expect(first.wake()).to.equal(1);
    expect(handle?.resume()).to.equal(1);
    expect(recorder.calls).to.deep.equal(['t', 'u']);
  });
});
