import { expect } from 'chai';
import sinon from 'sinon';
import { fromAsync } from '../../lib/adapters/from-async.js';
import { allOf } from '../../lib/event/all-of.js';
import { Completion } from '../../lib/event/completion.js';
import { firstOf } from '../../lib/event/first-of.js';
import { Mutex } from '../../lib/sync/mutex.js';
import { collectUncaught, turns } from '../event/support.js';

describe('fromAsync', () => {
  const uncaught = collectUncaught();

  it('is called when somebody waits, and has what it promises', async () => {
    const start = sinon.spy(() => Promise.resolve(1));
    const completion = fromAsync(start);
    expect(start.callCount).to.equal(0);
    expect([await completion, start.callCount]).to.deep.equal([1, 1]);
    expect(await fromAsync(() => Promise.reject(new Error('e'))).promise().catch(String)).to.equal('Error: e'); // prettier-ignore
    const throws = fromAsync(() => {
      throw new Error('t');
    });
    expect(await throws.promise().catch(String)).to.equal('Error: t');
  });

  it('aborts its signal when it is cancelled (C5)', () => {
    let seen: AbortSignal | undefined;
    const race = firstOf([fromAsync((signal) => ((seen = signal), new Promise(() => undefined)))]);
    race.cancel('r');
    expect([race.state, seen?.aborted, seen?.reason]).to.deep.equal(['cancelled', true, 'r']);
  });

  it('is cancelled with the signal it was given, for the same reason, and is not called after that (C8)', () => {
    const [user, reason] = [new AbortController(), new Error('r')];
    let seen: AbortSignal | undefined;
    const start = sinon.spy((signal: AbortSignal) => ((seen = signal), new Promise<never>(() => undefined)));
    const [running, idle] = [fromAsync(start, { signal: user.signal }), fromAsync(start, { signal: user.signal })];
    running.notify(() => undefined);
    user.abort(reason);
    const late = fromAsync(start, { signal: user.signal });
    late.notify(() => undefined);
    expect([running, idle, late].map(({ state }) => state)).to.deep.equal(['cancelled', 'cancelled', 'cancelled']);
    expect([running, idle, late].map(({ error }) => error)).to.deep.equal([reason, reason, reason]);
    expect([seen?.reason, start.callCount]).to.deep.equal([reason, 1]);
  });

  it('aborts its signal also when it is settled by hand, and not when it has ended by itself (E6)', async () => {
    for (const settle of ['complete', 'fail'] as const) {
      let seen: AbortSignal | undefined;
      const completion = fromAsync((signal) => ((seen = signal), new Promise<number>(() => undefined)));
      completion.notify(() => undefined);
      completion[settle](1);
      expect([seen?.aborted, (seen?.reason as Error).name]).to.deep.equal([true, 'AbortError']);
    }
    const signals: AbortSignal[] = [];
    await fromAsync((signal) => Promise.resolve(signals.push(signal)));
    for (const thrown of [Promise.reject(new Error('e')), null]) {
      const failing = fromAsync((signal) => {
        signals.push(signal);
        if (thrown === null) throw new Error('t');
        return thrown;
      });
      await failing.promise().catch(() => undefined);
    }
    expect(signals.map(({ aborted }) => aborted)).to.deep.equal([false, false, false]);
    const unwanted = fromAsync(() => expect.fail('nobody waited'));
    expect([unwanted.complete(1), unwanted.value]).to.deep.equal([true, 1]);
  });

  it('gives back what comes too late, or for a compound that has lost (E9)', async () => {
    const mutex = new Mutex();
    const options = { giveBack: (hold: { release(): unknown }) => void hold.release() };
    // A function that does not heed its signal.
    const deaf = fromAsync(() => mutex.acquire(), options);
    deaf.notify(() => undefined);
    deaf.cancel();
    await turns(1);
    expect(mutex.locked).to.equal(false);
    const all = allOf([fromAsync((signal) => mutex.acquire({ signal }), options), new Completion()]);
    await turns(1);
    expect(mutex.locked).to.equal(true);
    all.cancel();
    expect(mutex.locked).to.equal(false);
  });

  it('lets nobody who lost it have what giving back throws (C4 E9)', async () => {
    const other = new Completion<number>();
    const giveBack = (): void => { throw new Error('not taken back'); }; // prettier-ignore
    const loser = fromAsync(() => Promise.resolve(1), { giveBack });
    const all = allOf([loser, other]);
    await turns(1);
    other.fail('e');
    expect([all.error, uncaught.splice(0).map(String)]).to.deep.equal(['e', ['Error: not taken back']]);
  });
});
