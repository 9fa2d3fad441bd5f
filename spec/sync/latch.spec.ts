import { expect } from 'chai';
import { anyOf } from '../../lib/event/any-of.js';
import { Completion } from '../../lib/event/completion.js';
import { firstOf } from '../../lib/event/first-of.js';
import type { WaitQueue } from '../../lib/wait/queue.js';
import { Latch } from '../../lib/sync/latch.js';
import { codeOf } from '../event/support.js';
import { abortable, follow, rejection, settled } from './kit.js';

describe('Latch', () => {
  it('opens at zero, for all who wait and all who come later', async () => {
    const latch = new Latch(3);
    const trace: string[] = [];
    follow(trace, 'a', latch.wait());
    follow(trace, 'b', latch.wait());
    expect([latch.countDown(), latch.countDown(1), latch.count]).to.deep.equal([false, false, 1]);
    await settled();
    expect(trace).to.deep.equal([]);
    expect([latch.countDown(5), latch.count]).to.deep.equal([true, 0]);
    await latch.wait();
    expect(trace).to.deep.equal(['a', 'b']);
    expect(latch.countDown()).to.equal(true);
  });

  it('lets a waiter leave early', async () => {
    const latch = new Latch(1);
    const { signal, abort } = abortable();
    const waiting = latch.wait({ signal });
    abort('enough');
    expect(await rejection(waiting)).to.equal('enough');
    latch.countDown();
    await latch.wait({ timeoutMs: 1000 });
  });

  it('refuses what cannot be counted', () => {
    for (const call of [() => new Latch(-1), () => new Latch(0.5), () => new Latch(1).countDown(0)]) {
      expect(codeOf(call)).to.equal('ERR_COUNT');
    }
  });

  it('is a branch of a choice, which stands nowhere when it has lost (E6)', () => {
    const latch = new Latch(2);
    const [queue, other] = [(latch as unknown as { queue: WaitQueue }).queue, new Completion<string>()];
    const [lost, waits] = [firstOf([latch.opening(), other]), firstOf({ open: latch.opening() })];
    expect([queue.size, latch.opening().state]).to.deep.equal([2, 'pending']);
    other.complete('other');
    expect([lost.value, queue.size, latch.countDown(), waits.state]).to.deep.equal(['other', 1, false, 'pending']);
    latch.countDown();
    expect([waits.value, queue.size, anyOf([latch.opening()]).state]).to.deep.equal([{ name: 'open', value: undefined }, 0, 'done']); // prettier-ignore
  });
});
