import { inspect } from 'node:util';
import { expect } from 'chai';
import { describe as named } from '../../lib/debug/description.js';
import { showBriefly } from '../../lib/debug/show-briefly.js';
import { hooks } from '../../lib/event/hooks.js';
import {
  allOf,
  Barrier,
  Channel,
  Completion,
  Condition,
  EventCounter,
  firstOf,
  Latch,
  Mutex,
  Once,
  Poller,
  RwLock,
  Semaphore,
  timeout,
  WaitEntry,
  WaitQueue,
  WOKEN,
} from '../../lib/index.js';

describe('showBriefly', () => {
  let undo: () => void;
  beforeEach(() => {
    undo = showBriefly();
  });
  afterEach(() => {
    undo();
  });

  it('shows how a completion stands, and its description', () => {
    const page = named(new Completion<unknown>(), 'page');
    page.intercept(() => undefined);
    page.onCancel(() => false);
    page.notify(() => undefined);
    void page.promise();
    expect(inspect(page)).to.equal('Completion "page" { pending, layers: 1, waiters: 2 }');
    page.cancel();
    expect(inspect({ page })).to.equal(
      '{\n  page: Completion "page" { pending, asked to cancel, layers: 1, waiters: 2 }\n}',
    );
    const both = allOf([page, new Completion()]);
    expect(inspect(both)).to.equal('CompoundEvent { pending, 0 of 2 settled, waiters: 0 }');
    page.complete({ bytes: 5 });
    expect(inspect(page)).to.equal('Completion "page" { done: { bytes: 5 } }');
    expect(inspect(both.children)).to.equal('[ Child { done: { bytes: 5 }, owned }, Child { pending, owned } ]');
    expect(inspect(new Completion())).to.equal('Completion { pending, waiters: 0 }');
    const timer = timeout(10);
    expect(inspect(timer)).to.equal('Timer { pending, waiters: 0 }');
    timer.cancel('too late');
    expect(inspect(timer)).to.equal("Timer { cancelled: 'too late' }");
    const [nothing, failed] = [new Completion<void>(), new Completion<Error>()];
    nothing.complete();
    failed.complete(new RangeError('a value like any other'));
    expect([nothing, failed].map((each) => inspect(each))).to.deep.equal([
      'Completion { done }',
      'Completion { done: RangeError: a value like any other }',
    ]);
    expect([timer.error !== undefined, inspect(timer)]).to.deep.equal([true, "Timer { cancelled: 'too late' }"]);
  });

  it('is no observer of a failure (C8)', async () => {
    const told: unknown[] = [];
    hooks.unobserved = (error) => told.push(error);
    try {
      const failed = new Completion();
      failed.fail(new RangeError('nobody looks'));
      expect(inspect(failed)).to.equal('Completion { failed: RangeError: nobody looks }');
      await Promise.resolve();
      expect(told.map(String)).to.deep.equal(['RangeError: nobody looks']);
    } finally {
      hooks.unobserved = null;
    }
  });

  it('shows locks, channels, queues and entries', async () => {
    const mutex = named(new Mutex(), 'accounts');
    const [queue, channel] = [new WaitQueue(), new Channel<number>(5)];
    const shown = [mutex, new Semaphore(3), new RwLock(), new Barrier(2), new Latch(2), new Latch(0), channel];
    expect(shown.map((each) => inspect(each))).to.deep.equal([
      'Mutex "accounts" { free }',
      'Semaphore { 3 of 3 free }',
      'RwLock { free }',
      'Barrier { 0 of 2 arrived }',
      'Latch { count: 2 }',
      'Latch { open }',
      'Channel { 0 of 5 kept }',
    ]);
    const hold = await mutex.acquire();
    const [waiting, entry, branch] = [mutex.acquire(), new WaitEntry(() => WOKEN), mutex.acquiring()];
    channel.trySend(1);
    channel.close();
    expect([mutex, hold, channel, new Channel(Infinity), branch].map((each) => inspect(each))).to.deep.equal([
      'Mutex "accounts" { locked, waiting: 1 }',
      'Hold { held }',
      'Channel { 1 of 5 kept, closed }',
      'Channel { 0 kept }',
      'Taking { pending, waiters: 0 }',
    ]);
    const made = new Once(() => 1);
    await made.get();
    const rest = [
      new EventCounter({ count: 2 }),
      new Once(() => 1),
      made,
      new Poller(),
      new Condition(mutex),
      queue,
      entry,
    ];
    queue.add(entry);
    expect(rest.map((each) => inspect(each))).to.deep.equal([
      'EventCounter { count: 2 }',
      'Once { not made }',
      'Once { made }',
      'Poller { sources: 0 }',
      'Condition { waiting: 0 }',
      'WaitQueue { waiting: 1 }',
      'WaitEntry { queued }',
    ]);
    hold.release();
    (await waiting).release();
    expect(inspect(hold)).to.equal('Hold { released }');
  });

  it('goes round no circle, and no deeper than the host does', () => {
    const circle = new Completion<unknown>();
    circle.complete({ circle });
    expect(inspect(circle, { depth: Infinity })).to.equal('Completion { done: { circle: [Completion] } }');
    expect(inspect({ a: { circle } }, { depth: 1 })).to.equal('{ a: { circle: [Completion] } }');
    const nested = (levels: number): Completion<unknown> => {
      const outer = new Completion<unknown>();
      outer.complete(levels === 0 ? 0 : nested(levels - 1));
      return outer;
    };
    expect(inspect(nested(9), { depth: 1 })).to.equal('Completion { done: Completion { done: [Completion] } }');
  });

  it('shows all that there is again when it is undone', () => {
    undo();
    expect(inspect(firstOf([new Completion()]))).to.contain('collation');
  });
});
