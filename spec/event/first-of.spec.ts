import { expect } from 'chai';
import { Completion } from '../../lib/event/completion.js';
import { ChildrenFailedError } from '../../lib/event/errors.js';
import { firstOf } from '../../lib/event/first-of.js';
import { timeout } from '../../lib/adapters/timeout.js';
import { turns } from './support.js';

const pair = (): [Completion<number>, Completion<number>] => [new Completion<number>(), new Completion<number>()];

describe('firstOf', () => {
  it('takes the first to settle at all: a value, an error, a cancel (E5)', () => {
    for (const settle of ['complete', 'fail', 'cancel'] as const) {
      const [a, b] = pair();
      const race = firstOf([a, b]);
      b[settle](2);
      expect([race.state, a.state]).to.deep.equal([settle === 'complete' ? 'done' : 'failed', 'cancelled']);
      expect(race.error).to.equal(b.error);
    }
  });

  it('of none fails at once, saying so (Decisions)', () => {
    const race = firstOf([]);
    expect(race.error).to.be.instanceOf(ChildrenFailedError);
    expect((race.error as Error).message).to.contain('firstOf([])');
  });

  it('takes the lowest index of those that had settled, also a failure (Decisions)', () => {
    const [a, b] = pair();
    b.complete(2);
    a.fail('e');
    expect(firstOf([a, b]).error).to.equal('e');
  });

  it('leaves no failure of a loser unhandled, and cancels losers (E6 C8)', async () => {
    const [a, b] = pair();
    let unhandled = 0;
    const count = (): void => {
      unhandled++;
    };
    process.on('unhandledRejection', count);
    try {
      b.onCancel(() => false);
      const race = firstOf([a, b, Promise.reject(new Error('lagging'))]);
      a.complete(1);
      expect(await race).to.equal(1);
      b.fail('late');
      await turns();
      expect(unhandled).to.equal(0);
    } finally {
      process.off('unhandledRejection', count);
    }
  });

  it('of two that a nest shares tells each loser of its own group (E1 E6)', () => {
    const [a, b] = pair();
    const outside = timeout(1000);
    const lost: string[] = [];
    const inner = firstOf([a, b], { onLose: ({ source }) => lost.push(source === b ? 'b' : 'a') });
    const outer = firstOf([inner, outside], {
      onLose: ({ source }) => lost.push(source === outside ? 'outside' : 'inner'),
    });
    a.complete(1);
    expect([outer.value, lost]).to.deep.equal([1, ['b', 'outside']]);
  });
});
