import { expect } from 'chai';
import { select, when } from '../../lib/compound/select.js';
import { allOf } from '../../lib/event/all-of.js';
import { Completion } from '../../lib/event/completion.js';
import { ChildrenFailedError } from '../../lib/event/errors.js';
import { firstOf } from '../../lib/event/first-of.js';
import { Channel } from '../../lib/sync/channel.js';
import { Mutex } from '../../lib/sync/mutex.js';
import type { Hold } from '../../lib/sync/hold.js';
import { codeOf, turns } from '../event/support.js';

describe('select', () => {
  const pair = (): [Completion<number>, Completion<string>] => [new Completion<number>(), new Completion<string>()];

  it('runs the handler of the branch that is taken, and no other', () => {
    const [a, b] = pair();
    const ran: string[] = [];
    const answer = select([when(a, () => ran.push('a')), when(b, (value) => (ran.push('b'), value.length))]);
    b.complete('four');
    a.complete(1);
    expect([answer.value, a.state, ran]).to.deep.equal([4, 'cancelled', ['b']]);
  });

  it('has what the handler promises', async () => {
    const [a] = pair();
    const answer = select([when(a, async (value) => (await turns(1), value + 1))]);
    a.complete(1);
    expect(answer.state).to.equal('pending');
    expect(await answer).to.equal(2);
  });

  it('fails with the branch that fails first, and with what a handler throws or rejects with (E5)', async () => {
    const failing = [
      (a: Completion<number>) => a.fail('branch'),
      (a: Completion<number>) => a.complete(0),
      (a: Completion<number>) => a.complete(1),
    ];
    const errors = failing.map((fail) => {
      const [a] = pair();
      const answer = select([
        when(a, (value) => {
          if (value === 0) throw new Error('thrown');
          return Promise.reject(new Error('rejected'));
        }),
      ]);
      fail(a);
      return answer.promise().catch(String);
    });
    expect(await Promise.all(errors)).to.deep.equal(['branch', 'Error: thrown', 'Error: rejected']);
    const none = select([]);
    expect(none.error).to.be.instanceOf(ChildrenFailedError);
  });

  it('with a default does not wait, and lets all go', () => {
    const channel = new Channel<number>(1);
    const mutex = new Mutex();
    const attempt = (): Completion<string | number> =>
      select([when(channel.receiving(), (value) => value)], { otherwise: () => 'nothing' });
    expect([attempt().value, channel.trySend(7), attempt().value, attempt().value]).to.deep.equal(['nothing', true, 7, 'nothing']); // prettier-ignore
    const held = mutex.tryAcquire()!;
    expect(select([when(mutex.acquiring(), () => 'got it')], { otherwise: () => Promise.resolve('busy') }).state).to.equal('pending'); // prettier-ignore
    expect([mutex.waiting, held.release(), mutex.locked]).to.deep.equal([0, true, false]);
  });

  it('with a default takes the branch that is there, also while it still joins the others (E6)', () => {
    const [there, slow] = pair();
    there.complete(1);
    slow.onCancel(() => false);
    const branches = [when(there, (value) => value), when(slow, () => 2)];
    const answer = select(branches, { losers: 'join', otherwise: () => 3 });
    expect(answer.state).to.equal('pending');
    slow.complete('left to finish');
    expect(answer.value).to.equal(1);
  });

  it('with a default takes what is there also inside of a callback (E9)', () => {
    const [one, two] = [new Mutex(), new Mutex()];
    const trigger = new Completion();
    const names: unknown[] = [];
    trigger.notify(() => {
      for (let i = 0; i < 3; i++) {
        select([when(one.acquiring(), () => 'one'), when(two.acquiring(), () => 'two')], { otherwise: () => 'none' }).notify(({ value }) => names.push(value)); // prettier-ignore
      }
    });
    trigger.complete();
    expect(names).to.have.members(['one', 'two', 'none']);
  });

  it('leaves to the handler what it was given (E9)', () => {
    const mutex = new Mutex();
    let hold: Hold | undefined;
    const answer = select([when(mutex.acquiring(), (given) => void (hold = given))]);
    const lost = firstOf([allOf([]), answer]);
    expect([lost.state, mutex.locked, hold?.released]).to.deep.equal(['done', true, false]);
  });

  it('cancelled lets all go; cancelled while its handler runs, leaves that to finish (C5)', async () => {
    const [a, b] = pair();
    const answer = select([when(a, () => turns(1)), when(b, () => 0)]);
    const other = select([when(b, () => 0)].slice(1));
    expect(other.state).to.equal('failed');
    const [c] = pair();
    const waits = select([when(c, () => 1)]);
    expect([waits.cancel('r'), c.state]).to.deep.equal(['cancelled', 'cancelled']);
    a.complete(1);
    expect(answer.cancel()).to.equal('requested');
    await turns(3);
    expect(answer.state).to.equal('done');
  });

  it('refuses what cannot be waited for, and cancels those before it (E2)', () => {
    const [a] = pair();
    expect(codeOf(() => select([when(a, () => 0), when(1 as never, () => 0)]))).to.equal('ERR_WAITABLE');
    expect(a.state).to.equal('cancelled');
  });

  it('tells of each that lost', () => {
    const [a, b] = pair();
    const lost: unknown[] = [];
    select([when(a, () => 0), when(b, () => 0)], { onLose: (child) => lost.push(child.source), fair: true });
    a.complete(1);
    expect(lost).to.deep.equal([b]);
  });

  it('runs the handler of a branch that was claimed before the select lost, as a result wins over a cancel (E7)', () => {
    const [first, second, turn] = [new Completion<string>(), new Completion<string>(), new Completion()];
    const seen: string[] = [];
    const outer = firstOf([first, select([when(second, (value) => seen.push(value))])]);
    turn.notify(() => {
      first.complete('first');
      second.complete('second');
    });
    turn.complete();
    expect([outer.value, seen]).to.deep.equal(['first', ['second']]);
  });
});
