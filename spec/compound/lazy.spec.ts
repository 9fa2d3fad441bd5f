import { expect } from 'chai';
import { Lazy, waits } from '../../lib/compound/lazy.js';
import { anyOf } from '../../lib/event/any-of.js';
import { allOf } from '../../lib/event/all-of.js';
import { Completion } from '../../lib/event/completion.js';
import { CompoundEvent } from '../../lib/event/compound.js';
import { toSignal } from '../../lib/adapters/to-signal.js';

class Counted extends Lazy<number> {
  count = 0;

  protected begin(): void {
    this.count++;
  }
}

describe('Lazy', () => {
  it('begins with the first who waits, once', () => {
    const lazy = new Counted();
    lazy.intercept(() => undefined);
    lazy.onCancel(() => undefined);
    lazy.cancelOn(new AbortController().signal);
    toSignal(lazy);
    expect(lazy.count).to.equal(0);
    lazy.notify(() => undefined);
    void lazy.promise();
    expect(lazy.count).to.equal(1);
    lazy.complete(1);
  });

  it('begins with each kind of waiting', () => {
    const waiting: ((lazy: Counted) => unknown)[] = [
      (lazy) => lazy.then(() => undefined),
      (lazy) => lazy.within(1000, { unref: true }),
      (lazy) => lazy.forward(new Completion<number>()),
      (lazy) => allOf([lazy]),
    ];
    for (const wait of waiting) {
      const lazy = new Counted();
      wait(lazy);
      expect(lazy.count).to.equal(1);
      lazy.complete(1);
    }
  });

  it('does not begin when it has settled, was cancelled, or would lose at once', () => {
    const [settled, cancelled, late] = [new Counted(), new Counted(), new Counted()];
    settled.complete(1);
    cancelled.onCancel(() => false);
    cancelled.cancel();
    for (const each of [settled, cancelled]) each.notify(() => undefined);
    anyOf([allOf([]), late]);
    expect([settled.count, cancelled.count, late.count, late.state]).to.deep.equal([0, 0, 0, 'cancelled']);
    const joins = { arrive: () => undefined, conclude: () => undefined };
    // Asked to cancel, and not sealed, with a child that has to be left to finish.
    const [parent, running, last] = [new CompoundEvent<void>(joins), new Completion(), new Counted()];
    parent.own(running);
    running.onCancel(() => false);
    parent.cancel();
    parent.own(last);
    expect([parent.decided, last.count, last.state]).to.deep.equal([false, 0, 'cancelled']);
    running.complete();
    parent.seal();
  });
});

describe('waits', () => {
  it('tells those who want the outcome from layers, cancel actions and tidying', () => {
    const completion = new Completion<number>();
    const entries = [
      completion.intercept(() => undefined),
      completion.onCancel(() => undefined),
      completion.notify(() => undefined),
    ];
    const [child] = allOf([completion]).children;
    expect([...entries, child!].map(waits)).to.deep.equal([false, false, true, true]);
  });
});
