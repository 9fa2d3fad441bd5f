import { expect } from 'chai';
import { Completion } from '../../lib/event/completion.js';
import { watch } from '../../lib/event/waitable.js';
import { scope, type Scope } from '../../lib/compound/scope.js';
import { AbortError } from '../../lib/wait/errors.js';
import { codeOf, noteSettling, turns } from '../event/support.js';

describe('scope', () => {
  const pair = (): [Completion<number>, Completion<number>] => [new Completion<number>(), new Completion<number>()];

  it('joins every child on exit, and settles with the body’s value (E1)', async () => {
    const [a, b] = pair();
    const running = scope(async (s) => {
      s.own(a);
      await turns(1);
      s.watch(b);
      return 'value';
    });
    await turns(3);
    expect(running.state).to.equal('pending');
    a.complete(1);
    b.complete(2);
    expect(running.value).to.equal('value');
  });

  it('hands back what it is given, to be awaited in the body (E1)', async () => {
    const [page, seen] = [new Completion<string>(), watch(Promise.resolve(2))];
    const running = scope(async (s) => {
      const given = s.own(page);
      const words = s.own(scope(async () => (await given).length));
      return [await words, s.watch(seen) === seen, await s.own(Promise.resolve(3))];
    });
    page.complete('four');
    expect(await running).to.deep.equal([4, true, 3]);
  });

  it('joins a function that is a scope of its own, when another child fails (E1 E7)', async () => {
    const [told, failing] = [[] as string[], new Completion()];
    const running = scope((s) => {
      s.own(
        scope(async ({ signal }) => {
          await new Promise((resolve) => signal.addEventListener('abort', resolve));
          await turns(3);
          told.push('tidied up');
        }),
      );
      s.own(failing);
    });
    running.notify(() => told.push('settled'));
    await turns(1);
    failing.fail('e');
    await turns(6);
    expect([told, running.error]).to.deep.equal([['tidied up', 'settled'], 'e']);
  });

  it('without children settles with the body (E1)', async () => {
    expect(await scope(() => 5)).to.equal(5);
    expect(await scope(async () => 6)).to.equal(6);
  });

  it('cancels and joins its children when the body throws (E1)', async () => {
    for (const body of ['throws', 'rejects'] as const) {
      const [a, left] = pair();
      left.onCancel(() => false);
      const running = scope((s): Promise<number> => {
        s.own(a);
        s.own(left);
        if (body === 'throws') throw new Error('the body');
        return Promise.reject(new Error('the body'));
      });
      await turns(2);
      expect([a.state, left.cancelRequested, running.state, running.decided]).to.deep.equal([
        ...['cancelled', true, 'pending', true],
      ]);
      left.complete(1);
      expect([running.state, (running.error as Error).message]).to.deep.equal(['failed', 'the body']);
    }
  });

  it('aborts its signal when the body throws, a child fails, or it is cancelled (E1)', async () => {
    const signals: AbortSignal[] = [];
    const keep = ({ signal }: Scope): void => void signals.push(signal);
    scope((s) => {
      keep(s);
      throw new Error('the body');
    });
    const child = new Completion();
    scope(async (s) => {
      keep(s);
      s.own(child);
      await turns(3);
    });
    const cancelled = scope(async (s) => {
      keep(s);
      await turns(3);
    });
    const done = scope((s) => keep(s));
    await turns(1);
    child.fail('e');
    cancelled.cancel('r');
    await done;
    expect(signals.map(({ aborted }) => aborted)).to.deep.equal([true, true, true, false]);
    expect(signals[2]?.reason).to.equal('r');
  });

  it('fails with the first error in time, and cancels the rest (E1 E5)', async () => {
    const [a, b] = pair();
    const running = scope(async ({ own, signal }) => {
      own(a);
      own(b);
      await new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('aborted'))));
    });
    a.fail('first');
    expect([b.state, running.state]).to.deep.equal(['cancelled', 'pending']);
    await turns(2);
    expect(running.error).to.equal('first');
  });

  it('cancelled, waits for the body, which cannot be interrupted, and for its children (E7)', async () => {
    const trace: string[] = [];
    const [a] = pair();
    noteSettling(trace, 'a', a);
    const running = scope(async ({ own, signal }) => {
      own(a);
      while (!signal.aborted) await turns(1);
      trace.push('the body returns');
      throw signal.reason;
    });
    noteSettling(trace, 'scope', running);
    expect(running.cancel('r')).to.equal('requested');
    await turns(5);
    expect(trace).to.deep.equal(['a cancelled', 'the body returns', 'scope cancelled']);
    expect((running.error as AbortError).cause).to.equal('r');
  });

  it('cancelled with everything done all the same keeps the result (Decisions)', async () => {
    const running = scope(async () => {
      await turns(1);
      return 1;
    });
    running.cancel();
    expect(await running).to.equal(1);
  });

  it('is cancelled by a signal, also by one that has aborted (C8)', async () => {
    const reason = new Error('the signal’s');
    let seen: AbortSignal | null = null;
    const running = scope(
      async ({ signal }) => {
        seen = signal;
        signal.throwIfAborted();
      },
      { signal: AbortSignal.abort(reason) },
    );
    expect(await running.promise().catch((error: unknown) => error)).to.equal(reason);
    expect((seen as AbortSignal | null)?.reason).to.equal(reason);
  });

  it('takes no child after it was left (E2)', async () => {
    let kept: Scope | null = null;
    await scope((s) => void (kept = s));
    expect(codeOf(() => (kept as unknown as Scope).own(new Completion()))).to.equal('ERR_SEALED');
  });

  it('nests: an inner scope is a child of the outer (E1)', async () => {
    const [leaf] = pair();
    const outer = scope(({ own }) => {
      own(scope((inner) => void inner.own(leaf)));
    });
    await turns(1);
    outer.cancel('r');
    await turns(1);
    expect([leaf.state, outer.state]).to.deep.equal(['cancelled', 'cancelled']);
  });
});
