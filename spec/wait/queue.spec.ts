import { expect } from 'chai';
import { HOLD, PASS, WaitEntry, WOKEN } from '../../lib/wait/entry.js';
import { ArgumentError, ArgumentRangeError, StateError } from '../../lib/wait/errors.js';
import { WaitQueue } from '../../lib/wait/queue.js';
import { namesOf, Recorder, thrownBy } from './recorder.js';

describe('WaitQueue', () => {
  let queue: WaitQueue;
  let recorder: Recorder;

  beforeEach(() => {
    queue = new WaitQueue();
    recorder = new Recorder();
  });

  describe('is', () => {
    it('knows a queue, an extended one, and one made by another copy of the package', () => {
      class Extended extends WaitQueue {}
      const foreign = { 'wakechain.WaitQueue': true };
      expect([queue, new Extended(), foreign].map((value) => WaitQueue.is(value))).to.deep.equal([true, true, true]);
    });

    const others: [what: string, value: unknown][] = [
      ['undefined', undefined],
      ['null', null],
      ['a number', 1],
      ['a string', 'queue'],
      ['an object', {}],
      ['an entry', new WaitEntry(() => WOKEN)],
      ['the class itself', WaitQueue],
    ];
    for (const [what, value] of others) {
      it(`says no to ${what}`, () => {
        expect(WaitQueue.is(value)).to.equal(false);
      });
    }
  });

  describe('active, size and the iterator', () => {
    it('tell many, one and none', () => {
      const [a, b] = recorder.entries('a', 'b');
      const told = (): unknown[] => [queue.active, queue.size, namesOf(queue)];
      const empty = told();
      queue.add(a);
      const one = told();
      queue.add(b);
      expect([empty, one, told()]).to.deep.equal([
        [false, 0, []],
        [true, 1, ['a']],
        [true, 2, ['a', 'b']],
      ]);
    });

    it('call nobody', () => {
      queue.add(recorder.entry('a'));
      expect([...queue].length).to.equal(1);
      expect(recorder.calls).to.deep.equal([]);
    });
  });

  describe('add', () => {
    it('puts shared entries first come, first served (W1)', () => {
      for (const entry of recorder.entries('a', 'b', 'c')) queue.add(entry);
      queue.wakeAll();
      expect(recorder.calls).to.deep.equal(['a', 'b', 'c']);
    });

    it('puts a shared entry before exclusive ones that came earlier (W1)', () => {
      const [exclusive, shared, later] = recorder.entries('exclusive', 'shared', 'later');
      queue.addExclusive(exclusive);
      queue.add(shared);
      queue.add(later);
      queue.wakeAll();
      expect(recorder.calls).to.deep.equal(['shared', 'later', 'exclusive']);
    });

    it('lets wake(key, 1) reach a shared waiter that came after an exclusive one (W1)', () => {
      const [exclusive, waiting, shared] = recorder.entries('exclusive', 'waiting', 'shared');
      queue.addExclusive(exclusive);
      queue.addExclusive(waiting);
      queue.add(shared);
      expect(queue.wake('key', 1)).to.equal(2);
      expect(recorder.calls).to.deep.equal(['shared', 'exclusive']);
    });

    it('finds the end of the shared part again after its last entries left (W1)', () => {
      const [a, b, c, x] = recorder.entries('a', 'b', 'c', 'x');
      queue.addExclusive(x);
      queue.add(a);
      queue.add(b);
      queue.remove(b);
      queue.add(c);
      expect(namesOf(queue)).to.deep.equal(['a', 'c', 'x']);
      queue.remove(c);
      queue.remove(a);
      queue.add(b);
      expect(namesOf(queue)).to.deep.equal(['b', 'x']);
    });

    it('takes an entry again after it left, at the end', () => {
      const [a, b] = recorder.entries('a', 'b');
      queue.add(a);
      queue.add(b);
      queue.remove(a);
      queue.add(a);
      expect(namesOf(queue)).to.deep.equal(['b', 'a']);
    });

    it('takes an exclusive entry again as a shared one (W1)', () => {
      const [a, b] = recorder.entries('a', 'b');
      queue.addExclusive(a);
      queue.addExclusive(b);
      queue.remove(b);
      queue.add(b);
      expect(namesOf(queue)).to.deep.equal(['b', 'a']);
      expect(queue.wake('key', 0)).to.equal(1);
    });

    const adds = ['add', 'addFirst', 'addExclusive', 'addExclusiveFirst'] as const;
    for (const name of adds) {
      it(`refuses by ${name} an entry that is on this or another queue, and changes neither`, () => {
        const other = new WaitQueue();
        const [a, b] = recorder.entries('a', 'b');
        queue.add(a);
        other.add(b);
        for (const entry of [a, b]) {
          const error = thrownBy(() => queue[name](entry));
          expect(error).to.be.instanceOf(ArgumentError).and.include({ code: 'ERR_QUEUED' });
        }
        expect([namesOf(queue), namesOf(other)]).to.deep.equal([['a'], ['b']]);
        expect([a.queue, b.queue]).to.deep.equal([queue, other]);
      });
    }
  });

  describe('addFirst', () => {
    it('puts an entry in front of the shared part (W1)', () => {
      const [a, b, c, x] = recorder.entries('a', 'b', 'c', 'x');
      queue.addExclusive(x);
      queue.addFirst(a);
      queue.addFirst(b);
      queue.add(c);
      expect(namesOf(queue)).to.deep.equal(['b', 'a', 'c', 'x']);
    });

    it('is the end of the shared part when it is alone there (W1)', () => {
      const [a, b] = recorder.entries('a', 'b');
      queue.addFirst(a);
      queue.add(b);
      expect(namesOf(queue)).to.deep.equal(['a', 'b']);
    });
  });

  describe('addExclusive', () => {
    it('puts exclusive entries first come, first served behind the shared ones (W1)', () => {
      const [a, x, y, b] = recorder.entries('a', 'x', 'y', 'b');
      queue.add(a);
      queue.addExclusive(x);
      queue.addExclusive(y);
      queue.add(b);
      expect(namesOf(queue)).to.deep.equal(['a', 'b', 'x', 'y']);
    });
  });

  describe('addExclusiveFirst', () => {
    it('puts an entry in front of the exclusive part and behind every shared one (W1)', () => {
      const [a, x, y, z, b] = recorder.entries('a', 'x', 'y', 'z', 'b');
      queue.addExclusiveFirst(x);
      queue.add(a);
      queue.addExclusiveFirst(y);
      queue.addExclusive(z);
      queue.add(b);
      expect(namesOf(queue)).to.deep.equal(['a', 'b', 'y', 'x', 'z']);
    });
  });

  describe('addUnless', () => {
    it('adds when the condition is falsy, and says so', () => {
      const [a, b] = recorder.entries('a', 'b');
      expect(queue.addUnless(a, () => false)).to.equal(true);
      expect(queue.addUnless(b, () => 0)).to.equal(true);
      expect(namesOf(queue)).to.deep.equal(['a', 'b']);
    });

    it('does not add when the condition is truthy, and says so', () => {
      const [a] = recorder.entries('a');
      expect(queue.addUnless(a, () => 'yes')).to.equal(false);
      expect([a.queue, queue.active]).to.deep.equal([null, false]);
    });

    it('takes the place that is asked for (W1)', () => {
      const [a, b, x, y] = recorder.entries('a', 'b', 'x', 'y');
      const never = (): boolean => false;
      queue.addUnless(x, never, { exclusive: true });
      queue.addUnless(y, never, { exclusive: true, first: true });
      queue.addUnless(a, never, {});
      queue.addUnless(b, never, { first: true });
      expect(namesOf(queue)).to.deep.equal(['b', 'a', 'y', 'x']);
    });

    it('does not ask for an entry that is queued', () => {
      const [a] = recorder.entries('a');
      queue.add(a);
      const error = thrownBy(() => queue.addUnless(a, () => recorder.calls.push('asked')));
      expect(error).to.include({ code: 'ERR_QUEUED' });
      expect(recorder.calls).to.deep.equal([]);
    });

    it('lets the condition wake the queue: the entry is not on it yet', () => {
      const [a, b] = recorder.entries('a', 'b');
      queue.add(a);
      queue.addUnless(b, () => {
        queue.wakeAll();
      });
      expect(recorder.calls).to.deep.equal(['a']);
      expect(namesOf(queue)).to.deep.equal(['a', 'b']);
    });

    it('refuses when the condition itself added the entry', () => {
      const [a] = recorder.entries('a');
      const error = thrownBy(() => queue.addUnless(a, () => queue.add(a)));
      expect(error).to.include({ code: 'ERR_QUEUED' });
      expect(namesOf(queue)).to.deep.equal(['a']);
    });

    it('passes on what the condition throws, and adds nothing', () => {
      const [a] = recorder.entries('a');
      const reason = new Error('no');
      const act = (): boolean =>
        queue.addUnless(a, () => {
          throw reason;
        });
      expect(thrownBy(act)).to.equal(reason);
      expect([a.queue, queue.active]).to.deep.equal([null, false]);
    });
  });

  describe('remove', () => {
    it('takes off the first, the middle, the last and the only one', () => {
      const [a, b, c, x] = recorder.entries('a', 'b', 'c', 'x');
      for (const entry of [a, b, c]) queue.add(entry);
      queue.addExclusive(x);
      const left: unknown[] = [];
      for (const entry of [b, a, x, c]) {
        expect(queue.remove(entry)).to.equal(true);
        left.push(namesOf(queue));
      }
      expect(left).to.deep.equal([['a', 'c', 'x'], ['c', 'x'], ['c'], []]);
      expect(queue.wakeAll()).to.equal(0);
    });

    it('answers false for an entry that is on no queue, another queue, or was removed', () => {
      const other = new WaitQueue();
      const [a, b, c] = recorder.entries('a', 'b', 'c');
      other.add(b);
      queue.add(c);
      queue.remove(c);
      expect([a, b, c].map((entry) => queue.remove(entry))).to.deep.equal([false, false, false]);
      expect(namesOf(other)).to.deep.equal(['b']);
    });
  });

  describe('wake', () => {
    const fill = (shared: string, exclusive: string): void => {
      for (const name of shared) queue.add(recorder.entry(name));
      for (const name of exclusive) queue.addExclusive(recorder.entry(name));
    };

    const rows: [what: string, nr: number | undefined, called: string, woken: number][] = [
      ['every shared and one exclusive when nothing else is said', undefined, 'abx', 3],
      ['the shared ones only with 0', 0, 'ab', 2],
      ['one exclusive with 1', 1, 'abx', 3],
      ['several exclusive with n', 2, 'abxy', 4],
      ['every exclusive when n is more than there are', 9, 'abxyz', 5],
    ];
    for (const [what, nr, called, woken] of rows) {
      it(`calls ${what} (W2)`, () => {
        fill('ab', 'xyz');
        expect(nr === undefined ? queue.wake('key') : queue.wake('key', nr)).to.equal(woken);
        expect(recorder.calls.join('')).to.equal(called);
      });
    }

    const alone: [what: string, shared: string, exclusive: string, nr: number, woken: number][] = [
      ['one shared with 0', 'a', '', 0, 1],
      ['one shared with 1', 'a', '', 1, 1],
      ['one exclusive with 0', '', 'x', 0, 0],
      ['one exclusive with 1', '', 'x', 1, 1],
      ['none', '', '', 1, 0],
    ];
    for (const [what, shared, exclusive, nr, woken] of alone) {
      it(`on a queue of ${what} wakes ${woken} (W2)`, () => {
        fill(shared, exclusive);
        expect(queue.wake('key', nr)).to.equal(woken);
        expect(recorder.calls.length).to.equal(woken);
      });
    }

    it('calls no exclusive entry with 0, whether any shared one is there or was woken (W2)', () => {
      fill('', 'xy');
      expect(queue.wake('key', 0)).to.equal(0);
      queue.add(recorder.entry('a', { answer: PASS }));
      expect(queue.wake('key', 0)).to.equal(0);
      expect(recorder.calls).to.deep.equal(['a']);
    });

    it('does not count a PASS, and gives the next exclusive entry its chance (W2)', () => {
      queue.add(recorder.entry('a', { answer: PASS }));
      queue.addExclusive(recorder.entry('x', { answer: PASS }));
      queue.addExclusive(recorder.entry('y', { answer: PASS }));
      for (const entry of recorder.entries('z', 'never')) queue.addExclusive(entry);
      expect(queue.wake('key', 1)).to.equal(1);
      expect(recorder.calls).to.deep.equal(['a', 'x', 'y', 'z']);
    });

    it('wakes nobody when all pass, the only one too (W2)', () => {
      queue.add(recorder.entry('a', { answer: PASS }));
      expect(queue.wake()).to.equal(0);
      queue.addExclusive(recorder.entry('x', { answer: PASS }));
      expect(queue.wake()).to.equal(0);
    });

    it('leaves entries queued after WOKEN and calls them again (W2)', () => {
      fill('a', 'x');
      queue.wake();
      queue.wake();
      expect(recorder.calls).to.deep.equal(['a', 'x', 'a', 'x']);
      expect(namesOf(queue)).to.deep.equal(['a', 'x']);
    });

    it('takes a once entry off after WOKEN, among others and alone (W2)', () => {
      queue.add(recorder.entry('once', { once: true }));
      queue.add(recorder.entry('again', { once: true, answer: PASS }));
      queue.addExclusive(recorder.entry('x', { once: true }));
      expect(queue.wake()).to.equal(2);
      expect(namesOf(queue)).to.deep.equal(['again']);
      expect(queue.wake()).to.equal(0);
      expect(namesOf(queue)).to.deep.equal(['again']);
    });

    it('takes a once entry off only after it was called (W2)', () => {
      let during: unknown;
      queue.add(recorder.entry('a', { once: true, does: (entry) => (during = entry.queue) }));
      queue.wake();
      expect(during).to.equal(queue);
      expect(queue.active).to.equal(false);
    });

    it('hands every wake function the entry, the same key and the queue', () => {
      const key = { some: 'key' };
      const given: unknown[][] = [];
      const entries = [0, 1, 2].map(() => recorder.entry('', { does: (...all) => given.push(all) }));
      for (const entry of entries) queue.addExclusive(entry);
      queue.wake(key, 2);
      expect(given).to.deep.equal([
        [entries[0], key, queue],
        [entries[1], key, queue],
      ]);
    });

    for (const nr of [-1, 0.5, NaN, Infinity, -Infinity]) {
      it(`refuses ${nr}, naming it, before anybody is called`, () => {
        fill('a', 'x');
        const error = thrownBy(() => queue.wake('key', nr));
        expect(error).to.be.instanceOf(ArgumentRangeError).and.include({ code: 'ERR_NR' });
        expect((error as Error).message).to.include(String(nr));
        expect(recorder.calls).to.deep.equal([]);
      });
    }
  });

  describe('wakeAll', () => {
    it('has no limit (W2)', () => {
      for (const entry of recorder.entries('a', 'b')) queue.add(entry);
      for (const entry of recorder.entries('x', 'y', 'z')) queue.addExclusive(entry);
      expect(queue.wakeAll('key')).to.equal(5);
      expect(recorder.calls).to.deep.equal(['a', 'b', 'x', 'y', 'z']);
    });

    it('wakes one, and none', () => {
      expect(queue.wakeAll()).to.equal(0);
      queue.addExclusive(recorder.entry('x'));
      expect(queue.wakeAll()).to.equal(1);
    });
  });

  describe('hold', () => {
    const refused = (act: () => unknown): void => {
      expect(thrownBy(act)).to.be.instanceOf(StateError).and.include({ code: 'ERR_HOLD' });
    };

    it('belongs in a wake function of the same queue (W4)', () => {
      const other = new WaitQueue();
      refused(() => queue.hold());
      for (const count of [1, 2]) {
        queue.add(recorder.entry(`${count}`, { does: () => refused(() => other.hold()) }));
        expect(queue.wake()).to.equal(count);
      }
      refused(() => queue.hold());
    });
  });

  describe('next', () => {
    it('resolves with the key of the next wake, for everyone who waits (W6)', async () => {
      const waits = [queue.next(), queue.next(), queue.next()];
      expect(queue.wake('key')).to.equal(3);
      expect(await Promise.all(waits)).to.deep.equal(['key', 'key', 'key']);
      expect(queue.active).to.equal(false);
    });

    it('is registered before it returns, so that no event of one turn is lost (W6)', async () => {
      const keys: Promise<unknown>[] = [];
      for (const key of [1, 2, 3]) {
        keys.push(queue.next());
        queue.wake(key);
      }
      expect(await Promise.all(keys)).to.deep.equal([1, 2, 3]);
    });

    it('misses nothing when it is awaited again and again by one who is woken in turn (W6)', async () => {
      const got: unknown[] = [];
      const reader = (async () => {
        for (let count = 0; count < 3; count++) got.push(await queue.next());
      })();
      for (const key of ['a', 'b', 'c']) {
        queue.wake(key);
        await Promise.resolve();
      }
      await reader;
      expect(got).to.deep.equal(['a', 'b', 'c']);
    });

    it('is woken once by many wakes', async () => {
      const wait = queue.next();
      expect([queue.wake('first'), queue.wake('second')]).to.deep.equal([1, 0]);
      expect(await wait).to.equal('first');
    });

    it('takes its place as asked (W1, W2)', async () => {
      const order: unknown[] = [];
      const first = queue.next({ exclusive: true }).then(() => order.push('first'));
      const second = queue.next({ exclusive: true, first: true }).then(() => order.push('second'));
      const shared = queue.next().then(() => order.push('shared'));
      expect(queue.wake()).to.equal(2);
      await Promise.all([second, shared]);
      expect(queue.wake()).to.equal(1);
      await first;
      expect(order).to.deep.equal(['shared', 'second', 'first']);
    });
  });

  describe('the cost', () => {
    /** How often entries are linked through while `act` runs on a full queue, with held walks open on it. */
    const touches = (size: number, held: number, act: (queue: WaitQueue, middle: WaitEntry) => void): number => {
      const full = new WaitQueue();
      const holder = new WaitEntry(() => (full.hold(), HOLD));
      full.add(holder);
      const entries = Array.from({ length: size }, (_, index) => recorder.entry(`${index}`));
      for (const [index, entry] of entries.entries()) {
        if (index % 2 === 0) full.add(entry);
        else full.addExclusive(entry);
      }
      for (let count = 0; count < held; count++) full.wakeAll();
      let touched = 0;
      for (const entry of full) {
        for (const name of ['next', 'prev'] as const) {
          let value = entry[name];
          const get = (): WaitEntry | null => (touched++, value);
          Object.defineProperty(entry, name, { get, set: (to: WaitEntry | null) => (touched++, (value = to)) });
        }
      }
      touched = 0;
      act(full, entries[size / 2] as WaitEntry);
      return touched;
    };
    const acts: [what: string, act: (queue: WaitQueue, middle: WaitEntry) => void][] = [
      ['add', (full) => full.add(new WaitEntry(() => WOKEN))],
      ['addFirst', (full) => full.addFirst(new WaitEntry(() => WOKEN))],
      ['addExclusive', (full) => full.addExclusive(new WaitEntry(() => WOKEN))],
      ['addExclusiveFirst', (full) => full.addExclusiveFirst(new WaitEntry(() => WOKEN))],
      ['remove', (full, middle) => full.remove(middle)],
    ];
    for (const [what, act] of acts) {
      it(`of ${what} is the same whatever is queued (W3)`, () => {
        const costs = [touches(10, 0, act), touches(1000, 0, act), touches(1000, 3, act)];
        expect(costs).to.deep.equal([costs[0], costs[0], costs[0]]);
        expect(costs[0]).to.be.within(1, 8);
      });
    }
  });
});
