import { expect } from 'chai';
import { forEach } from '../../lib/compound/for-each.js';
import { anyOf } from '../../lib/event/any-of.js';
import { Completion } from '../../lib/event/completion.js';
import { Channel } from '../../lib/sync/channel.js';
import { AbortError } from '../../lib/wait/errors.js';
import { collectUncaught, turns } from '../event/support.js';

describe('forEach', () => {
  const uncaught = collectUncaught();

  it('handles whichever is ready, one after the other, until the body says false', () => {
    const [numbers, words] = [new Channel<number>(5), new Channel<string>(5)];
    for (const value of [1, 2]) numbers.trySend(value);
    words.trySend('a');
    const seen: unknown[] = [];
    const rounds = forEach(
      () => anyOf({ words: words.receiving(), numbers: numbers.receiving() }),
      ({ name, value }, round) => {
        seen.push([name, value, round]);
        return value !== 'end';
      },
    );
    words.trySend('end');
    words.trySend('left');
    expect(seen).to.deep.equal([['words', 'a', 0], ['numbers', 1, 1], ['numbers', 2, 2], ['words', 'end', 3]]); // prettier-ignore
    expect([rounds.value, words.length]).to.deep.equal([4, 1]);
  });

  it('takes nothing while the body is busy', async () => {
    const channel = new Channel<number>(5);
    const busy = [new Completion(), new Completion()];
    const rounds = forEach(
      () => channel.receiving(),
      (value) => busy[value]?.promise() ?? false,
    );
    for (const value of [0, 1, 2]) channel.trySend(value);
    expect(channel.length).to.equal(2);
    busy[0]?.complete();
    await turns(1);
    expect(channel.length).to.equal(1);
    busy[1]?.complete();
    expect([await rounds, channel.length]).to.deep.equal([3, 0]);
  });

  it('fails with the wait, or with what the body throws or rejects with', async () => {
    const closed = new Channel<number>();
    closed.close();
    const one = (): Completion<number> => {
      const completion = new Completion<number>();
      completion.complete(1);
      return completion;
    };
    const failing = [
      forEach(() => closed.receiving(), () => true),
      forEach(() => { throw new Error('next'); }, () => true),
      forEach(one, () => { throw new Error('body'); }),
      forEach(one, () => Promise.reject(new Error('rejected'))),
    ]; // prettier-ignore
    const errors = await Promise.all(failing.map((each) => each.promise().catch(String)));
    expect(errors).to.deep.equal(['StateError: The channel is closed', 'Error: next', 'Error: body', 'Error: rejected']); // prettier-ignore
  });

  it('cancelled lets go of what it waits for, and leaves a body to finish (C5)', async () => {
    const channel = new Channel<number>(2);
    const controller = new AbortController();
    let body: (() => void) | undefined;
    const waits = forEach(() => channel.receiving(), () => true, { signal: controller.signal }); // prettier-ignore
    controller.abort('enough');
    expect([waits.error, channel.trySend(1), channel.length]).to.deep.equal(['enough', true, 1]);
    const works = forEach(
      () => channel.receiving(),
      () => new Promise<void>((resolve) => (body = resolve)),
    );
    expect([works.cancel('r'), works.state]).to.deep.equal(['requested', 'pending']);
    body?.();
    await turns(1);
    expect([works.state, (works.error as AbortError).cause]).to.deep.equal(['cancelled', 'r']);
    expect([channel.trySend(2), channel.trySend(3), channel.length]).to.deep.equal([true, true, 2]);
  });

  it('hands to the body what a cancelled wait brought home all the same (E9)', () => {
    const stubborn = new Completion<number>();
    stubborn.onCancel(() => false);
    const seen: number[] = [];
    const rounds = forEach(() => stubborn, (value) => seen.push(value)); // prettier-ignore
    expect(rounds.cancel()).to.equal('requested');
    stubborn.complete(1);
    expect([seen, rounds.state]).to.deep.equal([[1], 'cancelled']);
  });

  it('goes through a million rounds that are ready at once, without recursion (W7)', () => {
    const done = new Completion<number>();
    done.complete(1);
    let sum = 0;
    const rounds = forEach(() => done, (value, round) => ((sum += value), round < 999_999)); // prettier-ignore
    expect([rounds.value, sum]).to.deep.equal([1_000_000, 1_000_000]);
    expect(uncaught).to.deep.equal([]);
  });

  it('cancels a wait in the making of which it was cancelled (C5)', () => {
    const controller = new AbortController();
    const never = new Completion();
    const rounds = forEach(
      () => {
        controller.abort('enough');
        return never;
      },
      () => undefined,
      { signal: controller.signal },
    );
    expect([rounds.state, rounds.error, never.state]).to.deep.equal(['cancelled', 'enough', 'cancelled']);
  });

  it('goes on once, also after a thenable that tells twice', async () => {
    const rounds: Completion<number>[] = [];
    const next = (): Completion<number> => {
      const made = new Completion<number>();
      rounds.push(made);
      return made;
    };
    const twice = { then: (tell: (value: number) => void) => { tell(1); tell(2); } } as PromiseLike<number>; // prettier-ignore
    const loop = forEach(next, () => twice);
    rounds[0]?.complete(0);
    await turns(2);
    loop.cancel();
    expect(rounds.map(({ state }) => state)).to.deep.equal(['done', 'cancelled']);
  });
});
