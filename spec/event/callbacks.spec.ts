import { expect } from 'chai';
import sinon from 'sinon';
import { tidyEntry, waiterEntry } from '../../lib/event/callbacks.js';
import { Completion } from '../../lib/event/completion.js';
import { CANCEL, SETTLE } from '../../lib/wait/keys.js';
import { PASS, UNSEEING, WaitEntry } from '../../lib/wait/entry.js';

describe('waiterEntry', () => {
  it('passes on keys that are not its own (C5)', () => {
    const waiter = sinon.spy();
    const entry = waiterEntry(waiter);
    expect([entry.wake(entry, CANCEL, new Completion()), waiter.callCount]).to.deep.equal([PASS, 0]);
  });

  it('is a plain entry, so that a queue sees one shape', () => {
    expect(waiterEntry(() => undefined).constructor).to.equal(WaitEntry);
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
