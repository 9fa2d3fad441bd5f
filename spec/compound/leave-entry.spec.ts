import { expect } from 'chai';
import { leaveEntry } from '../../lib/compound/leave-entry.js';
import { callTidy } from '../../lib/event/callbacks.js';
import { Completion } from '../../lib/index.js';

describe('leaveEntry', () => {
  it('runs once the completion has settled, is no waiter, and is told from what tidies up after a timer (C8)', () => {
    const completion = new Completion();
    let left = 0;
    const entry = leaveEntry(() => left++);
    completion.add(entry);
    completion.wakeAll();
    expect([left, entry.wake === callTidy]).to.deep.equal([0, false]);
    completion.complete();
    expect(left).to.equal(1);
  });
});
