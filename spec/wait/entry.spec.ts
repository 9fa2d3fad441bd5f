import { expect } from 'chai';
import { HOLD, PASS, STOP, WaitEntry, WOKEN } from '../../lib/wait/entry.js';
import { WaitQueue } from '../../lib/wait/queue.js';

describe('the answers of a wake function', () => {
  it('are PASS, or bits that combine (W2, W4)', () => {
    expect(PASS).to.equal(0);
    expect(new Set([WOKEN, STOP, HOLD, WOKEN | STOP, WOKEN | HOLD]).size).to.equal(5);
    expect(WOKEN & STOP & HOLD).to.equal(0);
  });
});

describe('WaitEntry', () => {
  describe('constructor', () => {
    it('keeps the wake function and the data, and is on no queue', () => {
      const wake = (): number => WOKEN;
      const data = { mine: true };
      const entry = new WaitEntry(wake, { data });
      expect(entry.wake).to.equal(wake);
      expect(entry.data).to.equal(data);
      expect(entry.queue).to.equal(null);
    });

    it('takes no options', () => {
      expect(new WaitEntry(() => WOKEN).data).to.equal(undefined);
    });

    it('hands the function the entry, the key and the queue', () => {
      const queue = new WaitQueue();
      let given: unknown[] = [];
      const entry = new WaitEntry<string>(
        (...all) => {
          given = all;
          return WOKEN;
        },
        { data: 'mine' },
      );
      queue.add(entry);
      queue.wake('key');
      expect(given).to.deep.equal([entry, 'key', queue]);
    });

    it('calls the function that stands in `wake` at the time', () => {
      const queue = new WaitQueue();
      const entry = new WaitEntry(() => WOKEN);
      queue.add(entry);
      entry.wake = () => PASS;
      expect(queue.wake()).to.equal(0);
    });
  });

  describe('queue', () => {
    it('is the queue it is on, and null again after it left', () => {
      const queue = new WaitQueue();
      const other = new WaitQueue();
      const entry = new WaitEntry(() => WOKEN);
      queue.add(entry);
      expect(entry.queue).to.equal(queue);
      queue.remove(entry);
      expect(entry.queue).to.equal(null);
      other.add(entry);
      expect(entry.queue).to.equal(other);
    });

    it('is null again after a once entry was woken (W2)', () => {
      const queue = new WaitQueue();
      const entry = new WaitEntry(() => WOKEN, { once: true });
      queue.add(entry);
      queue.wake();
      expect(entry.queue).to.equal(null);
    });
  });

  describe('[Symbol.dispose]', () => {
    it('takes the entry off its queue', () => {
      const queue = new WaitQueue();
      {
        using entry = new WaitEntry(() => WOKEN);
        queue.add(entry);
        expect(queue.size).to.equal(1);
      }
      expect(queue.size).to.equal(0);
    });

    it('does nothing for an entry on no queue, and again', () => {
      const queue = new WaitQueue();
      const entry = new WaitEntry(() => WOKEN);
      entry[Symbol.dispose]();
      queue.add(entry);
      entry[Symbol.dispose]();
      entry[Symbol.dispose]();
      expect(queue.active).to.equal(false);
    });
  });
});
