import { AsyncLocalStorage } from 'node:async_hooks';
import { expect } from 'chai';
import sinon from 'sinon';
import { Completion } from '../../lib/event/completion.js';
import { bound, schedulerOf } from '../../lib/event/context.js';
import { codeOf, thrownBy, turns } from './support.js';

describe('schedulerOf', () => {
  it('has none for inline, and for nothing said', () => {
    expect([schedulerOf(undefined), schedulerOf('inline')]).to.deep.equal([null, null]);
  });

  it('takes a scheduler as it is', () => {
    const scheduler = (): void => undefined;
    expect(schedulerOf(scheduler)).to.equal(scheduler);
  });

  it('runs a microtask before the promises that come later, a task after them (N6)', async () => {
    const trace: string[] = [];
    schedulerOf('task')?.(() => trace.push('task'));
    schedulerOf('microtask')?.(() => trace.push('microtask'));
    void Promise.resolve().then(() => trace.push('promise'));
    expect(trace).to.deep.equal([]);
    await turns(2);
    expect(trace).to.deep.equal(['microtask', 'promise', 'task']);
  });

  it('makes a task of a timer where there is no setImmediate', () => {
    const host = globalThis as { setImmediate?: typeof setImmediate };
    const { setImmediate } = globalThis;
    const clock = sinon.useFakeTimers({ toFake: ['setTimeout'] });
    delete host.setImmediate;
    try {
      const run = sinon.spy();
      schedulerOf('task')?.(run);
      expect(run.callCount).to.equal(0);
      clock.tick(0);
      expect(run.callCount).to.equal(1);
    } finally {
      host.setImmediate = setImmediate;
      clock.restore();
    }
  });

  it('refuses anything else, naming it, when the callback is registered', () => {
    const context = 'later' as 'task';
    expect(codeOf(() => schedulerOf(context))).to.equal('ERR_CONTEXT');
    expect(String(thrownBy(() => new Completion().notify(() => undefined, { context })))).to.contain('got later');
  });
});

describe('bound', () => {
  it('keeps the asynchronous context it was made in', () => {
    const storage = new AsyncLocalStorage<string>();
    const read = storage.run('made', () => bound(() => storage.getStore()));
    expect(storage.run('called', read)).to.equal('made');
    expect(read()).to.equal('made');
  });
});
