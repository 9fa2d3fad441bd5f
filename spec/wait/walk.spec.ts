import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { STOP, WOKEN } from '../../lib/wait/entry.js';
import { WakeError } from '../../lib/wait/errors.js';
import { WaitQueue } from '../../lib/wait/queue.js';
import { EVERY, walkQueue } from '../../lib/wait/walk.js';
import { namesOf, Recorder, thrownBy } from './recorder.js';

describe('walkQueue', () => {
  let queue: WaitQueue;
  let recorder: Recorder;

  beforeEach(() => {
    queue = new WaitQueue();
    recorder = new Recorder();
  });

  it('calls in order up to a count, or EVERY entry (W1, W2)', () => {
    for (const entry of recorder.entries('x', 'y', 'z')) queue.addExclusive(entry);
    expect(walkQueue(queue, 'key', 2)).to.equal(2);
    expect(walkQueue(queue, 'key', EVERY)).to.equal(3);
    expect(recorder.calls).to.deep.equal(['x', 'y', 'x', 'y', 'z']);
  });

  describe('when a wake function removes', () => {
    const rows: [who: string, removed: string[], called: string][] = [
      ['itself', ['b'], 'abcd'],
      ['its neighbour ahead', ['c'], 'abd'],
      ['its neighbour behind', ['a'], 'abcd'],
      ['the last', ['d'], 'abc'],
      ['itself and its neighbour ahead', ['b', 'c'], 'abd'],
      ['its neighbour ahead and itself', ['c', 'b'], 'abd'],
      ['two ahead, the nearer first', ['c', 'd'], 'ab'],
      ['two ahead, the farther first', ['d', 'c'], 'ab'],
      ['everything', ['a', 'b', 'c', 'd'], 'ab'],
    ];
    for (const [who, removed, called] of rows) {
      it(`${who}, it is not called, and who stays is called once (W3)`, () => {
        const byName = new Map(['a', 'c', 'd'].map((name) => [name, recorder.entry(name)]));
        const remove = (): void => {
          for (const name of removed) queue.remove(byName.get(name) ?? b);
        };
        const b = recorder.entry('b', { does: remove });
        for (const name of 'abcd') queue.add(byName.get(name) ?? b);
        queue.wake();
        expect(recorder.calls.join('')).to.equal(called);
        expect(namesOf(queue)).to.deep.equal(['a', 'b', 'c', 'd'].filter((name) => !removed.includes(name)));
      });
    }

    it('the first exclusive entry, the next one has its chance (W2, W3)', () => {
      const [x, y] = recorder.entries('x', 'y');
      queue.add(recorder.entry('a', { does: () => queue.remove(x) }));
      queue.addExclusive(x);
      queue.addExclusive(y);
      expect(queue.wake()).to.equal(2);
      expect(recorder.calls).to.deep.equal(['a', 'y']);
    });

    it('an entry of a walk further out, it is not called there either (W3)', () => {
      const [last] = recorder.entries('last');
      let nested = false;
      const outer = recorder.entry('outer', {
        does: () => {
          if (!nested) {
            nested = true;
            queue.wake('nested');
          }
        },
      });
      queue.add(outer);
      queue.add(recorder.entry('remover', { does: () => queue.remove(last) }));
      queue.add(last);
      queue.wake();
      expect(recorder.calls).to.deep.equal(['outer', 'outer', 'remover', 'remover']);
    });
  });

  describe('when a wake function adds', () => {
    it('entries anywhere, they are not called by that walk, but by the next (W3)', () => {
      const [shared, first, exclusive, exclusiveFirst] = recorder.entries('s', 'f', 'x', 'y');
      let added = false;
      const adds = (): void => {
        if (added) return;
        added = true;
        queue.add(shared);
        queue.addFirst(first);
        queue.addExclusive(exclusive);
        queue.addExclusiveFirst(exclusiveFirst);
      };
      queue.add(recorder.entry('a', { does: adds }));
      queue.add(recorder.entry('b'));
      queue.addExclusive(recorder.entry('z'));
      queue.wakeAll();
      expect(recorder.taken()).to.deep.equal(['a', 'b', 'z']);
      queue.wakeAll();
      expect(recorder.calls).to.deep.equal(['f', 'a', 'b', 's', 'y', 'z', 'x']);
    });

    it('from the only entry, what it added is not called (W3)', () => {
      const [b] = recorder.entries('b');
      queue.add(recorder.entry('a', { does: () => queue.add(b) }));
      expect(queue.wake()).to.equal(1);
      expect(recorder.calls).to.deep.equal(['a']);
    });

    it('a new exclusive entry, it takes no wake-up from one that waited (W2, W3)', () => {
      const [late, waiting] = recorder.entries('late', 'waiting');
      queue.add(recorder.entry('a', { does: () => queue.addExclusiveFirst(late) }));
      queue.addExclusive(waiting);
      queue.wake();
      expect(recorder.calls).to.deep.equal(['a', 'waiting']);
    });

    it('an entry again that it removed, it is not called by that walk, but by the next (W3)', () => {
      const [c, d] = recorder.entries('c', 'd');
      const again = (): void => {
        queue.remove(c);
        queue.add(c);
      };
      queue.add(recorder.entry('a', { does: again }));
      queue.add(c);
      queue.add(d);
      queue.wake();
      expect(recorder.taken()).to.deep.equal(['a', 'd']);
      queue.wake();
      expect(recorder.calls).to.deep.equal(['a', 'd']);
      queue.remove([...queue][0] ?? c);
      queue.wake();
      expect(recorder.calls.slice(2)).to.deep.equal(['d', 'c']);
    });

    for (const others of [0, 1]) {
      it(`itself again, a once entry stays for the next walk, with ${others} others (W2, W3)`, () => {
        const a = recorder.entry('a', {
          once: true,
          does: (entry) => {
            queue.remove(entry);
            queue.add(entry);
          },
        });
        queue.add(a);
        if (others > 0) queue.add(recorder.entry('b'));
        expect(queue.wake()).to.equal(1 + others);
        expect(namesOf(queue)).to.include('a');
        expect(recorder.calls.filter((name) => name === 'a')).to.deep.equal(['a']);
      });
    }

    it('to another queue what it removed here, it is called only there (W3)', () => {
      const other = new WaitQueue();
      const [b] = recorder.entries('b');
      const move = (): void => {
        queue.remove(b);
        other.add(b);
      };
      queue.add(recorder.entry('a', { does: move }));
      queue.add(b);
      expect(queue.wake()).to.equal(1);
      expect(other.wake()).to.equal(1);
    });
  });

  describe('when a wake function wakes', () => {
    const once = (act: () => void): (() => void) => {
      let done = false;
      return () => {
        if (done) return;
        done = true;
        act();
      };
    };

    it('the same queue, the walks nest and each calls everyone once (W3)', () => {
      const seen: unknown[] = [];
      const note = (name: string) => (_: unknown, key: unknown) => seen.push(`${name} ${String(key)}`);
      const nest = once(() => {
        seen.push(`inner woke ${queue.wake('inner')}`);
      });
      queue.add(recorder.entry('a', { does: note('a') }));
      queue.add(
        recorder.entry('b', {
          does: (_, key) => {
            note('b')(_, key);
            nest();
          },
        }),
      );
      queue.add(recorder.entry('c', { does: note('c') }));
      expect(queue.wake('outer')).to.equal(3);
      expect(seen).to.deep.equal(['a outer', 'b outer', 'a inner', 'b inner', 'c inner', 'inner woke 3', 'c outer']);
    });

    it('the same queue of which it is the only entry (W3)', () => {
      const counts: number[] = [];
      queue.add(recorder.entry('a', { does: once(() => counts.push(queue.wake())) }));
      counts.push(queue.wake());
      expect(counts).to.deep.equal([1, 1]);
    });

    it('what it added just now, a nested walk calls it and the outer one does not (W3)', () => {
      const [late] = recorder.entries('late');
      const act = once(() => {
        queue.add(late);
        queue.wake('nested');
      });
      queue.add(recorder.entry('a', { does: act }));
      queue.add(recorder.entry('b'));
      queue.wake('outer');
      expect(recorder.calls).to.deep.equal(['a', 'a', 'b', 'late', 'b']);
    });

    it('with a count of its own, what is left of the outer one is kept (W2, W3)', () => {
      const act = once(() => queue.wake('nested', 2));
      queue.add(recorder.entry('a', { does: act }));
      for (const entry of recorder.entries('x', 'y', 'z')) queue.addExclusive(entry);
      expect(queue.wake('outer', 1)).to.equal(2);
      expect(recorder.calls).to.deep.equal(['a', 'a', 'x', 'y', 'x']);
    });

    it('a once entry that is ahead, the outer walk does not call it again (W2, W3)', () => {
      const act = once(() => queue.wake('nested'));
      queue.add(recorder.entry('a', { does: act }));
      queue.add(recorder.entry('b', { once: true }));
      expect(queue.wake('outer')).to.equal(1);
      expect(recorder.calls).to.deep.equal(['a', 'a', 'b']);
    });
  });

  describe('when a wake function answers STOP', () => {
    it('the walk ends and the rest stay queued (W4)', () => {
      queue.add(recorder.entry('a'));
      queue.add(recorder.entry('b', { answer: STOP }));
      queue.add(recorder.entry('c'));
      queue.addExclusive(recorder.entry('x'));
      expect(queue.wakeAll()).to.equal(1);
      expect(recorder.calls).to.deep.equal(['a', 'b']);
      expect(namesOf(queue)).to.deep.equal(['a', 'b', 'c', 'x']);
    });

    it('with WOKEN it is counted, and leaves if it was for once (W2, W4)', () => {
      queue.add(recorder.entry('a', { answer: WOKEN | STOP, once: true }));
      queue.add(recorder.entry('b'));
      expect(queue.wake()).to.equal(1);
      expect(namesOf(queue)).to.deep.equal(['b']);
    });

    it('a walk further out goes on (W4)', () => {
      const inner = new WaitQueue();
      inner.add(recorder.entry('i', { answer: STOP }));
      inner.add(recorder.entry('never'));
      queue.add(recorder.entry('a', { does: () => inner.wake() }));
      queue.add(recorder.entry('b'));
      expect(queue.wake()).to.equal(2);
      expect(recorder.calls).to.deep.equal(['a', 'i', 'b']);
    });

    it('from the only entry, nothing is different (W4)', () => {
      queue.add(recorder.entry('a', { answer: WOKEN | STOP }));
      expect([queue.wake(), queue.wake()]).to.deep.equal([1, 1]);
    });

    it('errors thrown before it are still delivered (W4, W5)', () => {
      const error = new Error('thrown');
      queue.add(recorder.entry('a', { throws: error }));
      queue.add(recorder.entry('b', { answer: WOKEN | STOP }));
      queue.add(recorder.entry('c'));
      expect(thrownBy(() => queue.wake())).to.equal(error);
      expect(recorder.calls).to.deep.equal(['a', 'b']);
    });
  });

  describe('when wake functions throw', () => {
    it('several, the others are called and the caller gets all errors with the count (W5)', () => {
      const errors = [new Error('one'), new Error('two')];
      queue.add(recorder.entry('a', { throws: errors[0] }));
      queue.add(recorder.entry('b'));
      queue.addExclusive(recorder.entry('x', { throws: errors[1] }));
      queue.addExclusive(recorder.entry('y'));
      const error = thrownBy(() => queue.wake());
      expect(recorder.calls).to.deep.equal(['a', 'b', 'x', 'y']);
      expect(error).to.be.instanceOf(AggregateError).and.instanceOf(WakeError);
      expect((error as WakeError).errors).to.deep.equal(errors);
      expect(error).to.include({ woken: 2, code: 'ERR_WAKE' });
    });

    for (const others of [0, 2]) {
      it(`one, the caller gets that very error with the count, with ${others} others (W5)`, () => {
        const thrown = new RangeError('thrown');
        queue.add(recorder.entry('a', { throws: thrown }));
        for (let count = 0; count < others; count++) queue.add(recorder.entry('b'));
        expect(thrownBy(() => queue.wake())).to.equal(thrown);
        expect(thrown).to.include({ woken: others });
        expect(recorder.calls.length).to.equal(1 + others);
      });
    }

    it('one, it takes no exclusive wake-up and stays queued, for once too (W2, W5)', () => {
      queue.addExclusive(recorder.entry('x', { throws: new Error('thrown'), once: true }));
      queue.addExclusive(recorder.entry('y'));
      queue.addExclusive(recorder.entry('z'));
      expect(thrownBy(() => queue.wake())).to.include({ woken: 1 });
      expect(recorder.calls).to.deep.equal(['x', 'y']);
      expect(namesOf(queue)).to.deep.equal(['x', 'y', 'z']);
    });

    const oddities: [what: string, thrown: unknown][] = [
      ['a string', 'thrown'],
      ['a number', 0],
      ['null', null],
      ['a frozen error', Object.freeze(new Error('frozen'))],
    ];
    for (const [what, thrown] of oddities) {
      it(`${what}, it is passed on as it came (W5)`, () => {
        const throws = (): never => {
          throw thrown;
        };
        queue.add(recorder.entry('a', { does: throws }));
        queue.add(recorder.entry('b'));
        let caught: unknown = 'nothing';
        try {
          queue.wake();
        } catch (error) {
          caught = error;
        }
        expect(caught).to.equal(thrown);
        expect(recorder.calls).to.deep.equal(['a', 'b']);
      });
    }

    it('again, the queue is as good as before (W5)', () => {
      const entry = recorder.entry('a', { throws: new Error('thrown') });
      queue.add(entry);
      queue.add(recorder.entry('b'));
      thrownBy(() => queue.wake());
      thrownBy(() => queue.wake());
      queue.remove(entry);
      expect(queue.wake()).to.equal(1);
      expect(recorder.calls).to.deep.equal(['a', 'b', 'a', 'b', 'b']);
    });

    it('in a nested walk, the error is the outer function’s to catch (W5)', () => {
      const inner = new WaitQueue();
      const thrown = new Error('thrown');
      inner.add(recorder.entry('i', { throws: thrown }));
      inner.add(recorder.entry('j'));
      queue.add(recorder.entry('catches', { does: () => thrownBy(() => inner.wake()) }));
      expect(queue.wake()).to.equal(1);
      queue.add(recorder.entry('passes on', { does: () => inner.wake() }));
      queue.add(recorder.entry('b'));
      expect(thrownBy(() => queue.wake())).to.equal(thrown);
      expect(thrown).to.include({ woken: 2 });
      expect(recorder.calls).to.deep.equal(['catches', 'i', 'j', 'catches', 'i', 'j', 'passes on', 'i', 'j', 'b']);
    });
  });
});

describe('the wake path', () => {
  it('allocates nothing (W7)', function () {
    this.timeout(60_000);
    const program = fileURLToPath(new URL('allocations.ts', import.meta.url));
    // A new space large enough that no collection hides what was allocated.
    const flags = ['--expose-gc', '--max-semi-space-size=64', '--min-semi-space-size=64', '--import', 'tsx'];
    const cwd = fileURLToPath(new URL('../..', import.meta.url));
    const { stdout, stderr } = spawnSync(process.execPath, [...flags, program], { cwd, encoding: 'utf8' });
    expect(stderr).to.equal('');
    const grown = JSON.parse(stdout) as Record<string, number | 'collected'>;
    expect(Object.keys(grown)).to.include('ten entries');
    // A quarter of a byte each: what the engine itself takes while it compiles.
    const most = 256 * 1024;
    expect(Object.entries(grown).filter(([, bytes]) => bytes === 'collected' || bytes > most)).to.deep.equal([]);
  });
});
