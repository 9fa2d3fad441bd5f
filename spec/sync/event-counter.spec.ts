import { expect } from 'chai';
import { EventCounter } from '../../lib/sync/event-counter.js';
import { POLLIN, POLLOUT } from '../../lib/sync/pollable.js';
import { WaitEntry, WOKEN } from '../../lib/wait/entry.js';
import { codeOf } from '../event/support.js';
import { abortable, rejection } from './kit.js';

describe('EventCounter', () => {
  it('adds up what is written, and is read as a whole', async () => {
    const counter = new EventCounter({ count: 1 });
    await counter.write(2);
    await counter.write();
    expect([counter.count, await counter.read(), counter.count, counter.tryRead()]).to.deep.equal([4, 4, 0, 0]);
  });

  it('is read one by one as a semaphore', async () => {
    const counter = new EventCounter({ count: 2, semaphore: true });
    expect([await counter.read(), counter.tryRead(), counter.tryRead()]).to.deep.equal([1, 1, 0]);
  });

  it('lets readers wait in line until something is written', async () => {
    const counter = new EventCounter({ semaphore: true });
    const reads = [counter.read(), counter.read()];
    expect(counter.tryRead()).to.equal(0);
    expect(counter.tryWrite(3)).to.equal(true);
    expect([await Promise.all(reads), counter.count]).to.deep.equal([[1, 1], 1]);
  });

  it('lets writers wait in line while it would grow beyond its maximum', async () => {
    const counter = new EventCounter({ max: 3 });
    await counter.write(3);
    const { signal, abort } = abortable();
    const aborted = counter.write(3, { signal });
    const written = counter.write(2);
    expect([counter.tryWrite(), counter.count]).to.deep.equal([false, 3]);
    abort('enough');
    expect(await rejection(aborted)).to.equal('enough');
    expect(await counter.read()).to.equal(3);
    await written;
    expect(counter.count).to.equal(2);
  });

  it('lets nobody write what there is room for past who waits for more', async () => {
    const counter = new EventCounter({ max: 3, count: 2 });
    const waits = counter.write(3);
    expect([counter.tryWrite(), counter.count]).to.deep.equal([false, 2]);
    expect(await counter.read()).to.equal(2);
    await waits;
    expect(counter.count).to.equal(3);
  });

  it('tells what it is ready for, and wakes with what it has become ready for', () => {
    const counter = new EventCounter({ max: 2 });
    const keys: unknown[] = [];
    counter.readiness.add(new WaitEntry((_, key) => (keys.push(key), WOKEN)));
    expect(counter.ready()).to.equal(POLLOUT);
    counter.tryWrite(2);
    expect([counter.ready(), keys]).to.deep.equal([POLLIN, [POLLIN]]);
    counter.tryRead();
    expect([counter.ready(), keys]).to.deep.equal([POLLOUT, [POLLIN, POLLOUT]]);
  });

  it('refuses what cannot be counted', async () => {
    const counter = new EventCounter({ max: 3 });
    for (const call of [
      () => new EventCounter({ count: -1 }),
      () => new EventCounter({ max: 0 }),
      () => new EventCounter({ count: 4, max: 3 }),
      () => counter.tryWrite(0),
      () => counter.tryWrite(4),
    ]) {
      expect(codeOf(call)).to.equal('ERR_COUNT');
    }
    expect(await rejection(counter.write(4))).to.have.property('code', 'ERR_COUNT');
  });
});
