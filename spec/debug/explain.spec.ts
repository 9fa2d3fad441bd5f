import { link } from '../../lib/wait/link.js';
import { expect } from 'chai';
import { describe as named } from '../../lib/debug/description.js';
import { explain } from '../../lib/debug/explain.js';
import { recordWaits } from '../../lib/debug/recording.js';
import { task } from '../../lib/debug/task.js';
import {
  acquireAll,
  acquiringAll,
  allOf,
  anyOf,
  Channel,
  Completion,
  firstOf,
  fromPromise,
  Latch,
  Mutex,
  Semaphore,
  WaitEntry,
  watch,
  WaitQueue,
  WOKEN,
} from '../../lib/index.js';

describe('explain', () => {
  it('prints what is waited for, and who waits', () => {
    const [head, body] = [named(new Completion(), 'head'), named(new Completion(), 'body')];
    const mirror = named(firstOf([body, named(new Completion(), 'copy')]), 'either');
    const page = named(allOf([head, mirror]), 'page');
    const reply = named(new Completion<unknown>(), 'reply');
    (page as Completion<unknown>).forward(reply);
    head.complete();
    page.intercept(() => undefined);
    page.notify(function show() {
      expect.fail('never');
    });
    reply.notify(() => undefined);
    expect(explain(page).split('\n')).to.deep.equal([
      'CompoundEvent "page": pending, 1 of 2 settled, 1 layer',
      '  waits for CompoundEvent "either": pending, 0 of 2 settled',
      '    waits for Completion "body": pending',
      '    waits for Completion "copy": pending',
      '  is waited for by Completion "reply": pending',
      '    is waited for by a callback',
      '  is waited for by a callback show',
    ]);
    expect(explain(body).split('\n')).to.deep.equal([
      'Completion "body": pending',
      '  is waited for by CompoundEvent "either": pending, 0 of 2 settled',
      '    is waited for by CompoundEvent "page": pending, 1 of 2 settled, 1 layer',
      '      is waited for by Completion "reply": pending',
      '        is waited for by a callback',
      '      is waited for by a callback show',
    ]);
  });

  it('tells sleepers, entries, links, promises, signals and channels', async () => {
    const queue = named(new WaitQueue(), 'arrivals');
    const line = named(new WaitQueue(), 'line');
    link(queue, line);
    void queue.next();
    queue.add(new WaitEntry(function log() { return WOKEN; })); // prettier-ignore
    expect(explain(queue).split('\n')).to.deep.equal([
      'WaitQueue "arrivals"',
      '  is waited for by WaitQueue "line"',
      '  is waited for by a sleeper',
      '  is waited for by an entry log',
    ]);
    const promise = named(new Promise<never>(() => undefined), 'for ever');
    expect(explain(promise)).to.equal('Promise "for ever"');
    named(fromPromise(promise), 'adapter');
    expect(explain(promise)).to.equal(
      'ReusableCompletion "for ever": pending\n  is waited for by Completion "adapter": pending',
    );
    const { signal } = new AbortController();
    const race = firstOf([signal]);
    expect(explain(signal)).to.equal('AbortSignal: pending\n  is waited for by CompoundEvent: pending, 0 of 1 settled');
    race.cancel();
    const channel = named(new Channel(), 'jobs');
    const receiving = channel.receive();
    expect(explain(channel)).to.equal('Channel "jobs"\n  is waited for by a sleeper');
    channel.close();
    await receiving.catch(() => undefined);
  });

  it('tells who holds a lock, and who waits for it in which task', async () => {
    const recording = recordWaits();
    const patience = new AbortController();
    try {
      const mutex = named(new Mutex(), 'accounts');
      const hold = await task('anna', () => mutex.acquire());
      const waiting = task('bert', () => mutex.acquire({ signal: patience.signal })).catch(() => undefined);
      expect(explain(mutex).replace(/ for \d+ ms, at .*$/, '').split('\n')).to.deep.equal([
        'Mutex "accounts"',
        '  is held by task "anna"',
        '  is waited for by a sleeper in task "bert"',
      ]); // prettier-ignore
      patience.abort();
      await waiting;
      hold.release();
    } finally {
      recording.stop();
    }
  });

  it('tells the branches in a line, and for what they stand there', async () => {
    const [mutex, jobs] = [named(new Mutex(), 'accounts'), named(new Channel(), 'jobs')];
    const hold = await mutex.acquire();
    const turn = named(firstOf([mutex.acquiring(), jobs.receiving()]), 'turn');
    turn.notify(() => undefined);
    expect(explain(turn).split('\n')).to.deep.equal([
      'CompoundEvent "turn": pending, 0 of 2 settled',
      '  waits for Taking of Mutex "accounts": pending',
      '    waits for Mutex "accounts"',
      '  waits for Taking of Channel "jobs": pending',
      '    waits for Channel "jobs"',
      '  is waited for by a callback',
    ]);
    expect(explain(mutex).split('\n')).to.deep.equal([
      'Mutex "accounts"',
      '  is waited for by Taking of Mutex "accounts": pending',
      '    is waited for by CompoundEvent "turn": pending, 0 of 2 settled',
      '      is waited for by a callback',
    ]);
    const plain = new Mutex();
    const [taken, next] = [plain.tryAcquire(), plain.acquiring()];
    next.notify(() => undefined);
    expect(explain(plain).split('\n')[1], 'nothing is described').to.equal(
      '  is waited for by Taking of Mutex: pending',
    );
    next.cancel();
    taken?.release();
    const latch = named(new Latch(1), 'ready');
    const opening = named(latch.opening(), 'my turn');
    opening.notify(() => undefined);
    expect(explain(latch).split('\n')[1]).to.equal('  is waited for by Wakened "my turn": pending');
    turn.cancel();
    opening.cancel();
    hold.release();
  });

  it('tells who asks for several semaphores at once, in the line of each (W6)', async () => {
    const [disks, tapes] = [named(new Semaphore(2), 'disks'), named(new Semaphore(1), 'tapes')];
    const hold = await tapes.acquire();
    const waiting = acquireAll([{ semaphore: disks, permits: 2 }, tapes]);
    const branch = acquiringAll([tapes, disks]);
    const wanted = branch.promise();
    const tree = [
      '  is waited for by SemaphoreGroup (2 of Semaphore "disks", 1 of Semaphore "tapes")',
      '    is waited for by a sleeper',
      '  is waited for by SemaphoreGroup (1 of Semaphore "tapes", 1 of Semaphore "disks")',
      '    is waited for by Taking of SemaphoreGroup (1 of Semaphore "tapes", 1 of Semaphore "disks"): pending',
      '      is waited for by a promise',
    ];
    expect(explain(tapes).split('\n')).to.deep.equal(['Semaphore "tapes"', ...tree]);
    expect(explain(disks).split('\n').slice(3)).to.deep.equal(tree);
    expect(explain(disks).split('\n').slice(1, 3)).to.deep.equal([
      '  waits for SemaphoreGroup (2 of Semaphore "disks", 1 of Semaphore "tapes")',
      '    waits for Semaphore "tapes"',
    ]);
    hold.release();
    (await waiting).release();
    (await wanted).release();
  });

  it('goes round no circle, and only so far and so wide', () => {
    const page = named(new Completion<unknown>(), 'page');
    const all = allOf([page]) as Completion<unknown>;
    all.forward(page);
    expect(explain(page)).to.contain('Completion "page": pending (see above)');
    const many = allOf(Array.from({ length: 1000 }, () => new Completion()));
    expect(explain(many, { breadth: 2 }).split('\n').slice(1)).to.deep.equal([
      '  waits for Completion: pending',
      '  waits for Completion: pending',
      '  … and 998 more',
    ]);
    expect(explain(many, { depth: 0 }).split('\n').slice(1)).to.deep.equal(['  … and 1000 more']);
    let deep: Completion<unknown> = new Completion<unknown>();
    for (let i = 0; i < 100_000; i++) deep = allOf([deep]);
    expect(explain(deep).split('\n').length).to.equal(10);
  });

  it('shows what several stand on once with what it waits for itself', () => {
    const page = named(new Completion(), 'page');
    const shared = named(allOf([page]), 'shared');
    const both = named(
      allOf([named(anyOf([watch(shared)]), 'first'), named(anyOf([watch(shared)]), 'second')]),
      'both',
    );
    expect(explain(both).split('\n')).to.deep.equal([
      'CompoundEvent "both": pending, 0 of 2 settled',
      '  waits for CompoundEvent "first": pending, 0 of 1 settled',
      '    waits for CompoundEvent "shared": pending, 0 of 1 settled',
      '      waits for Completion "page": pending',
      '  waits for CompoundEvent "second": pending, 0 of 1 settled',
      '    waits for CompoundEvent "shared": pending, 0 of 1 settled (see above)',
    ]);
  });

  it('goes as far as a chain is long, in both directions, without recursion (W7)', () => {
    const links = 20_000;
    const bottom = new Completion<unknown>();
    let top = bottom;
    for (let i = 0; i < links; i++) {
      if (i % 2 === 0) top = allOf([top]);
      else top.forward((top = new Completion<unknown>()));
    }
    const down = explain(top, { depth: Infinity }).split('\n');
    const up = explain(bottom, { depth: Infinity }).split('\n');
    expect([down.length, up.length]).to.deep.equal([links + 1, links + 1]);
    // Moved in no further than that, or the blanks alone would be more than a string holds.
    expect(down.slice(32, 34)).to.deep.equal([
      `${'  '.repeat(32)}waits for Completion: pending`,
      `${'  '.repeat(32)}33: waits for CompoundEvent: pending, 0 of 1 settled`,
    ]);
    expect(down.at(-1)?.trim()).to.equal(`${String(links)}: waits for Completion: pending`);
    expect(up.at(-1)?.trim()).to.equal(`${String(links)}: is waited for by Completion: pending`);
  });
});
