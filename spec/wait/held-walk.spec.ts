import { expect } from 'chai';
import { HOLD, STOP, WOKEN } from '../../lib/wait/entry.js';
import { StateError, type WakeError } from '../../lib/wait/errors.js';
import { WaitQueue } from '../../lib/wait/queue.js';
import type { HeldWalk } from '../../lib/wait/held-walk.js';
import { namesOf, Recorder, thrownBy } from './recorder.js';

describe('HeldWalk', () => {
  let queue: WaitQueue;
  let recorder: Recorder;

  beforeEach(() => {
    queue = new WaitQueue();
    recorder = new Recorder();
  });

  let handles: HeldWalk[];
  /** An entry that takes the handle and answers HOLD. */
  const holder = (name: string, answer = WOKEN | HOLD, once = false): ReturnType<Recorder['entry']> =>
    recorder.entry(name, { answer, once, does: (_, __, on) => handles.push(on.hold()) });
  const resume = (index: number): number => (handles[index] as HeldWalk).resume();

  beforeEach(() => (handles = []));

  it('stands for the rest of a walk: wake returns what was woken so far, resume calls the rest (W4)', () => {
    queue.add(recorder.entry('a'));
    queue.add(holder('b'));
    queue.add(recorder.entry('c'));
    queue.addExclusive(recorder.entry('x'));
    queue.addExclusive(recorder.entry('y'));
    expect(queue.wake()).to.equal(2);
    expect(recorder.taken()).to.deep.equal(['a', 'b']);
    expect(resume(0)).to.equal(2);
    expect(recorder.calls).to.deep.equal(['c', 'x']);
  });

  it('keeps what is left of nr (W4)', () => {
    queue.addExclusive(holder('x'));
    for (const entry of recorder.entries('y', 'z')) queue.addExclusive(entry);
    expect(queue.wake('key', 2)).to.equal(1);
    expect(resume(0)).to.equal(1);
    expect(recorder.calls).to.deep.equal(['x', 'y']);
  });

  it('has nothing left of nr when the holder took the last (W4)', () => {
    queue.addExclusive(holder('x'));
    queue.addExclusive(recorder.entry('y'));
    expect(queue.wake('key', 1)).to.equal(1);
    expect(resume(0)).to.equal(0);
    expect(recorder.calls).to.deep.equal(['x']);
  });

  it('has all of nr left when the holder passed (W4)', () => {
    queue.addExclusive(holder('x', HOLD));
    queue.addExclusive(recorder.entry('y'));
    queue.addExclusive(recorder.entry('z'));
    expect(queue.wake('key', 1)).to.equal(0);
    expect(resume(0)).to.equal(1);
    expect(recorder.calls).to.deep.equal(['x', 'y']);
  });

  it('keeps the key, and another wake meanwhile is independent (W4)', () => {
    const seen: string[] = [];
    let holds = true;
    const note = (_: unknown, key: unknown): unknown => seen.push(String(key));
    queue.add(
      recorder.entry('a', {
        does: (entry, _, on) => {
          if (holds) handles.push(on.hold());
          entry.wake = () => WOKEN;
        },
        answer: WOKEN | HOLD,
      }),
    );
    queue.addExclusive(recorder.entry('x', { does: note }));
    queue.addExclusive(recorder.entry('y', { does: note }));
    queue.wake('held', 1);
    holds = false;
    expect(queue.wake('other', 2)).to.equal(3);
    expect(resume(0)).to.equal(1);
    expect(seen).to.deep.equal(['other', 'other', 'held']);
  });

  it('lets a once entry leave as soon as it was woken (W2, W4)', () => {
    queue.add(holder('a', WOKEN | HOLD, true));
    queue.add(recorder.entry('b'));
    queue.wake();
    expect(namesOf(queue)).to.deep.equal(['b']);
    expect(resume(0)).to.equal(1);
  });

  it('of a queue with one entry has nobody left to call (W4)', () => {
    queue.add(holder('a'));
    expect(queue.wake()).to.equal(1);
    queue.add(recorder.entry('late'));
    expect(resume(0)).to.equal(0);
    expect(recorder.calls).to.deep.equal(['a']);
  });

  it('of the last entry has nobody left to call (W4)', () => {
    queue.add(recorder.entry('a'));
    queue.add(holder('b'));
    expect(queue.wake()).to.equal(2);
    queue.add(recorder.entry('late'));
    expect(resume(0)).to.equal(0);
  });

  it('can be held again further on (W4)', () => {
    queue.add(holder('a'));
    queue.add(holder('b'));
    queue.add(recorder.entry('c'));
    expect(queue.wake()).to.equal(1);
    expect(resume(0)).to.equal(1);
    expect(resume(1)).to.equal(1);
    expect(recorder.calls).to.deep.equal(['a', 'b', 'c']);
  });

  it('can be stopped further on (W4)', () => {
    queue.add(holder('a'));
    queue.add(recorder.entry('b', { answer: STOP }));
    queue.add(recorder.entry('c'));
    queue.wake();
    expect(resume(0)).to.equal(0);
    expect(recorder.calls).to.deep.equal(['a', 'b']);
  });

  it('does not call what was removed meanwhile, next or later (W3, W4)', () => {
    const [b, c, d, e] = recorder.entries('b', 'c', 'd', 'e');
    queue.add(holder('a'));
    for (const entry of [b, c, d, e]) queue.add(entry);
    queue.wake();
    queue.remove(b);
    queue.remove(d);
    expect(resume(0)).to.equal(2);
    expect(recorder.calls).to.deep.equal(['a', 'c', 'e']);
  });

  it('ends when all the rest was removed (W3, W4)', () => {
    const [b, c] = recorder.entries('b', 'c');
    const a = holder('a');
    for (const entry of [a, b, c]) queue.add(entry);
    queue.wake();
    for (const entry of [c, b, a]) queue.remove(entry);
    expect(resume(0)).to.equal(0);
  });

  it('does not call what was added, or removed and added again, meanwhile (W3, W4)', () => {
    const [b, c, late] = recorder.entries('b', 'c', 'late');
    queue.add(holder('a'));
    queue.add(b);
    queue.add(c);
    queue.wake();
    queue.add(late);
    queue.remove(b);
    queue.add(b);
    expect(resume(0)).to.equal(1);
    expect(recorder.calls).to.deep.equal(['a', 'c']);
  });

  for (const others of [0, 1]) {
    it(`resumed before the wake function returns, the walk goes on by itself, with ${others} others (W4)`, () => {
      const counts: number[] = [];
      const act = (): unknown => counts.push(queue.hold().resume());
      queue.add(recorder.entry('a', { answer: WOKEN | HOLD, does: act }));
      if (others > 0) queue.add(recorder.entry('b'));
      counts.push(queue.wake());
      expect(counts).to.deep.equal([0, 1 + others]);
    });
  }

  it('knows whether it was resumed, and is resumed once only', () => {
    queue.add(holder('a'));
    queue.add(recorder.entry('b'));
    queue.wake();
    const [handle] = handles as [HeldWalk];
    expect(handle.isResumed).to.equal(false);
    expect(handle.resume()).to.equal(1);
    expect(handle.isResumed).to.equal(true);
    expect(thrownBy(() => handle.resume()))
      .to.be.instanceOf(StateError)
      .and.include({ code: 'ERR_RESUMED' });
    expect(recorder.calls).to.deep.equal(['a', 'b']);
  });

  it('resumes in any order when several walks of a queue are held (W4)', () => {
    const entries = [holder('a'), ...recorder.entries('b', 'c')];
    for (const entry of entries) queue.add(entry);
    queue.wake('one');
    queue.wake('two');
    queue.wake('three');
    queue.remove(entries[1] as (typeof entries)[1]);
    expect([resume(1), resume(0), resume(2)]).to.deep.equal([1, 1, 1]);
    expect(recorder.calls).to.deep.equal(['a', 'a', 'a', 'c', 'c', 'c']);
  });

  it('resumes inside another walk of the same queue (W3, W4)', () => {
    let first = true;
    const a = recorder.entry('a', {
      answer: WOKEN | HOLD,
      does: (entry) => {
        if (!first) return;
        first = false;
        handles.push(queue.hold());
        entry.wake = () => {
          recorder.calls.push(`resumed ${resume(0)}`);
          return WOKEN;
        };
      },
    });
    queue.add(a);
    queue.add(recorder.entry('b'));
    queue.wake('held');
    expect(queue.wake('other')).to.equal(2);
    expect(recorder.calls).to.deep.equal(['a', 'b', 'resumed 1', 'b']);
  });

  it('belongs to the call that took it, also when that call wakes others that hold (W4)', () => {
    const other = new WaitQueue();
    other.add(holder('o'));
    other.add(recorder.entry('p'));
    const takesThenWakes = (): void => {
      handles.push(queue.hold());
      expect(other.wake()).to.equal(1);
    };
    queue.add(recorder.entry('a', { answer: WOKEN | HOLD, does: takesThenWakes }));
    queue.add(recorder.entry('b'));
    expect(queue.wake()).to.equal(1);
    expect(recorder.taken()).to.deep.equal(['a', 'o']);
    expect(resume(0)).to.equal(1);
    expect(resume(1)).to.equal(1);
    expect(recorder.calls).to.deep.equal(['b', 'p']);
  });

  it('belongs to the call that took it, also when that call wakes its own queue (W4)', () => {
    const counts: number[] = [];
    const act = (): void => {
      handles.push(queue.hold());
      if (handles.length === 1) counts.push(queue.wake('nested'));
    };
    queue.add(recorder.entry('a', { answer: WOKEN | HOLD, does: act }));
    queue.add(recorder.entry('b'));
    counts.push(queue.wake('outer'));
    expect(recorder.calls).to.deep.equal(['a', 'a']);
    expect([...counts, resume(0), resume(1)]).to.deep.equal([1, 1, 1, 1]);
    expect(recorder.calls).to.deep.equal(['a', 'a', 'b', 'b']);
  });

  it('belongs to the call that took it, and not to a call further in that took none (W4)', () => {
    let nested: unknown;
    const act = (): void => {
      if (handles.length > 0) return;
      handles.push(queue.hold());
      nested = thrownBy(() => queue.wake('nested'));
    };
    queue.add(recorder.entry('a', { answer: WOKEN | HOLD, does: act }));
    queue.add(recorder.entry('b'));
    expect(queue.wake('outer')).to.equal(1);
    expect(nested).to.include({ code: 'ERR_HOLD', woken: 2 });
    expect(recorder.calls).to.deep.equal(['a', 'a', 'b']);
    expect(resume(0)).to.equal(1);
    expect(recorder.calls).to.deep.equal(['a', 'a', 'b', 'b']);
  });

  it('belongs to the call that took it, also when that call wakes others that take one in vain (W4)', () => {
    const other = new WaitQueue();
    other.add(recorder.entry('o', { does: () => other.hold() }));
    const takesThenWakes = (): void => {
      handles.push(queue.hold());
      other.wake();
    };
    queue.add(recorder.entry('a', { answer: WOKEN | HOLD, does: takesThenWakes }));
    queue.add(recorder.entry('b'));
    expect(queue.wake()).to.equal(1);
    expect(resume(0)).to.equal(1);
    expect(recorder.calls).to.deep.equal(['a', 'o', 'b']);
  });

  it('does nothing when it was taken and not used (W4)', () => {
    queue.add(recorder.entry('a', { does: () => handles.push(queue.hold()) }));
    queue.add(recorder.entry('b', { does: () => handles.push(queue.hold()), throws: new Error('thrown') }));
    queue.add(holder('c'));
    queue.add(recorder.entry('d'));
    expect(queue.wake()).to.equal(2);
    expect([resume(0), resume(1)]).to.deep.equal([0, 0]);
    expect(recorder.calls).to.deep.equal(['a', 'b', 'c']);
    expect(thrownBy(() => resume(2))).to.include({ woken: 1 });
    expect(recorder.calls).to.deep.equal(['a', 'b', 'c', 'd']);
  });

  for (const others of [0, 1]) {
    it(`is missed: HOLD without one is an error and the walk goes on, with ${others} others (W4, W5)`, () => {
      queue.add(recorder.entry('a', { answer: WOKEN | HOLD, once: true }));
      if (others > 0) queue.add(recorder.entry('b'));
      const error = thrownBy(() => queue.wake());
      expect(error)
        .to.be.instanceOf(StateError)
        .and.include({ code: 'ERR_HOLD', woken: 1 + others });
      expect(namesOf(queue)).not.to.include('a');
    });
  }

  it('delivers errors of the rest, and those before the hold, to whoever resumes (W4, W5)', () => {
    const errors = [new Error('before'), new Error('rest')];
    queue.add(recorder.entry('a', { throws: errors[0] }));
    queue.add(recorder.entry('b'));
    queue.add(holder('c'));
    queue.add(recorder.entry('d', { throws: errors[1] }));
    queue.add(recorder.entry('e'));
    expect(queue.wake()).to.equal(2);
    const error = thrownBy(() => resume(0)) as WakeError;
    expect(error.errors).to.deep.equal(errors);
    expect(error.woken).to.equal(1);
    expect(recorder.calls).to.deep.equal(['a', 'b', 'c', 'd', 'e']);
  });

  it('that is never resumed leaves the queue usable (W4)', () => {
    const [b, c] = recorder.entries('b', 'c');
    const a = holder('a');
    for (const entry of [a, b, c]) queue.add(entry);
    queue.wake();
    queue.remove(a);
    queue.remove(b);
    queue.add(b);
    expect(queue.wake()).to.equal(2);
    expect(recorder.calls).to.deep.equal(['a', 'c', 'b']);
  });
});
