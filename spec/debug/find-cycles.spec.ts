import { expect } from 'chai';
import { describe as named, nameOf } from '../../lib/debug/description.js';
import { findCycles } from '../../lib/debug/find-cycles.js';
import { recordWaits, type Recording } from '../../lib/debug/recording.js';
import { task } from '../../lib/debug/task.js';
import { acquireAll, allOf, anyOf, Channel, Completion, firstOf, guard, map, Mutex, RwLock, select, Semaphore, watch, when, type CompoundEvent } from '../../lib/index.js'; // prettier-ignore
import type { AcquireOptions } from '../../lib/sync/takers.js';
import sinon from 'sinon';

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('findCycles', () => {
  let recording: Recording;
  let ending: AbortController;
  let options: AcquireOptions;
  beforeEach(() => {
    recording = recordWaits();
    ending = new AbortController();
    options = { signal: ending.signal };
  });
  afterEach(() => {
    ending.abort();
    recording.stop();
  });

  /** Takes one lock, lets others have a turn, and takes another. */
  function crosswise(name: string, first: Mutex, second: Mutex): void {
    task(name, async () => {
      using _first = await first.acquire(options);
      await turn();
      using _second = await second.acquire(options);
    }).catch(() => undefined);
  }

  it('names two mutexes that were taken crosswise', async () => {
    const [accounts, books] = [named(new Mutex(), 'accounts'), named(new Mutex(), 'books')];
    crosswise('anna', accounts, books);
    crosswise('bert', books, accounts);
    await turn();
    await turn();
    const [cycle, ...others] = findCycles();
    expect(others).to.deep.equal([]);
    expect(String(cycle).split('\n')).to.have.members([
      'task "anna" waits for Mutex "books"',
      'Mutex "books" is held by task "bert"',
      'task "bert" waits for Mutex "accounts"',
      'Mutex "accounts" is held by task "anna"',
    ]);
    expect([cycle!.members.length, cycle!.members.includes(accounts)]).to.deep.equal([4, true]);
  });

  it('names a ring of many', async () => {
    const locks = Array.from({ length: 50 }, () => new Mutex());
    locks.forEach((lock, index) => {
      crosswise(`philosopher ${index}`, lock, locks[(index + 1) % locks.length]!);
    });
    await turn();
    await turn();
    expect(findCycles().map(({ members }) => members.length)).to.deep.equal([100]);
  });

  it('follows the run of a lock inside of another', async () => {
    const [one, other] = [named(new Mutex(), 'one'), named(new Mutex(), 'other')];
    const nested = (name: string, outer: Mutex, inner: Mutex): void => {
      task(name, () =>
        outer.run(async () => {
          await turn();
          await inner.run(() => undefined, options);
        }),
      ).catch(() => undefined);
    };
    nested('anna', one, other);
    nested('bert', other, one);
    await turn();
    await turn();
    const [cycle] = findCycles();
    expect(String(cycle)).to.contain('Mutex "one" is held by the run of Mutex "one" in task "anna"');
    expect(cycle!.members.map(nameOf)).to.include.members(['Mutex "one"', 'Mutex "other"']);
  });

  it('names who waits for itself', async () => {
    const mutex = named(new Mutex(), 'mine');
    const self = mutex.run(() => mutex.run(() => undefined, options));
    self.catch(() => undefined);
    await turn();
    expect(findCycles().length).to.equal(1);
  });

  it('finds none where somebody can go on', async () => {
    const [accounts, books] = [new Mutex(), new Mutex()];
    crosswise('anna', accounts, books);
    const held = await books.acquire();
    await turn();
    expect(findCycles(), 'a holder in no task may give it back').to.deep.equal([]);
    held.release();

    const permits = new Semaphore(2);
    const idle = await task('idle', () => permits.acquire());
    const lock = new Mutex();
    const wait = (name: string, body: () => Promise<unknown>): void => void task(name, body).catch(() => undefined);
    wait('carl', async () => {
      await permits.acquire(options);
      await turn();
      await lock.acquire(options);
    });
    wait('dora', async () => {
      await lock.acquire(options);
      await turn();
      await permits.acquire(options);
    });
    await turn();
    await turn();
    expect(findCycles(), 'one of two permits will be given back').to.deep.equal([]);
    idle.release();
  });

  it('finds a writer that waits for a reader who waits for it', async () => {
    const shared = named(new RwLock(), 'shared');
    const mutex = named(new Mutex(), 'mutex');
    const begin = (name: string, body: () => Promise<unknown>): void => void task(name, body).catch(() => undefined);
    begin('reader', async () => {
      await shared.read(options);
      await turn();
      await mutex.acquire(options);
    });
    begin('writer', async () => {
      await mutex.acquire(options);
      await turn();
      await shared.write(options);
    });
    await turn();
    await turn();
    expect(findCycles().map(({ members }) => members.length)).to.deep.equal([4]);
  });

  it('follows branches of a compound, and what a branch took (E9)', async () => {
    const [accounts, books] = [named(new Mutex(), 'accounts'), named(new Mutex(), 'books')];
    const begin = (name: string, body: () => Promise<unknown>): void => void task(name, body).catch(() => undefined);
    begin('anna', async () => {
      await accounts.acquiring();
      await turn();
      await select([
        when(
          map(books.acquiring(options), (hold) => hold),
          () => 1,
        ),
      ]);
    });
    begin('bert', async () => {
      await anyOf([books.acquiring()]);
      await turn();
      await firstOf([guard(() => accounts.acquiring(options))]);
    });
    await turn();
    await turn();
    const [cycle, ...others] = findCycles();
    expect(others).to.deep.equal([]);
    expect(cycle!.members).to.include.members([accounts, books]);
    expect(String(cycle).split('\n')).to.include.members([
      'Taking of Mutex "books" waits for Mutex "books"',
      'Mutex "books" is held by task "bert"',
    ]);
  });

  it('finds none where a choice of locks has another, or a channel (E5)', async () => {
    const [accounts, books, jobs] = [new Mutex(), new Mutex(), new Channel()];
    const begin = (name: string, body: () => Promise<unknown>): void => void task(name, body).catch(() => undefined);
    begin('anna', async () => {
      await accounts.acquire();
      await turn();
      await firstOf([books.acquiring(options), jobs.receiving(options)]);
    });
    begin('bert', async () => {
      await books.acquire();
      await turn();
      await firstOf([accounts.acquiring(options)]);
    });
    await turn();
    await turn();
    expect(findCycles()).to.deep.equal([]);
  });

  it('finds who asks for several semaphores at once, holding one that others wait with', async () => {
    const [disks, tapes] = [named(new Semaphore(2), 'disks'), named(new Semaphore(1), 'tapes')];
    const begin = (name: string, body: () => Promise<unknown>): void => void task(name, body).catch(() => undefined);
    begin('anna', async () => {
      await acquireAll([disks, tapes]);
      await turn();
      await acquireAll([{ semaphore: disks, permits: 2 }], options);
    });
    await turn();
    await turn();
    expect(findCycles().map(String)).to.deep.equal([
      'task "anna" waits for SemaphoreGroup (2 of Semaphore "disks")\n' +
        'SemaphoreGroup (2 of Semaphore "disks") waits for Semaphore "disks"\n' +
        'Semaphore "disks" is held by task "anna"',
    ]);
  });

  it('finds who waits behind a request that waits for what it holds (W6)', async () => {
    const [disks, tapes] = [named(new Semaphore(1), 'disks'), named(new Semaphore(1), 'tapes')];
    const begin = (name: string, body: () => Promise<unknown>): void => void task(name, body).catch(() => undefined);
    begin('anna', async () => {
      await disks.acquire();
      await turn();
      await tapes.acquire(options);
    });
    begin('bert', () => acquireAll([disks, tapes], options));
    await turn();
    await turn();
    const [cycle] = findCycles();
    expect(String(cycle).split('\n')).to.have.members([
      'task "anna" waits for Semaphore "tapes"',
      'Semaphore "tapes" waits for SemaphoreGroup (1 of Semaphore "disks", 1 of Semaphore "tapes")',
      'SemaphoreGroup (1 of Semaphore "disks", 1 of Semaphore "tapes") waits for Semaphore "disks"',
      'Semaphore "disks" is held by task "anna"',
    ]);
  });

  it('finds completions that wait for each other, with nothing recorded', () => {
    recording.stop();
    const page = named(new Completion<unknown>(), 'page');
    const all = named(allOf([page, new Completion()]), 'parts') as CompoundEvent<unknown>;
    all.forward(page);
    expect(findCycles(page).map(String)).to.deep.equal([
      'Completion "page" waits for CompoundEvent "parts"\nCompoundEvent "parts" waits for Completion "page"',
    ]);
    expect(findCycles()).to.deep.equal([]);
    recording = recordWaits();
  });

  it('finds none where a choice has another branch (E5)', () => {
    const page = new Completion<unknown>();
    const either = anyOf([page, new Completion<unknown>()]);
    either.forward(page);
    expect(findCycles(page)).to.deep.equal([]);
  });

  it('finds none where a choice has another branch that others wait for as well (E5)', () => {
    const page = new Completion<unknown>();
    const way = allOf([new Completion(), new Completion()]);
    const either = anyOf([page, watch(way)]);
    either.forward(page);
    const others = [1, 2].map(() => allOf([watch(way)]));
    for (const roots of [[page], [either, page, ...others], [...others, page]]) {
      expect(findCycles(...roots)).to.deep.equal([]);
    }
  });

  it('looks at each wait a few times, however many tasks wait (E4)', async () => {
    const looks = async (tasks: number): Promise<number> => {
      const mutex = new Mutex();
      using _held = await task('holder', () => mutex.acquire());
      const leave = new AbortController();
      const { signal } = leave;
      for (let i = 0; i < tasks; i++) void task(String(i), () => mutex.acquire({ signal })).catch(() => undefined);
      const looked = sinon.spy(WeakRef.prototype, 'deref');
      expect(findCycles()).to.deep.equal([]);
      const { callCount } = looked;
      looked.restore();
      leave.abort();
      return callCount;
    };
    expect(await looks(400)).to.be.below(8 * (await looks(100)));
  });
});
