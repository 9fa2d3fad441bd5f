import { expect } from 'chai';
import { completionOf } from '../../lib/compound/completion-of.js';
import { forEach } from '../../lib/compound/for-each.js';
import { abortWhen } from '../../lib/adapters/abort-when.js';
import { debounce } from '../../lib/adapters/debounce.js';
import { toIterable } from '../../lib/adapters/to-iterable.js';
import { guard } from '../../lib/compound/guard.js';
import { map } from '../../lib/compound/map.js';
import { allOf } from '../../lib/event/all-of.js';
import { firstOf } from '../../lib/event/first-of.js';
import type { CompoundEvent } from '../../lib/event/compound.js';
import { Completion } from '../../lib/event/completion.js';
import { watch } from '../../lib/event/waitable.js';
import { WaitQueue } from '../../lib/wait/queue.js';
import { codeOf, turns } from '../event/support.js';

describe('completionOf', () => {
  it('is a completion itself, and one of anything else', async () => {
    const completion = new Completion<number>();
    const queue = new WaitQueue();
    const next = completionOf(queue);
    queue.wake('key');
    expect([completionOf(completion) === completion, next.value]).to.deep.equal([true, 'key']);
    expect(await completionOf(Promise.resolve(1)).promise()).to.equal(1);
    const watching = completionOf(watch(completion));
    watching.cancel();
    expect(completion.state).to.equal('pending');
    expect(codeOf(() => completionOf(1 as never))).to.equal('ERR_WAITABLE');
  });

  it('neither cancels one that has an owner, nor gives back what it took (E3 E9)', async () => {
    const shared = (): [Completion<number>, CompoundEvent<unknown>] => {
      const completion = new Completion<number>();
      return [completion, allOf([completion])];
    };
    const leaving: Record<string, (completion: Completion<number>) => unknown> = {
      forEach: (completion) => forEach(() => completion, () => undefined).cancel(), // prettier-ignore
      abortWhen: (completion) => abortWhen(completion).abort(),
      debounce: (completion) => debounce(() => completion, 10)().cancel(),
      toIterable: async (completion) => {
        const loop = toIterable(() => completion);
        const waiting = loop.next();
        await turns(1);
        await loop.return();
        await waiting;
      },
      guard: (completion) => firstOf([guard(() => completion)]).cancel(),
      map: (completion) => firstOf([map(completion, String)]).cancel(),
    };
    for (const [name, leave] of Object.entries(leaving)) {
      const [completion, owner] = shared();
      await leave(completion);
      expect([name, completion.state, completion.size]).to.deep.equal([name, 'pending', 1]);
      completion.complete(1);
      expect(owner.value).to.deep.equal([1]);
    }
  });

  it('of one that has an owner ends as that does', () => {
    for (const end of ['complete', 'fail', 'cancel'] as const) {
      const completion = new Completion<unknown>();
      allOf([completion], { losers: 'leave' });
      const watching = completionOf(completion);
      completion[end]('end');
      expect([watching.state, watching.error]).to.deep.equal([completion.state, completion.error]);
    }
  });
});
