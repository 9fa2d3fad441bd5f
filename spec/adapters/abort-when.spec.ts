import { expect } from 'chai';
import sinon from 'sinon';
import { abortWhen } from '../../lib/adapters/abort-when.js';
import { Completion } from '../../lib/event/completion.js';
import { firstOf } from '../../lib/event/first-of.js';

describe('abortWhen', () => {
  it('aborts with the value, or with what it failed with', () => {
    const [done, failed, cancelled] = [new Completion<string>(), new Completion(), new Completion()];
    const signals = [done, failed, cancelled].map((each) => abortWhen(each).signal);
    done.complete('v');
    failed.fail('e');
    cancelled.cancel('r');
    expect(signals.map(({ reason }) => reason as unknown)).to.deep.equal(['v', 'e', cancelled.error]);
  });

  it('aborted by hand, cancels what it waits for: nothing stays on a long-lived signal (E6)', () => {
    const { signal } = new AbortController();
    const [add, remove] = [sinon.spy(signal, 'addEventListener'), sinon.spy(signal, 'removeEventListener')];
    const controller = abortWhen(firstOf([signal, new AbortController().signal]));
    expect(controller.signal.aborted).to.equal(false);
    controller.abort('done with it');
    expect([add.callCount, remove.callCount, controller.signal.reason]).to.deep.equal([1, 1, 'done with it']);
  });
});
