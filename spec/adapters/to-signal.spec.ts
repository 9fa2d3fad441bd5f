import { expect } from 'chai';
import { Completion } from '../../lib/event/completion.js';
import { toSignal } from '../../lib/adapters/to-signal.js';
import { AbortError } from '../../lib/wait/errors.js';

describe('toSignal', () => {
  it('aborts when the completion is asked to cancel, with that reason (C5)', () => {
    const completion = new Completion();
    const signal = toSignal(completion);
    completion.cancel('r');
    expect([signal.aborted, signal.reason]).to.deep.equal([true, 'r']);
  });

  it('aborts though the operation is left to finish, also when asked for afterwards (C5)', () => {
    const completion = new Completion();
    completion.onCancel(() => false);
    const before = toSignal(completion);
    completion.cancel('r');
    const after = toSignal(completion);
    expect([before.reason, after.reason, completion.state]).to.deep.equal(['r', 'r', 'pending']);
  });

  it('of a completion that ends otherwise never aborts, and leaves nothing on it (E6)', () => {
    for (const settle of ['complete', 'fail'] as const) {
      const completion = new Completion();
      const signal = toSignal(completion);
      completion[settle]();
      completion.cancel();
      expect([signal.aborted, completion.size]).to.deep.equal([false, 0]);
    }
  });

  it('of a settled completion has aborted if that was cancelled', () => {
    const [done, cancelled] = [new Completion(), new Completion()];
    done.complete();
    cancelled.cancel('r');
    expect([toSignal(done).aborted, toSignal(cancelled).aborted]).to.deep.equal([false, true]);
    expect((toSignal(cancelled).reason as AbortError).cause).to.equal('r');
  });

  it('aborts when an operation reports that it was cut short, though nobody asked (C8)', () => {
    const completion = new Completion();
    const signal = toSignal(completion);
    const error = new Error('short');
    completion.completeCancelled(error);
    expect([signal.aborted, signal.reason]).to.deep.equal([true, error]);
  });

  it('carries the signal’s own reason through (C8)', () => {
    const controller = new AbortController();
    const signal = toSignal(new Completion({ signal: controller.signal }));
    const reason = new Error('own');
    controller.abort(reason);
    expect(signal.reason).to.equal(reason);
  });
});
