import { expect } from 'chai';
import { WaitEntry } from '../../lib/wait/entry.js';
import { Takers } from '../../lib/sync/takers.js';
import { codeOf, collectUncaught } from '../event/support.js';
import { abortable, follow, rejection, settled } from './kit.js';

describe('Takers', () => {
  const uncaught = collectUncaught();

  /** Tokens that are taken so many at a time. */
  function tokens(free: number) {
    const takers = new Takers();
    return {
      takers,
      take: (count: number, options?: Parameters<Takers['take']>[1]): Promise<number> =>
        takers.take(() => {
          if (free < count) return 0;
          free -= count;
          return count;
        }, options),
      add: (count: number): void => {
        free += count;
        takers.serve();
      },
      get free() {
        return free;
      },
    };
  }

  it('takes at once what is free', async () => {
    const pot = tokens(3);
    expect(await pot.take(2)).to.equal(2);
    expect(pot.free).to.equal(1);
  });

  it('serves first come, first served: what the first wants is not taken by those behind it (W6)', async () => {
    const pot = tokens(0);
    const trace: string[] = [];
    follow(trace, 'big', pot.take(2));
    follow(trace, 'small', pot.take(1));
    pot.add(1);
    await settled();
    expect(trace).to.deep.equal([]);
    pot.add(1);
    await settled();
    expect(trace).to.deep.equal(['big']);
    pot.add(1);
    await settled();
    expect(trace).to.deep.equal(['big', 'small']);
  });

  it('lets one barge that asks to', async () => {
    const pot = tokens(1);
    const waiting = pot.take(2);
    expect(await pot.take(1, { barge: true })).to.equal(1);
    pot.add(2);
    expect(await waiting).to.equal(2);
  });

  it('serves those behind one that leaves early (W6)', async () => {
    const pot = tokens(1);
    const { signal, abort } = abortable();
    const big = pot.take(5, { signal });
    const small = pot.take(1);
    abort('enough');
    const given: number[] = [];
    void small.then((count) => given.push(count));
    expect(await rejection(big)).to.equal('enough');
    await settled();
    expect(given).to.deep.equal([1]);
    expect(pot.takers.active).to.equal(false);
  });

  it('keeps what was given to a waiter before its abort came (W6)', async () => {
    const pot = tokens(0);
    const { signal, abort } = abortable();
    const taken = pot.take(1, { signal });
    pot.add(1);
    abort();
    expect(await taken).to.equal(1);
  });

  it('takes nothing when the signal has aborted, or for a time that cannot be kept', async () => {
    const pot = tokens(1);
    expect(await rejection(pot.take(1, { signal: AbortSignal.abort('before') }))).to.equal('before');
    expect(codeOf(() => pot.take(1, { timeoutMs: -1 }))).to.equal('ERR_DELAY');
    expect(pot.free).to.equal(1);
  });

  it('rejects with what the claim throws, at once or when its turn comes, and serves the next', async () => {
    const pot = tokens(0);
    const broken = new Error('broken');
    const failing = (): never => {
      throw broken;
    };
    expect(await rejection(pot.takers.take(failing))).to.equal(broken);
    const first = pot.take(1);
    const second = pot.takers.take(failing);
    const third = pot.take(1);
    pot.add(2);
    expect([await first, await rejection(second), await third]).to.deep.equal([1, broken, 1]);
  });

  it('serves on when somebody throws, here and elsewhere, and whoever gave back is not told (W5)', async () => {
    const [pot, other] = [tokens(0), tokens(0)];
    pot.takers.addExclusive(
      new WaitEntry((entry, _key, on) => {
        on.remove(entry);
        throw new Error('told');
      }),
    );
    const served = [pot.take(1), other.take(1)];
    pot.add(1);
    other.add(1);
    expect(await Promise.race([Promise.all(served), settled()])).to.deep.equal([1, 1]);
    expect(uncaught.splice(0).map(String)).to.deep.equal(['Error: told']);
  });

  it('hands over twenty thousand times in a row without recursion (W7)', async () => {
    const pot = tokens(0);
    let last: Promise<unknown> = Promise.resolve();
    for (let i = 0; i < 20_000; i++) {
      last = pot.takers.take(() => {
        if (pot.free === 0 && i === 0) return false;
        pot.takers.serve();
        return true;
      });
    }
    pot.add(1);
    expect(await last).to.equal(true);
  });
});
