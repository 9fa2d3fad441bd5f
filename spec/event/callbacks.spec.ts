import { AsyncLocalStorage } from 'node:async_hooks';
import { expect } from 'chai';
import sinon from 'sinon';
import { tidyEntry, waiterEntry } from '../../lib/event/callbacks.js';
import { Completion } from '../../lib/event/completion.js';
import type { CallbackOptions, Context } from '../../lib/event/context.js';
import { CANCEL, SETTLE } from '../../lib/event/keys.js';
import type { Resume } from '../../lib/event/outcome.js';
import { PASS, UNSEEING, WaitEntry } from '../../lib/wait/entry.js';
import { collectUncaught, noteSettling, turns } from './support.js';

describe('layerEntry', () => {
  collectUncaught();

  for (const context of ['microtask', 'task'] as const) {
    it(`in a ${context} holds the chain until it has run (C2 C3 N6)`, async () => {
      const completion = new Completion<number>();
      const trace: string[] = [];
      completion.intercept((outcome) => trace.push(`above ${outcome.value}`));
      completion.intercept((outcome) => outcome.succeed(outcome.value + 1), { context });
      noteSettling(trace, 'it', completion);
      completion.complete(1);
      trace.push(completion.state);
      await turns(2);
      expect(trace).to.deep.equal(['completing', 'above 2', 'it done']);
    });
  }

  it('in a microtask runs before a task does, both after the call that completed (N6)', async () => {
    const trace: string[] = [];
    for (const context of ['task', 'microtask', 'inline'] as const) {
      const completion = new Completion();
      completion.intercept(() => trace.push(context), { context });
      completion.complete();
    }
    trace.push('completed');
    await turns(2);
    expect(trace).to.deep.equal(['inline', 'completed', 'microtask', 'task']);
  });

  it('as a scheduler sees fit, also at once (N6)', () => {
    const later: (() => void)[] = [];
    const trace: string[] = [];
    for (const context of [(run: () => void) => void later.push(run), (run: () => void) => run()] as Context[]) {
      const completion = new Completion<number>();
      completion.intercept((outcome) => outcome.succeed(outcome.value * 2), { context });
      completion.notify(({ value }) => trace.push(`${value}`));
      completion.complete(trace.length + 1);
    }
    expect(trace).to.deep.equal(['2']);
    later[0]?.();
    expect(trace).to.deep.equal(['2', '2']);
    later[0]?.();
    expect(trace).to.deep.equal(['2', '2']);
  });

  it('put off that throws fails the completion; the layers above still run (C4 N6)', async () => {
    const completion = new Completion<number>();
    completion.intercept((outcome) => outcome.succeed(outcome.status === 'failed' ? 0 : 1));
    completion.intercept(
      () => {
        throw new Error('later');
      },
      { context: 'microtask' },
    );
    completion.complete(5);
    await turns(1);
    expect(completion.value).to.equal(0);
  });

  it('whose scheduler throws fails the completion (C4)', () => {
    const completion = new Completion<number>();
    completion.intercept(() => undefined, {
      context: () => {
        throw new Error('no scheduler');
      },
    });
    completion.complete(5);
    expect(String(completion.error)).to.equal('Error: no scheduler');
  });

  it('put off may hold and rearm as one called in the walk (C3 N6)', async () => {
    const completion = new Completion<number>();
    const resumes: Resume[] = [];
    completion.intercept(
      (outcome) => {
        if (outcome.status === 'failed') outcome.rearm();
        else resumes.push(outcome.hold());
      },
      { context: 'microtask' },
    );
    completion.fail('e');
    await turns(1);
    expect([completion.state, completion.epoch]).to.deep.equal(['pending', 1]);
    completion.complete(2);
    await turns(1);
    expect([completion.state, completion.size]).to.deep.equal(['completing', 1]);
    resumes[0]?.();
    expect([completion.value, completion.size]).to.deep.equal([2, 0]);
  });

  it('put off, having tried again and failed at once, is called again in its turn (C3 C6 N6)', async () => {
    const completion = new Completion<number>();
    completion.intercept(
      (outcome) => {
        if (outcome.status === 'failed' && completion.epoch < 5) completion.fail('e', outcome.rearm());
      },
      { context: 'microtask' },
    );
    completion.fail('e');
    await turns(2);
    expect([completion.state, completion.epoch]).to.deep.equal(['failed', 5]);
  });

  it('run by the layer of another completion leaves that one its own layer (C3)', () => {
    const later: (() => void)[] = [];
    const [putOff, other] = [new Completion<number>(), new Completion<number>()];
    putOff.intercept(() => undefined, { context: (run) => later.push(run) });
    putOff.complete(1);
    other.intercept((outcome) => {
      for (const run of later.splice(0)) run();
      if (outcome.status === 'failed') outcome.rearm();
    });
    other.fail('e');
    expect([putOff.state, other.state, other.size]).to.deep.equal(['done', 'pending', 1]);
  });

  it('put off answers requested to a cancel meanwhile (C5 N6)', async () => {
    const completion = new Completion<number>();
    completion.intercept(() => undefined, { context: 'task' });
    completion.complete(1);
    expect(completion.cancel()).to.equal('requested');
    await turns(2);
    expect(completion.value).to.equal(1);
  });
});

describe('waiterEntry', () => {
  const uncaught = collectUncaught();

  it('runs where it was told; the state has settled before (C2 N6)', async () => {
    const trace: string[] = [];
    const completion = new Completion();
    for (const context of ['task', 'microtask', 'inline'] as const) {
      completion.notify(({ state }) => trace.push(`${context} ${state}`), { context });
    }
    completion.complete();
    trace.push('completed');
    await turns(2);
    expect(trace).to.deep.equal(['inline done', 'completed', 'microtask done', 'task done']);
  });

  it('put off that throws goes to the hook (C4 N6)', async () => {
    const completion = new Completion();
    completion.notify(
      () => {
        throw 'later';
      },
      { context: 'microtask' },
    );
    completion.complete();
    await turns(1);
    expect(uncaught).to.deep.equal(['later']);
  });

  it('passes on keys that are not its own (C5)', () => {
    const waiter = sinon.spy();
    const entry = waiterEntry(waiter, undefined);
    expect([entry.wake(entry, CANCEL, new Completion()), waiter.callCount]).to.deep.equal([PASS, 0]);
  });

  it('is a plain entry, so that a queue sees one shape', () => {
    expect(waiterEntry(() => undefined, undefined).constructor).to.equal(WaitEntry);
  });
});

describe('tidyEntry', () => {
  it('tidies once it has settled and does not count as an observer (C8)', () => {
    const tidy = sinon.spy();
    const completion = new Completion();
    const entry = tidyEntry(tidy);
    completion.add(entry);
    completion.wakeAll('another key');
    expect(tidy.callCount).to.equal(0);
    completion.wakeAll(SETTLE);
    completion.remove(entry);
    expect([tidy.callCount, entry.flags & UNSEEING]).to.deep.equal([1, UNSEEING]);
  });
});

describe('the asynchronous context of a callback', () => {
  const storage = new AsyncLocalStorage<string>();

  function contextsOf(options: CallbackOptions): Record<string, string | undefined> {
    const seen: Record<string, string | undefined> = {};
    const [done, cancelled] = [new Completion<number>(), new Completion<number>()];
    storage.run('subscriber', () => {
      done.intercept(() => (seen['layer'] = storage.getStore()), options);
      done.notify(() => (seen['waiter'] = storage.getStore()), options);
      cancelled.onCancel(() => (seen['action'] = storage.getStore()), options);
    });
    storage.run('waker', () => [done.complete(1), cancelled.cancel()]);
    return seen;
  }

  it('is the waker’s (N6)', () => {
    expect(contextsOf({})).to.deep.equal({ layer: 'waker', waiter: 'waker', action: 'waker' });
  });

  it('with bind is the subscriber’s (N6)', () => {
    const all = { layer: 'subscriber', waiter: 'subscriber', action: 'subscriber' };
    expect(contextsOf({ bind: true })).to.deep.equal(all);
  });

  it('with bind is the subscriber’s also when put off (N6)', async () => {
    const seen: (string | undefined)[] = [];
    const completion = new Completion();
    storage.run('subscriber', () => {
      completion.notify(() => seen.push(storage.getStore()), { bind: true, context: 'microtask' });
      completion.intercept(() => seen.push(storage.getStore()), { bind: true, context: 'task' });
    });
    storage.run('waker', () => completion.complete());
    await turns(2);
    expect(seen).to.deep.equal(['subscriber', 'subscriber']);
  });
});
