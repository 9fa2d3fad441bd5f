import { expect } from 'chai';
import type { Io } from '../../lib/io/io.js';
import type { Slot } from '../../lib/io/waiting-list.js';
import { RangeLock, type Hold } from '../../lib/layers/range-lock.js';
import { Random, seed } from '../conformance/random.js';

describe('RangeLock', () => {
  /** Asks for ranges, writes down by name who has been granted, and keeps the holds. */
  const asker = (
    lock: RangeLock,
  ): { log: string[]; holds: Map<string, Hold>; ask: (name: string, start: number, end: number) => void } => {
    const log: string[] = [];
    const holds = new Map<string, Hold>();
    const ask = (name: string, start: number, end: number): void =>
      lock.acquire(start, end, null, (hold) => {
        log.push(name);
        holds.set(name, hold);
      });
    return { log, holds, ask };
  };

  it('grants at once what nobody holds, also next to what is held (I8)', () => {
    const lock = new RangeLock(8);
    const { log, ask } = asker(lock);
    ask('a', 0, 10);
    ask('b', 10, 20);
    ask('c', 30, 40);
    expect([log, lock.size, lock.queued]).to.deep.equal([['a', 'b', 'c'], 3, 0]);
  });

  it('lets who overlaps wait, first come, first served (I8)', () => {
    const lock = new RangeLock(8);
    const { log, holds, ask } = asker(lock);
    ask('a', 0, 10);
    ask('b', 5, 15);
    ask('c', 9, 10);
    ask('d', 12, 20);
    expect(log).to.deep.equal(['a']);
    expect(lock.queued).to.equal(3);
    for (const name of ['a', 'b', 'c', 'd']) {
      const hold = holds.get(name);
      if (hold !== undefined) lock.release(hold);
    }
    expect([log, lock.size, lock.queued]).to.deep.equal([['a', 'b', 'c', 'd'], 0, 0]);
  });

  it('grants several when the one before them all releases', () => {
    const lock = new RangeLock(8);
    const { log, holds, ask } = asker(lock);
    ask('a', 0, 30);
    ask('b', 0, 10);
    ask('c', 5, 15);
    ask('d', 20, 30);
    lock.release(holds.get('a')!);
    expect([log, lock.queued]).to.deep.equal([['a', 'b', 'd'], 1]);
  });

  it('stays flat when very many release within their turn (I2)', () => {
    const lock = new RangeLock(8);
    const { holds, ask } = asker(lock);
    ask('first', 0, 10);
    let granted = 0;
    for (let i = 0; i < 10_000; i++) {
      lock.acquire(0, 10, null, (hold) => {
        granted++;
        lock.release(hold);
      });
    }
    lock.release(holds.get('first')!);
    expect([granted, lock.size, lock.queued]).to.deep.equal([10_000, 0, 0]);
  });

  it('forgets who was withdrawn, and grants what only that kept waiting (I8, N14)', () => {
    const lock = new RangeLock(8);
    const { log, holds, ask } = asker(lock);
    const parked: Slot[] = [];
    const io = { parked: (slot: Slot) => parked.push(slot), unparked() {}, finish() {} } as unknown as Io;
    ask('a', 0, 10);
    lock.acquire(5, 20, io, () => log.push('withdrawn'));
    ask('behind', 15, 20);
    ask('last', 0, 5);
    expect([log, lock.queued]).to.deep.equal([['a'], 3]);
    const [slot] = parked;
    slot?.list?.withdraw(slot);
    expect([log, lock.queued]).to.deep.equal([['a', 'behind'], 1]);
    lock.release(holds.get('a')!);
    expect([log, lock.queued]).to.deep.equal([['a', 'behind', 'last'], 0]);
  });

  it('grants who overlaps nobody that came before, and nobody else, in random programs (I8)', () => {
    const random = new Random(seed);
    for (let run = 0; run < 300; run++) {
      // Some ranges are within a cell, some of several, some of too many to be written down in each.
      const lock = new RangeLock(random.pick([1, 4, 64]));
      const { log, holds, ask } = asker(lock);
      /** In the order in which they came: who overlaps nobody before it that is still there has been granted. */
      const twin: { name: string; start: number; end: number }[] = [];
      for (let step = 0; step < 60; step++) {
        const held = twin.filter(({ name }) => holds.has(name));
        if (held.length > 0 && random.chance(45)) {
          const { name } = random.pick(held);
          twin.splice(twin.findIndex((each) => each.name === name), 1); // prettier-ignore
          lock.release(holds.get(name)!);
        } else {
          const start = random.below(40);
          const asked = { name: String(step), start, end: start + 1 + random.below(random.chance(5) ? 60 : 12) };
          twin.push(asked);
          ask(asked.name, asked.start, asked.end);
        }
        const free = twin.filter(({ start, end }, i) => !twin.slice(0, i).some((other) => other.start < end && start < other.end)); // prettier-ignore
        const now = twin.filter(({ name }) => holds.has(name));
        expect(now, `WAKECHAIN_SEED=${String(seed)}`).to.deep.equal(free);
        expect([lock.size, lock.queued]).to.deep.equal([free.length, twin.length - free.length]);
      }
      expect(new Set(log).size).to.equal(log.length);
    }
  });

  it('gives a hold that a promise can carry', async () => {
    const lock = new RangeLock(8);
    const hold = await new Promise<Hold>((resolve) => lock.acquire(0, 10, null, resolve));
    expect([hold.start, hold.end]).to.deep.equal([0, 10]);
  });
});
