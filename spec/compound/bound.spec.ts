import { AsyncLocalStorage } from 'node:async_hooks';
import { expect } from 'chai';
import { bound } from '../../lib/compound/bound.js';
import { inContext } from '../../lib/compound/in-context.js';
import { Completion } from '../../lib/event/completion.js';
import { turns } from '../event/support.js';

describe('bound', () => {
  it('keeps the asynchronous context it was made in', () => {
    const storage = new AsyncLocalStorage<string>();
    const read = storage.run('made', () => bound(() => storage.getStore()));
    expect(storage.run('called', read)).to.equal('made');
    expect(read()).to.equal('made');
  });
});

describe('the asynchronous context of a callback', () => {
  const storage = new AsyncLocalStorage<string>();

  function contextsOf(tie: typeof bound): Record<string, string | undefined> {
    const seen: Record<string, string | undefined> = {};
    const [done, cancelled] = [new Completion<number>(), new Completion<number>()];
    storage.run('subscriber', () => {
      done.intercept(tie(() => (seen['layer'] = storage.getStore())));
      done.notify(tie(() => (seen['waiter'] = storage.getStore())));
      cancelled.onCancel(tie(() => (seen['action'] = storage.getStore())));
    });
    storage.run('waker', () => [done.complete(1), cancelled.cancel()]);
    return seen;
  }

  it('is the waker’s (N6)', () => {
    expect(contextsOf((fn) => fn)).to.deep.equal({ layer: 'waker', waiter: 'waker', action: 'waker' });
  });

  it('bound is the subscriber’s (N6)', () => {
    const all = { layer: 'subscriber', waiter: 'subscriber', action: 'subscriber' };
    expect(contextsOf(bound)).to.deep.equal(all);
  });

  it('bound is the subscriber’s also when put off (N6)', async () => {
    const seen: (string | undefined)[] = [];
    const completion = new Completion();
    storage.run('subscriber', () => {
      completion.notify(
        inContext(
          'microtask',
          bound(() => seen.push(storage.getStore())),
        ),
      );
      completion.intercept(
        inContext(
          'task',
          bound(() => seen.push(storage.getStore())),
        ),
      );
    });
    storage.run('waker', () => completion.complete());
    await turns(2);
    expect(seen).to.deep.equal(['subscriber', 'subscriber']);
  });
});
