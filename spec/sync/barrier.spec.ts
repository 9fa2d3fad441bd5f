import { expect } from 'chai';
import { guard } from '../../lib/compound/guard.js';
import { allOf } from '../../lib/event/all-of.js';
import { anyOf } from '../../lib/event/any-of.js';
import { Completion } from '../../lib/event/completion.js';
import { firstOf } from '../../lib/event/first-of.js';
import { Barrier } from '../../lib/sync/barrier.js';
import { TimeoutError } from '../../lib/wait/errors.js';
import { codeOf } from '../event/support.js';
import { abortable, follow, rejection, settled } from './kit.js';

describe('Barrier', () => {
  it('sets all free when the last one arrives, round after round', async () => {
    const barrier = new Barrier(3);
    for (let round = 0; round < 3; round++) {
      const first = [barrier.arrive(), barrier.arrive()];
      const trace: string[] = [];
      for (const each of first) follow(trace, 'free', each);
      await settled();
      expect([trace, barrier.waiting]).to.deep.equal([[], 2]);
      expect(await Promise.all([...first, barrier.arrive()])).to.deep.equal([round, round, round]);
      expect(barrier.waiting).to.equal(0);
    }
  });

  it('waits for somebody else in the place of one that leaves, and is not broken (W6)', async () => {
    const barrier = new Barrier(2);
    const { signal, abort } = abortable();
    const leaving = barrier.arrive({ signal });
    abort('enough');
    expect(await rejection(leaving)).to.equal('enough');
    expect(await rejection(barrier.arrive({ timeoutMs: 0 }))).to.be.instanceOf(TimeoutError);
    expect(await rejection(barrier.arrive({ signal }))).to.equal('enough');
    expect(barrier.waiting).to.equal(0);
    const first = barrier.arrive();
    expect(await rejection(barrier.arrive({ signal })), 'the last one, but aborted').to.equal('enough');
    expect([await barrier.arrive(), await first]).to.deep.equal([0, 0]);
  });

  it('lets one alone pass, and refuses none', async () => {
    expect(await new Barrier(1).arrive()).to.equal(0);
    expect(codeOf(() => new Barrier(0))).to.equal('ERR_COUNT');
  });

  it('is a branch of a choice, which has not arrived when it has lost (E9)', async () => {
    const barrier = new Barrier(2);
    const other = new Completion<string>();
    const chosen = firstOf([barrier.arriving(), other]);
    expect(barrier.waiting).to.equal(1);
    other.complete('other');
    expect([chosen.value, barrier.waiting]).to.deep.equal(['other', 0]);
    const both = allOf([barrier.arriving(), new Completion<number>()]);
    both.cancel();
    expect(firstOf([allOf([]), barrier.arriving()]).state).to.equal('done');
    expect(barrier.waiting).to.equal(0);
    const meets = anyOf({ all: barrier.arriving(), never: new Completion() });
    expect([await barrier.arrive(), meets.value]).to.deep.equal([0, { name: 'all', value: 0 }]);
    const last = barrier.arrive();
    expect([anyOf([barrier.arriving()]).value, await last, barrier.waiting]).to.deep.equal([1, 1, 0]);
  });

  it('sets all free in one step: none that was there can leave because another is told', async () => {
    const barrier = new Barrier(3);
    const chosen = anyOf([barrier.arriving(), barrier.arriving()]);
    expect([await barrier.arrive(), chosen.value, barrier.waiting]).to.deep.equal([0, 0, 0]);
    const controller = new AbortController();
    const first = barrier.arriving();
    first.notify(() => controller.abort('enough'));
    const second = barrier.arrive({ signal: controller.signal });
    const third = barrier.arriving({ signal: controller.signal });
    expect([anyOf([third]).value, await second, first.value, barrier.waiting]).to.deep.equal([1, 1, 1, 0]);
  });

  it('is not reached by a branch of what is lost, which nobody can count on (E9)', () => {
    const barrier = new Barrier(2);
    void barrier.arrive({ timeoutMs: 5, unref: true }).catch(() => undefined);
    const outer = firstOf([allOf([]), guard(() => barrier.arriving())]);
    expect([outer.state, barrier.waiting]).to.deep.equal(['done', 1]);
  });

  it('refuses what is no delay, also of the last one, and counts nobody', () => {
    const barrier = new Barrier(1);
    expect(codeOf(() => void barrier.arrive({ timeoutMs: NaN }))).to.equal('ERR_DELAY');
  });
});
