import { expect } from 'chai';
import { Condition } from '../../lib/sync/condition.js';
import { Mutex } from '../../lib/sync/mutex.js';
import { TimeoutError } from '../../lib/wait/errors.js';
import { codeOf } from '../event/support.js';
import { abortable, follow, rejection, settled } from './kit.js';

describe('Condition', () => {
  it('lets go of the mutex while it waits, and holds it again when it goes on', async () => {
    const mutex = new Mutex();
    const condition = new Condition(mutex);
    const hold = await mutex.acquire();
    const waiting = condition.wait(hold);
    expect([mutex.locked, hold.released, condition.waiting]).to.deep.equal([false, true, 1]);
    const other = await mutex.acquire();
    expect(condition.notify()).to.equal(1);
    const trace: string[] = [];
    follow(trace, 'waited', waiting);
    await settled();
    expect(trace).to.deep.equal([]);
    other.release();
    await waiting;
    expect([mutex.locked, hold.released]).to.deep.equal([true, false]);
    hold.release();
  });

  it('wakes who has waited longest, so many or all', async () => {
    const mutex = new Mutex();
    const condition = new Condition(mutex);
    const trace: string[] = [];
    for (const name of ['a', 'b', 'c', 'd']) {
      follow(trace, name, mutex.run(async () => undefined).then(() => mutex.acquire()).then(async (hold) => {
        await condition.wait(hold);
        hold.release();
      })); // prettier-ignore
      await settled();
    }
    expect([condition.notify(), condition.notify(0)]).to.deep.equal([1, 0]);
    await settled();
    expect(trace).to.deep.equal(['a']);
    expect(condition.notify(2)).to.equal(2);
    await settled();
    expect(trace).to.deep.equal(['a', 'b', 'c']);
    expect([condition.notifyAll(), condition.notifyAll()]).to.deep.equal([1, 0]);
    await settled();
    expect(trace).to.deep.equal(['a', 'b', 'c', 'd']);
  });

  it('puts who was notified in line for the mutex at once', async () => {
    const mutex = new Mutex();
    const condition = new Condition(mutex);
    const hold = await mutex.acquire();
    const trace: string[] = [];
    follow(trace, 'notified', condition.wait(hold));
    const other = await mutex.acquire();
    condition.notify();
    follow(trace, 'later', mutex.acquire());
    other.release();
    await settled();
    expect(trace).to.deep.equal(['notified']);
  });

  it('holds the mutex again before it rejects, and takes no notification from others (W6)', async () => {
    const mutex = new Mutex();
    const condition = new Condition(mutex);
    const [{ signal, abort }, first] = [abortable(), await mutex.acquire()];
    const aborted = condition.wait(first, { signal });
    const second = await mutex.acquire();
    const waiting = condition.wait(second);
    abort('enough');
    expect(await rejection(aborted)).to.equal('enough');
    expect([first.released, mutex.locked]).to.deep.equal([false, true]);
    expect(condition.notify()).to.equal(1);
    first.release();
    await waiting;
    second.release();
    const third = await mutex.acquire();
    expect(await rejection(condition.wait(third, { timeoutMs: 0 }))).to.be.instanceOf(TimeoutError);
    expect(third.released).to.equal(false);
  });

  it('waits for a state that is tested with the mutex held', async () => {
    const mutex = new Mutex();
    const condition = new Condition(mutex);
    let items = 0;
    const consumer = mutex.acquire().then(async (hold) => {
      await condition.waitUntil(hold, () => items >= 2);
      const found = items;
      hold.release();
      return found;
    });
    for (let i = 0; i < 2; i++) {
      await mutex.run(() => {
        items++;
        condition.notifyAll();
      });
    }
    expect(await consumer).to.equal(2);
  });

  it('refuses a hold of another mutex or one that was given back, and what is no number', async () => {
    const mutex = new Mutex();
    const condition = new Condition(mutex);
    const hold = await mutex.acquire();
    expect(await rejection(condition.wait(await new Mutex().acquire()))).to.have.property('code', 'ERR_HOLD_OF');
    expect(await rejection(condition.wait(hold, { timeoutMs: -1 }))).to.have.property('code', 'ERR_DELAY');
    expect(hold.release()).to.equal(true);
    expect(await rejection(condition.wait(hold))).to.have.property('code', 'ERR_RELEASED');
    for (const nr of [-1, 0.5, NaN]) expect(codeOf(() => condition.notify(nr))).to.equal('ERR_NR');
  });
});
