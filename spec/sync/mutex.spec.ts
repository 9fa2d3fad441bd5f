import { expect } from 'chai';
import { Mutex } from '../../lib/sync/mutex.js';
import { abortable, follow, rejection, settled } from './kit.js';

describe('Mutex', () => {
  it('is held by one at a time, first come, first served', async () => {
    const mutex = new Mutex();
    const trace: string[] = [];
    const body = (name: string) => async (): Promise<void> => {
      trace.push(`${name} in`);
      await settled();
      trace.push(`${name} out`);
    };
    await Promise.all(['a', 'b', 'c'].map((name) => mutex.run(body(name))));
    expect(trace).to.deep.equal(['a in', 'a out', 'b in', 'b out', 'c in', 'c out']);
    expect(mutex.locked).to.equal(false);
  });

  it('is given back when the body throws', async () => {
    const mutex = new Mutex();
    const broken = new Error('broken');
    const failing = mutex.run(() => {
      throw broken;
    });
    expect([await rejection(failing), mutex.locked]).to.deep.equal([broken, false]);
  });

  it('is not taken past those who wait', async () => {
    const mutex = new Mutex();
    const hold = mutex.tryAcquire();
    const next = mutex.acquire();
    expect([mutex.tryAcquire(), mutex.waiting]).to.deep.equal([null, 1]);
    hold?.release();
    expect([mutex.locked, mutex.tryAcquire(), mutex.waiting]).to.deep.equal([true, null, 0]);
    (await next).release();
    expect(mutex.locked).to.equal(false);
  });

  it('passes the turn of an aborted waiter on to the next (W6)', async () => {
    const mutex = new Mutex();
    const hold = await mutex.acquire();
    const { signal, abort } = abortable();
    const trace: string[] = [];
    follow(trace, 'aborted', mutex.acquire({ signal }));
    follow(trace, 'next', mutex.acquire());
    abort(new TypeError());
    hold.release();
    await settled();
    expect(trace).to.deep.equal(['aborted TypeError', 'next']);
  });
});
