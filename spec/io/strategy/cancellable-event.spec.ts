import { expect } from 'chai';
import { Callback, cancelChild, GO_ON } from '../../../lib/io/strategy/callback.js';
import { askCancellers, CancellableEvent } from '../../../lib/io/strategy/cancellable-event.js';
import { ChainedEvent } from '../../../lib/io/strategy/chained-event.js';
import { counted } from '../../conformance/strategy-contract.js';

const nothing = (): void => undefined;

describe('CancellableEvent', () => {
  it('is a chained event with a cancel routine and a cancel queue, which cost nothing until used (N10)', () => {
    const counts = counted(() => {
      const event = new CancellableEvent(nothing, null, askCancellers);
      event.cancel([]);
      event.finish(0, null);
    });
    expect(new CancellableEvent(nothing, null, askCancellers)).to.be.instanceOf(ChainedEvent);
    expect([counts.links, counts.visited]).to.deep.equal([0, 0]);
  });

  it('runs its routine, once (I5)', () => {
    const seen: unknown[] = [];
    const event = new CancellableEvent(nothing, null, (given, toAsk) => seen.push([given.cancelled, toAsk]));
    const toAsk: CancellableEvent[] = [];
    event.cancel(toAsk);
    event.cancel([event]);
    expect(seen).to.deep.equal([[true, toAsk]]);
  });

  it('asks its cancellers, the newest first, but for those that have left (N14)', () => {
    const asked: string[] = [];
    const event = new CancellableEvent(nothing, null, askCancellers);
    const cancellers = ['a', 'b', 'c', 'd'].map(
      (name) => new Callback(() => (asked.push(name), GO_ON), null, null), // prettier-ignore
    );
    for (const each of cancellers) event.addCanceller(each);
    for (const gone of [1, 3, 3]) event.removeCanceller(cancellers[gone] as Callback);
    const { visited } = counted(() => event.cancel([]));
    expect([asked, visited]).to.deep.equal([['c', 'a'], 2]);
  });

  it('lets a canceller take itself and others out', () => {
    const asked: string[] = [];
    const event = new CancellableEvent(nothing, null, askCancellers);
    const self: Callback = new Callback(
      () => {
        asked.push('self');
        event.removeCanceller(self);
        return GO_ON;
      },
      null,
      null,
    );
    event.addCanceller(new Callback(() => (asked.push('older'), GO_ON), null, null)); // prettier-ignore
    event.addCanceller(self);
    event.cancel([]);
    expect(asked).to.deep.equal(['self', 'older']);
  });

  it('leaves events that it leads to to whoever walks the list, so that chains of any length stay flat (I2)', () => {
    const events = Array.from({ length: 100_000 }, () => new CancellableEvent(nothing, null, askCancellers));
    for (const [i, event] of events.entries()) {
      const next = events[i + 1];
      if (next !== undefined) event.addCanceller(new Callback(cancelChild, next, null));
    }
    const list = events.slice(0, 1);
    for (const event of list) event.cancel(list);
    expect(events.every(({ cancelled }) => cancelled)).to.equal(true);
  });
});
