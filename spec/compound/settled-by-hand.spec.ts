import { expect } from 'chai';
import { debounce } from '../../lib/adapters/debounce.js';
import { throttle } from '../../lib/adapters/throttle.js';
import { forEach } from '../../lib/compound/for-each.js';
import { guard } from '../../lib/compound/guard.js';
import { map } from '../../lib/compound/map.js';
import { scope } from '../../lib/compound/scope.js';
import { select, when } from '../../lib/compound/select.js';
import { sequence } from '../../lib/compound/sequence.js';
import { allOf } from '../../lib/event/all-of.js';
import { anyOf } from '../../lib/event/any-of.js';
import { Completion } from '../../lib/event/completion.js';
import { Mutex } from '../../lib/sync/mutex.js';
import type { Hold } from '../../lib/sync/hold.js';
import type { Taking } from '../../lib/sync/taking.js';

/** What is settled by hand has no use for what it waits for: nobody may be given a lock for it. */
describe('a wait made of others that is settled by hand', () => {
  const made: Record<string, (make: () => Taking<Hold>) => Completion<unknown>> = {
    allOf: (make) => allOf([make()]),
    anyOf: (make) => anyOf([make()]),
    sequence: (make) => sequence([make]),
    scope: (make) => scope((body) => void body.own(make())),
    map: (make) => map(make(), (hold) => hold),
    guard: (make) => guard(make),
    select: (make) => select([when(make(), (hold) => hold)]),
    forEach: (make) => forEach(make, () => true),
    debounce: (make) => debounce(make, 10)(),
    throttle: (make) => throttle(make, 10)(),
    within: (make) => make().within(60_000, { unref: true }),
  };
  for (const [name, make] of Object.entries(made)) {
    for (const ends of ['complete', 'fail'] as const) {
      it(`${name}: leaves no wait behind (E6): ${ends}`, () => {
        const mutex = new Mutex();
        const held = mutex.tryAcquire();
        const waiting = make(() => mutex.acquiring());
        waiting.notify(() => undefined);
        expect(mutex.waiting).to.equal(1);
        waiting[ends]('by hand');
        expect([mutex.waiting, held?.release(), mutex.locked]).to.deep.equal([0, true, false]);
      });
    }
  }

  it('forEach: also when that happens while the wait is made, and what comes home all the same is given back (E9)', () => {
    const mutex = new Mutex();
    const held = mutex.tryAcquire();
    const start = new Completion<number>();
    const rounds: Completion<number> = forEach(
      (round) => {
        if (round === 0) return start;
        rounds.complete(7);
        return mutex.acquiring();
      },
      () => true,
    );
    start.complete(0);
    expect([rounds.value, mutex.waiting, held?.release()]).to.deep.equal([7, 0, true]);
    const running = new Completion<number>();
    running.onCancel(() => false);
    const both = forEach(
      () => allOf([mutex.acquiring(), running]),
      () => expect.fail('nobody has use for it'),
    );
    both.complete(3);
    expect([mutex.locked, running.complete(1), mutex.locked]).to.deep.equal([true, true, false]);
  });

  it('guard: tells whom it built with, and lets go of what has another owner', () => {
    const shared = new Completion<number>();
    const owner = anyOf([shared]);
    let told = 0;
    const branch = guard((lost) => {
      lost.notify(() => told++);
      return shared;
    });
    branch.notify(() => undefined);
    branch.complete(1);
    expect([told, shared.state, shared.size]).to.deep.equal([1, 'pending', 1]);
    shared.complete(2);
    expect([owner.value, shared.state, told]).to.deep.equal([2, 'done', 1]);
  });
});
