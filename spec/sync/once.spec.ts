import { expect } from 'chai';
import { anyOf } from '../../lib/event/any-of.js';
import { Completion } from '../../lib/event/completion.js';
import { firstOf } from '../../lib/event/first-of.js';
import { Once } from '../../lib/sync/once.js';
import { abortable, rejection, settled } from './kit.js';

describe('Once', () => {
  it('makes it once, when it is first asked for, and shares it', async () => {
    let made = 0;
    const once = new Once(async () => {
      await settled();
      return ++made;
    });
    expect([made, once.done]).to.deep.equal([0, false]);
    expect(await Promise.all([once.get(), once.get()])).to.deep.equal([1, 1]);
    expect([await once.get(), made, once.done]).to.deep.equal([1, 1, true]);
  });

  it('shares a value that is falsy, or made at once', async () => {
    let made = 0;
    const once = new Once(() => {
      made++;
      return undefined;
    });
    expect([await once.get(), await once.get(), made]).to.deep.equal([undefined, undefined, 1]);
  });

  it('tells who waits of a failure, and tries again for who asks next', async () => {
    let made = 0;
    const once = new Once(async () => {
      await settled();
      if (++made < 2) throw new Error(`failure ${String(made)}`);
      return made;
    });
    const both = await Promise.all([rejection(once.get()), rejection(once.get())]);
    expect(both.map(String)).to.deep.equal(['Error: failure 1', 'Error: failure 1']);
    expect(await once.get()).to.equal(2);
  });

  it('tells of a failure that is thrown at once', async () => {
    const once = new Once(() => {
      throw new Error('thrown');
    });
    expect(String(await rejection(once.get()))).to.equal('Error: thrown');
  });

  it('keeps a failure when it is told to', async () => {
    let made = 0;
    const once = new Once(() => Promise.reject(new Error(`failure ${String(++made)}`)), { keepFailure: true });
    expect([String(await rejection(once.get())), String(await rejection(once.get())), once.done]).to.deep.equal(['Error: failure 1', 'Error: failure 1', false]); // prettier-ignore
  });

  it('goes on for the others when one leaves, and is asked to stop when all have left', async () => {
    const signals: AbortSignal[] = [];
    const ends: ((value: number) => void)[] = [];
    const once = new Once<number>((signal) => {
      signals.push(signal);
      return new Promise((resolve, reject) => {
        const stop = (): void => reject(new Error('stopped'));
        signal.addEventListener('abort', stop, { once: true });
        ends.push((value) => {
          signal.removeEventListener('abort', stop);
          resolve(value);
        });
      });
    });
    const [one, two] = [abortable(), abortable()];
    const first = once.get({ signal: one.signal });
    const second = once.get({ signal: two.signal });
    one.abort('one');
    expect([await rejection(first), signals[0]?.aborted]).to.deep.equal(['one', false]);
    two.abort('two');
    expect([await rejection(second), signals[0]?.reason]).to.deep.equal(['two', 'two']);
    const third = once.get();
    await settled();
    expect(signals.length, 'made anew for who asked meanwhile').to.equal(2);
    ends[1]?.(7);
    expect(await third).to.equal(7);
    expect(await rejection(once.get({ signal: one.signal }))).to.equal('one');
  });

  it('keeps what was made all the same after all had left', async () => {
    let end: (value: string) => void = () => undefined;
    const once = new Once(() => new Promise<string>((resolve) => (end = resolve)));
    expect(await rejection(once.get({ timeoutMs: 0 }))).to.have.property('code', 'ERR_TIMEOUT');
    end('made');
    await settled();
    expect([once.done, await once.get()]).to.deep.equal([true, 'made']);
  });

  it('is a branch of a choice: made when somebody waits, asked to stop when all have lost (E6)', async () => {
    const signals: AbortSignal[] = [];
    let end: (value: string) => void = () => undefined;
    const once = new Once<string>((signal) => {
      signals.push(signal);
      return new Promise((resolve) => (end = resolve));
    });
    const unasked = once.getting();
    const other = new Completion<string>();
    const [lost, waits] = [firstOf([once.getting(), other]), firstOf([once.getting()])];
    expect([signals.length, unasked.state]).to.deep.equal([1, 'pending']);
    other.complete('other');
    expect([lost.value, signals[0]?.aborted]).to.deep.equal(['other', false]);
    waits.cancel('enough');
    expect(signals[0]?.aborted).to.equal(true);
    const kept = anyOf([once.getting()]);
    end('made all the same');
    await settled();
    expect([kept.value, firstOf([once.getting()]).value, signals.length]).to.deep.equal(['made all the same', 'made all the same', 1]); // prettier-ignore
  });

  it('fails the branch as it fails who waits, and is made anew for who asks when told', async () => {
    let made = 0;
    const once = new Once<number>(() => {
      if (++made < 3) throw new Error(`failure ${String(made)}`);
      return made;
    });
    const told: string[] = [];
    let again: Promise<unknown> | undefined;
    const first = once.getting();
    first.notify(({ error }) => {
      told.push(String(error));
      again = rejection(once.get());
    });
    await settled();
    expect([told, String(await again)]).to.deep.equal([['Error: failure 1'], 'Error: failure 2']);
    expect(await once.getting()).to.equal(3);
  });

  it('tells all who wait of one failure, also when one of them asks again and that fails at once', async () => {
    let fail: (error: Error) => void = () => undefined;
    let made = 0;
    const once = new Once<number>(() => {
      if (++made > 1) throw new Error('second');
      return new Promise((_resolve, reject) => (fail = reject));
    });
    const [one, two] = [once.getting(), once.getting()];
    let again: unknown;
    one.notify(() => void (again = rejection(once.get())));
    two.notify(() => undefined);
    const three = rejection(once.get());
    fail(new Error('first'));
    const third = await Promise.race([three, settled()]);
    expect([one.error, two.error, third, await again].map(String)).to.deep.equal(['Error: first', 'Error: first', 'Error: first', 'Error: second']); // prettier-ignore
  });

  it('refuses what is no delay, also when it was made', async () => {
    const once = new Once(() => 1);
    await once.get();
    expect(await rejection(once.get({ timeoutMs: NaN }))).to.have.property('code', 'ERR_DELAY');
  });
});
