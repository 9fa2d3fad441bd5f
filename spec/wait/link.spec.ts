import { expect } from 'chai';
import { HOLD, PASS, STOP, WaitEntry, WOKEN } from '../../lib/wait/entry.js';
import { ArgumentError, WakeError } from '../../lib/wait/errors.js';
import { link } from '../../lib/wait/link.js';
import { WaitQueue } from '../../lib/wait/queue.js';
import type { HeldWalk } from '../../lib/wait/held-walk.js';
import { Recorder, thrownBy } from './recorder.js';

describe('link', () => {
  let queue: WaitQueue;
  let recorder: Recorder;

  beforeEach(() => {
    queue = new WaitQueue();
    recorder = new Recorder();
  });

  it('returns an entry that takes its place as any other (W1)', () => {
    const target = new WaitQueue();
    const shared = link(queue, target);
    const first = link(queue, target, { first: true });
    const exclusive = link(queue, target, { exclusive: true });
    const exclusiveFirst = link(queue, target, { exclusive: true, first: true });
    expect([...queue]).to.deep.equal([first, shared, exclusiveFirst, exclusive]);
    expect(shared.data).to.equal(target);
    expect(target.active).to.equal(false);
  });

  it('is undone by remove, and done again by add', () => {
    const target = new WaitQueue();
    target.add(recorder.entry('t'));
    const entry = link(queue, target);
    queue.remove(entry);
    expect(queue.wake()).to.equal(0);
    queue.add(entry);
    expect(queue.wake()).to.equal(1);
  });

  it('answers for its target when its own function is called directly', () => {
    const target = new WaitQueue();
    const entry = link(queue, target);
    expect(entry.wake(entry, 'key', queue)).to.equal(PASS);
    target.add(recorder.entry('t'));
    expect(entry.wake(entry, 'key', queue)).to.equal(WOKEN);
  });

  const refused: [value: unknown, named: string][] = [
    [undefined, 'undefined'],
    [null, 'null'],
    ['queue', 'queue'],
    [{}, '[object Object]'],
    [new WaitEntry(() => WOKEN), '[object Object]'],
  ];
  for (const [value, named] of refused) {
    it(`refuses ${named}, naming it, and adds nothing`, () => {
      const error = thrownBy(() => link(queue, value as WaitQueue));
      expect(error).to.be.instanceOf(ArgumentError).and.include({ code: 'ERR_TARGET' });
      expect((error as Error).message).to.include(named);
      expect(queue.active).to.equal(false);
    });
  }
});

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
      link(last, next);
      last = next;
    }
    return [first, last];
  };

  it('is walked in the link’s place, with the same key and its own queue (W7)', () => {
    const seen: unknown[] = [];
    queue.add(recorder.entry('a'));
    link(queue, target);
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
    link(queue, target);
    target.add(recorder.entry('t'));
    expect(target.wake()).to.equal(1);
    expect(recorder.calls).to.deep.equal(['t']);
  });

  it('is empty, alone, or linked twice (W7)', () => {
    link(queue, target);
    expect(queue.wake()).to.equal(0);
    target.add(recorder.entry('t'));
    expect(queue.wake()).to.equal(1);
    link(queue, target);
    expect(queue.wake()).to.equal(2);
    expect(recorder.calls).to.deep.equal(['t', 't', 't']);
  });

  it('is walked with what is left of nr, and leaves what it left (W2, W7)', () => {
    link(queue, target);
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
    link(queue, target, { exclusive: true });
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
    link(queue, target, { exclusive: true });
    queue.addExclusive(recorder.entry('x'));
    target.add(recorder.entry('t'));
    target.addExclusive(recorder.entry('u'));
    expect(queue.wake('key', 2)).to.equal(3);
    expect(recorder.calls).to.deep.equal(['t', 'u', 'x']);
  });

  it('by an exclusive link gives the next its chance when all passed (W2, W7)', () => {
    link(queue, target, { exclusive: true });
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
        link(queues[index - 1] as WaitQueue, queues[index] as WaitQueue, { exclusive: true });
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
    link(queue, target);
    queue.add(recorder.entry('b'));
    target.add(recorder.entry('t', { throws: errors[1] }));
    target.add(recorder.entry('u'));
    const error = thrownBy(() => queue.wake()) as WakeError;
    expect(error.errors).to.deep.equal(errors);
    expect(error.woken).to.equal(2);
    expect(recorder.calls).to.deep.equal(['a', 't', 'u', 'b']);
  });

  it('is walked to its end when the link is removed meanwhile, and then the rest (W3, W7)', () => {
    const entry = link(queue, target);
    const [b, c] = recorder.entries('b', 'c');
    queue.add(b);
    queue.add(c);
    const unlink = (): void => {
      queue.remove(entry);
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
    queue.add(recorder.entry('a', { does: (entry) => (queue.remove(entry), link(queue, target)) }));
    queue.add(recorder.entry('b'));
    queue.wake();
    expect(recorder.taken()).to.deep.equal(['a', 'b']);
    queue.wake();
    expect(recorder.calls).to.deep.equal(['b', 't']);
  });

  it('does not call what was added to either queue meanwhile (W3, W7)', () => {
    const [lateQueue, lateTarget] = recorder.entries('late on queue', 'late on target');
    link(queue, target);
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
      const entry = link(last, first);
      const error = thrownBy(() => first.wake());
      expect(error).to.be.instanceOf(ArgumentError).and.include({ code: 'ERR_LINK_CYCLE', woken: 1 });
      expect(recorder.taken()).to.deep.equal(['a']);
      last.remove(entry);
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
    const entry = link(last, first);
    expect(first.wake()).to.equal(1);
    expect(thrownBy(() => handle?.resume())).to.include({ code: 'ERR_LINK_CYCLE', woken: 0 });
    last.remove(entry);
    expect([first.wake(), first.ledger?.walks, last.ledger?.walks]).to.deep.equal([0, null, null]);
  });

  it('in a cycle behind a long side way is refused (W7)', () => {
    const [trunk, fork] = chain(20);
    const [side, end] = chain(40);
    end.add(recorder.entry('t'));
    link(fork, side);
    link(fork, trunk);
    expect(thrownBy(() => trunk.wake())).to.include({ code: 'ERR_LINK_CYCLE' });
    expect([trunk.ledger?.walks, fork.ledger?.walks, side.ledger?.walks]).to.deep.equal([null, null, null]);
  });

  it('in a cycle is refused with the errors thrown on the way (W5, W7)', () => {
    const thrown = new Error('thrown');
    queue.add(recorder.entry('a', { does: (entry) => queue.remove(entry), throws: thrown }));
    link(queue, target);
    link(target, queue);
    const error = thrownBy(() => queue.wake()) as WakeError;
    expect(error).to.be.instanceOf(WakeError);
    expect(error.errors[0]).to.equal(thrown);
    expect(error.errors[1]).to.include({ code: 'ERR_LINK_CYCLE' });
  });

  it('by many ways is no cycle (W7)', () => {
    const middle = Array.from({ length: 20 }, () => new WaitQueue());
    for (const each of middle) {
      link(queue, each);
      link(each, target);
    }
    target.add(recorder.entry('t'));
    expect(queue.wake()).to.equal(20);
  });

  it('by links that come and go at every depth is no cycle (W7)', () => {
    // 2 ** 11 ways from the first to the last, each of 12 queues: more than are remembered, all met again and again.
    const row = Array.from({ length: 12 }, () => new WaitQueue());
    for (let index = 1; index < row.length; index++) {
      link(row[index - 1] as WaitQueue, row[index] as WaitQueue);
      link(row[index - 1] as WaitQueue, row[index] as WaitQueue);
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
