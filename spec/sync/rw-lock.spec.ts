import { expect } from 'chai';
import fc from 'fast-check';
import { RwLock, type Preference, type ReadHold, type WriteHold } from '../../lib/sync/rw-lock.js';
import { TimeoutError, type StateError } from '../../lib/wait/errors.js';
import { seed } from '../conformance/random.js';
import { codeOf, collectUncaught } from '../event/support.js';
import { abortable, follow, rejection, settled } from './kit.js';
import { Completion } from '../../lib/event/completion.js';
import { allOf } from '../../lib/event/all-of.js';

describe('RwLock', () => {
  const uncaught = collectUncaught();

  it('is for many readers or one writer', async () => {
    const lock = new RwLock();
    const readers = [await lock.read(), await lock.read()];
    expect([lock.readers, lock.tryWrite()]).to.deep.equal([2, null]);
    const writing = lock.write();
    for (const hold of readers) hold.release();
    const writer = await writing;
    expect([lock.locked, lock.tryRead(), lock.tryWrite()]).to.deep.equal([true, null, null]);
    writer.release();
    expect(lock.tryRead()?.release()).to.equal(true);
  });

  const orders: [Preference, string[]][] = [
    ['fair', ['writer 1', 'reader 1', 'reader 2', 'writer 2', 'reader 3']],
    ['readers', ['reader 1', 'reader 2', 'reader 3', 'writer 1', 'writer 2']],
    ['writers', ['writer 1', 'writer 2', 'reader 1', 'reader 2', 'reader 3']],
  ];
  for (const [prefer, expected] of orders) {
    it(`serves in the order of its preference: ${prefer}`, async () => {
      const lock = new RwLock({ prefer });
      const first = await lock.write();
      const trace: string[] = [];
      const enter = (name: string, wait: Promise<ReadHold | WriteHold>): void =>
        void wait.then(async (hold) => {
          trace.push(name);
          await settled();
          hold.release();
        });
      enter('writer 1', lock.write());
      enter('reader 1', lock.read());
      enter('reader 2', lock.read());
      enter('writer 2', lock.write());
      enter('reader 3', lock.read());
      expect(lock.waiting).to.equal(5);
      first.release();
      while (trace.length < 5) await settled();
      expect(trace).to.deep.equal(expected);
    });
  }

  it('lets a reader in that barges, or that comes while readers are preferred', async () => {
    const fair = new RwLock();
    await fair.read();
    void fair.write();
    expect(fair.tryRead()).to.equal(null);
    expect((await fair.read({ barge: true })).released).to.equal(false);
    const preferred = new RwLock({ prefer: 'readers' });
    await preferred.read();
    void preferred.write();
    expect(preferred.tryRead()).to.not.equal(null);
  });

  it('lets readers in when the writer before them gives up (W6)', async () => {
    for (const prefer of ['fair', 'writers'] as const) {
      const lock = new RwLock({ prefer });
      await lock.read();
      const { signal, abort } = abortable();
      const writing = lock.write({ signal });
      const reading = lock.read();
      abort('enough');
      expect(await rejection(writing)).to.equal('enough');
      expect((await reading).released).to.equal(false);
    }
  });

  it('upgrades a reader to the writer with nobody writing in between', async () => {
    const lock = new RwLock();
    const [a, b] = [await lock.read(), await lock.read()];
    const trace: string[] = [];
    follow(trace, 'writer', lock.write());
    const upgrading = a.upgrade();
    follow(trace, 'upgrade', upgrading);
    follow(trace, 'reader', lock.read());
    await settled();
    expect(trace).to.deep.equal([]);
    b.release();
    await settled();
    expect([trace, a.released, lock.readers]).to.deep.equal([['upgrade'], true, 0]);
    (await upgrading).release();
    await settled();
    expect(trace).to.deep.equal(['upgrade', 'writer']);
  });

  it('lets no further reader in before a reader that waits to become the writer', async () => {
    const lock = new RwLock({ prefer: 'readers' });
    const [a, b] = [await lock.read(), await lock.read()];
    const upgrading = a.upgrade();
    expect(lock.tryRead()).to.equal(null);
    b.release();
    expect((await upgrading).release()).to.equal(true);
  });

  it('refuses a second upgrade, which would wait for the first for ever', async () => {
    const lock = new RwLock();
    const [a, b] = [await lock.read(), await lock.read()];
    const upgrading = a.upgrade();
    expect(await rejection(b.upgrade())).to.have.property('code', 'ERR_UPGRADE');
    expect(codeOf(() => a.release())).to.equal('ERR_UPGRADE');
    b.release();
    (await upgrading).release();
    expect(codeOf(() => a.upgrade())).to.equal('ERR_RELEASED');
    expect(a.release()).to.equal(false);
  });

  it('reads on when an upgrade ends early, and lets others read again', async () => {
    const lock = new RwLock();
    const [a, b] = [await lock.read(), await lock.read()];
    const upgrading = a.upgrade({ timeoutMs: 0 });
    const reading = lock.read();
    expect(await rejection(upgrading)).to.be.instanceOf(TimeoutError);
    expect([(await reading).released, lock.readers]).to.deep.equal([false, 3]);
    expect([a.release(), b.release()]).to.deep.equal([true, true]);
  });

  it('lets a reader be given back in the turn in which its upgrade was aborted (W6)', async () => {
    const lock = new RwLock();
    const [reader, other] = [lock.tryRead(), lock.tryRead()];
    const { signal, abort } = abortable();
    const upgrading = rejection(reader?.upgrade({ signal }) ?? Promise.resolve());
    expect(codeOf(() => reader?.release())).to.equal('ERR_UPGRADE');
    abort('left');
    expect([reader?.release(), await upgrading, other?.release(), lock.readers]).to.deep.equal([true, 'left', true, 0]);
  });

  it('downgrades the writer to a reader with no writer in between', async () => {
    const lock = new RwLock();
    const writer = await lock.write();
    const reading = lock.read();
    const writing = lock.write();
    const reader = writer.downgrade();
    expect([writer.released, lock.locked, (await reading).released, lock.readers]).to.deep.equal([
      true,
      false,
      false,
      2,
    ]);
    expect(codeOf(() => writer.downgrade())).to.equal('ERR_RELEASED');
    reader.release();
    (await reading).release();
    expect((await writing).release()).to.equal(true);
  });

  it('refuses an unknown preference', () => {
    expect(codeOf(() => new RwLock({ prefer: 'both' as 'fair' }))).to.equal('ERR_PREFERENCE');
  });

  it('survives random programs: readers or a writer, and everybody is served in the end', async () => {
    const step = fc.oneof(
      { weight: 4, arbitrary: fc.record({ kind: fc.constantFrom('read', 'write') }) },
      { weight: 4, arbitrary: fc.record({ end: fc.nat(), by: fc.constantFrom('release', 'upgrade', 'downgrade') }) },
      { weight: 1, arbitrary: fc.record({ abort: fc.nat() }) },
    );
    const run = async (
      prefer: Preference,
      steps: readonly (typeof step extends fc.Arbitrary<infer S> ? S : never)[],
    ): Promise<boolean> => {
      // prettier-ignore
      const lock = new RwLock({ prefer });
      const held = new Set<ReadHold | WriteHold>();
      const aborts: (() => void)[] = [];
      let pending = 0;
      const wait = (promise: Promise<ReadHold | WriteHold>): void => {
        pending++;
        promise.then(
          (hold) => {
            pending--;
            held.add(hold);
          },
          () => pending--,
        );
      };
      const isWriter = (hold: ReadHold | WriteHold): hold is WriteHold => 'downgrade' in hold;
      const release = (hold: ReadHold | WriteHold): void => {
        try {
          if (hold.release()) held.delete(hold);
        } catch {
          // It waits to become the writer, which ends when the others have gone.
        }
      };
      for (const each of steps) {
        const { signal, abort } = abortable();
        if ('kind' in each) {
          aborts.push(abort);
          wait(each.kind === 'read' ? lock.read({ signal }) : lock.write({ signal }));
        } else if ('abort' in each) aborts[each.abort % Math.max(aborts.length, 1)]?.();
        else {
          const hold = [...held][each.end % Math.max(held.size, 1)];
          if (hold === undefined || hold.released) continue;
          if (each.by === 'upgrade' && !isWriter(hold)) {
            aborts.push(abort);
            wait(hold.upgrade({ signal }));
          } else if (each.by === 'downgrade' && isWriter(hold)) held.add(hold.downgrade());
          else release(hold);
        }
        await settled();
        for (const hold of [...held]) if (hold.released) held.delete(hold);
        const writers = [...held].filter(isWriter).length;
        if (writers > 1 || (writers === 1 && held.size > 1) || lock.readers !== held.size - writers) return false;
      }
      for (let turns = 0; turns < 200 && (held.size > 0 || pending > 0); turns++) {
        for (const hold of [...held]) release(hold);
        await settled();
        for (const hold of [...held]) if (hold.released) held.delete(hold);
      }
      return pending === 0 && lock.readers === 0 && !lock.locked && lock.waiting === 0;
    };
    await fc.assert(
      fc.asyncProperty(fc.constantFrom('fair', 'readers', 'writers'), fc.array(step, { maxLength: 30 }), run),
      { seed, numRuns: 200 },
    );
  });

  it('lets nobody who fails a compound have that a hold of it waits to become the writer (C4 E9)', () => {
    const lock = new RwLock();
    const other = lock.tryRead();
    const [reading, fails] = [lock.reading(), new Completion<never>()];
    const all = allOf([reading, fails]);
    const upgraded: unknown[] = [];
    void reading.value.upgrade().then((hold) => upgraded.push(hold));
    fails.fail('e');
    expect([all.error, uncaught.splice(0).map((error) => (error as StateError).code)]).to.deep.equal(['e', ['ERR_UPGRADE']]); // prettier-ignore
    other?.release();
    expect([lock.locked, reading.value.released]).to.deep.equal([true, true]);
  });
});
