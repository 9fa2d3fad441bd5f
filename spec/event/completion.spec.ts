import { expect } from 'chai';
import sinon from 'sinon';
import { Completion, ReusableCompletion } from '../../lib/event/completion.js';
import { SETTLE } from '../../lib/wait/keys.js';
import { PASS, WaitEntry, WOKEN } from '../../lib/wait/entry.js';
import { AbortError } from '../../lib/wait/errors.js';
import { WaitQueue } from '../../lib/wait/queue.js';
import { codeOf, collectUncaught, noteSettling, thrownBy, turns } from './support.js';

describe('Completion', () => {
  const uncaught = collectUncaught();

  describe('complete', () => {
    it('is claimed by the first of many; the others answer false and change nothing (C1)', () => {
      const first = new Completion<number>();
      expect([first.complete(1), first.complete(2), first.fail('late'), first.cancel('late')]).to.deep.equal([
        ...[true, false, false, 'too-late'],
      ]);
      expect([first.state, first.value, first.error]).to.deep.equal(['done', 1, undefined]);

      const failed = new Completion<number>();
      expect([failed.fail('e'), failed.complete(1), failed.fail('f')]).to.deep.equal([true, false, false]);
      expect([failed.state, failed.error]).to.deep.equal(['failed', 'e']);

      const cancelled = new Completion<number>();
      expect([cancelled.cancel('r'), cancelled.complete(1), cancelled.fail('f')]).to.deep.equal([
        ...['cancelled', false, false],
      ]);
      expect(cancelled.state).to.equal('cancelled');
    });

    it('goes from pending over completing to done (C1)', () => {
      const completion = new Completion<number>();
      const states = [completion.state];
      completion.intercept(() => states.push(completion.state));
      completion.notify(() => states.push(completion.state));
      completion.complete(1);
      expect(states).to.deep.equal(['pending', 'completing', 'done']);
    });

    it('is refused while layers run: the claim is made (C1)', () => {
      const completion = new Completion<number>();
      const answers: unknown[] = [];
      completion.intercept(() => answers.push(completion.complete(2), completion.fail(2), completion.cancel(2)));
      completion.complete(1);
      expect(answers).to.deep.equal([false, false, 'too-late']);
      expect(completion.value).to.equal(1);
    });

    it('calls layers newest first, then settles, then calls waiters in order (C2)', () => {
      const completion = new Completion<string>();
      const trace: string[] = [];
      const note = (what: string) => () => trace.push(`${what} ${completion.state}`);
      completion.notify(note('waiter 1'));
      completion.intercept(note('layer 1'));
      completion.notify(note('waiter 2'));
      completion.intercept(note('layer 2'));
      completion.intercept(note('layer 3'));
      completion.notify(note('waiter 3'));
      completion.complete('value');
      expect(trace).to.deep.equal([
        ...['layer 3 completing', 'layer 2 completing', 'layer 1 completing'],
        ...['waiter 1 done', 'waiter 2 done', 'waiter 3 done'],
      ]);
    });

    it('shows the outcome to nobody but the layers before it settles (C2)', () => {
      const completion = new Completion<string>();
      const failing = new Completion<string>();
      const seen: unknown[] = [];
      completion.intercept((outcome) => {
        seen.push(
          outcome.value,
          completion.settled,
          completion.error,
          codeOf(() => completion.value),
        );
      });
      failing.intercept((outcome) => seen.push(outcome.error, failing.error));
      completion.complete('secret');
      failing.fail('secret error');
      expect(seen).to.deep.equal(['secret', false, undefined, 'ERR_NOT_DONE', 'secret error', undefined]);
    });

    it('calls each layer and each waiter once (C2)', () => {
      const completion = new Completion();
      const layer = sinon.spy();
      const waiter = sinon.spy();
      completion.intercept(layer);
      completion.notify(waiter);
      completion.complete();
      completion.complete();
      completion.wakeAll(SETTLE);
      expect([layer.callCount, waiter.callCount, completion.size]).to.deep.equal([1, 1, 0]);
    });

    it('does not recurse in a completion that a waiter completes again and again', () => {
      const completion = new Completion<number>();
      const answers: boolean[] = [];
      for (let i = 0; i < 3; i++) completion.notify(() => answers.push(completion.complete(i)));
      completion.complete(7);
      expect(answers).to.deep.equal([false, false, false]);
    });

    it('does not adopt a thenable (C7)', () => {
      const then = sinon.spy();
      const completion = new Completion<PromiseLike<number>>();
      const thenable = { then } as unknown as PromiseLike<number>;
      completion.complete(thenable);
      expect(completion.state).to.equal('done');
      expect(completion.value).to.equal(thenable);
      expect(then.called).to.equal(false);
    });

    it('refuses the epoch of an earlier life (C3)', () => {
      const completion = new ReusableCompletion<number>();
      const { epoch } = completion;
      completion.reset();
      expect([completion.complete(1, epoch), completion.fail('e', epoch)]).to.deep.equal([false, false]);
      expect([completion.complete(2, completion.epoch), completion.value]).to.deep.equal([true, 2]);
    });

    it('is refused without a value that is asked for too early', () => {
      const completion = new Completion<number>();
      expect(codeOf(() => completion.value)).to.equal('ERR_NOT_DONE');
      completion.fail('e');
      expect(codeOf(() => completion.value)).to.equal('ERR_NOT_DONE');
    });
  });

  describe('intercept', () => {
    it('throws after settling (C2)', () => {
      const completion = new Completion();
      completion.complete();
      expect(codeOf(() => completion.intercept(() => undefined))).to.equal('ERR_SETTLED');
      expect(codeOf(() => completion.addFirst(new WaitEntry(() => WOKEN)))).to.equal('ERR_SETTLED');
    });

    it('throws from inside a waiter: it has settled (C2)', () => {
      const completion = new Completion();
      const codes: string[] = [];
      completion.notify(() => codes.push(codeOf(() => completion.intercept(() => undefined))));
      completion.complete();
      expect(codes).to.deep.equal(['ERR_SETTLED']);
    });

    it('added while completing runs next (C2)', () => {
      const completion = new Completion<number>();
      const trace: string[] = [];
      completion.intercept(() => trace.push('older'));
      completion.intercept(() => {
        trace.push('newer');
        completion.intercept(() => trace.push('added'));
      });
      completion.notify(() => trace.push('waiter'));
      completion.complete(1);
      expect(trace).to.deep.equal(['newer', 'added', 'older', 'waiter']);
    });

    it('takes an embedded entry, called with SETTLE', () => {
      class Lev extends WaitEntry {
        keys: unknown[] = [];
        constructor() {
          super((_entry, key, queue) => {
            this.keys.push(key);
            if (key !== SETTLE) return PASS;
            const { outcome } = queue as Completion<number>;
            outcome.succeed(outcome.value + 1);
            return WOKEN;
          });
        }
      }
      const completion = new Completion<number>();
      const lev = new Lev();
      expect(completion.intercept(lev)).to.equal(lev);
      expect(codeOf(() => completion.intercept(lev))).to.equal('ERR_QUEUED');
      completion.complete(1);
      expect([completion.value, lev.keys, lev.queue]).to.deep.equal([2, [SETTLE], null]);
    });

    it('is undone by remove, also while completing', () => {
      const completion = new Completion();
      const trace: string[] = [];
      const older = completion.intercept(() => trace.push('older'));
      completion.intercept(() => {
        trace.push(`removed ${completion.remove(older)} ${completion.remove(older)}`);
      });
      completion.complete();
      expect(trace).to.deep.equal(['removed true false']);
    });
  });

  describe('notify', () => {
    it('calls at once when it has settled, however it did (C2)', () => {
      const [done, failed, cancelled] = [new Completion(), new Completion(), new Completion()];
      done.complete();
      failed.fail('e');
      cancelled.cancel();
      const trace: string[] = [];
      for (const completion of [done, failed, cancelled]) noteSettling(trace, 'it is', completion);
      expect(trace).to.deep.equal(['it is done', 'it is failed', 'it is cancelled']);
    });

    it('added while completing is called in its order (C2)', () => {
      const completion = new Completion();
      const trace: string[] = [];
      completion.notify(() => trace.push('first'));
      completion.intercept(() => completion.notify(() => trace.push('added by a layer')));
      completion.complete();
      expect(trace).to.deep.equal(['first', 'added by a layer']);
    });

    it('added by a waiter is called at once, before the waiters that are queued (C2)', () => {
      const completion = new Completion();
      const trace: string[] = [];
      completion.notify(() => {
        trace.push('first');
        completion.notify(() => trace.push('added'));
      });
      completion.notify(() => trace.push('second'));
      completion.complete();
      expect(trace).to.deep.equal(['first', 'added', 'second']);
    });

    it('is undone by remove, also by an earlier waiter', () => {
      const completion = new Completion();
      const trace: string[] = [];
      completion.notify(() => completion.remove(second));
      const second = completion.notify(() => trace.push('second'));
      completion.notify(() => trace.push('third'));
      completion.complete();
      expect(trace).to.deep.equal(['third']);
    });

    it('refuses an entry that is on a queue, also when it would be called at once', () => {
      const entry = new WaitEntry(() => WOKEN);
      const completion = new Completion();
      completion.complete();
      new WaitQueue().add(entry);
      expect(codeOf(() => completion.add(entry))).to.equal('ERR_QUEUED');
    });

    it('calls exclusive entries too: the last, in their order (C2)', () => {
      const completion = new Completion();
      const trace: string[] = [];
      const entry = (name: string): WaitEntry => new WaitEntry(() => (trace.push(name), WOKEN));
      completion.addExclusive(entry('exclusive'));
      completion.addExclusiveFirst(entry('exclusive first'));
      completion.notify(() => trace.push('shared'));
      completion.complete();
      expect(trace).to.deep.equal(['shared', 'exclusive first', 'exclusive']);
    });
  });

  describe('notify with a waiter that throws', () => {
    it('spoils nothing for other waiters nor for whoever completed (C4)', () => {
      const completion = new Completion<number>();
      const trace: string[] = [];
      completion.notify(() => {
        throw new Error('mine');
      });
      completion.notify(() => trace.push('next'));
      expect(completion.complete(1)).to.equal(true);
      expect(trace).to.deep.equal(['next']);
      expect(uncaught.map(String)).to.deep.equal(['Error: mine']);
      expect(completion.state).to.equal('done');
    });

    it('spoils nothing for whoever subscribes late either (C4)', () => {
      const completion = new Completion<number>();
      completion.complete(1);
      completion.notify(() => {
        throw new Error('late');
      });
      expect(uncaught.map(String)).to.deep.equal(['Error: late']);
    });
  });

  describe('promise', () => {
    it('registers at once and follows the outcome (C7)', async () => {
      const completion = new Completion<number>();
      const promise = completion.promise();
      expect(completion.size).to.equal(1);
      completion.complete(5);
      expect(await promise).to.equal(5);
      expect(await completion.promise()).to.equal(5);
    });

    it('rejects with what the completion failed with (C8)', async () => {
      const completion = new Completion<number>();
      const promise = completion.promise();
      const error = new Error('mine');
      completion.fail(error);
      expect(await promise.catch((thrown: unknown) => thrown)).to.equal(error);
    });

    it('rejects with one AbortError, whose cause is the reason, when cancelled (C8)', async () => {
      const completion = new Completion<number>();
      const promises = [completion.promise(), completion.promise()];
      completion.cancel('the reason');
      const errors = await Promise.all(promises.map((promise) => promise.catch((thrown: unknown) => thrown)));
      const [error] = errors as [AbortError];
      expect(error).to.be.instanceOf(AbortError);
      expect([error.name, error.code, error.cause]).to.deep.equal(['AbortError', 'ABORT_ERR', 'the reason']);
      expect(errors[1]).to.equal(error);
      expect(completion.error).to.equal(error);
    });
  });

  describe('then', () => {
    it('makes a completion awaitable, again and again', async () => {
      const completion = new Completion<number>();
      const both = Promise.all([completion, completion]);
      completion.complete(3);
      expect(await both).to.deep.equal([3, 3]);
      expect(await completion.then((value) => value + 1)).to.equal(4);
      expect(completion.then()).to.be.instanceOf(Promise);
    });

    it('is not missed by two waits in a row of one turn', async () => {
      const [first, second] = [new Completion<number>(), new Completion<number>()];
      setTimeout(() => [first.complete(1), second.complete(2)], 0);
      expect([await first, await second]).to.deep.equal([1, 2]);
    });
  });

  describe('the signal', () => {
    it('cancels with its own reason (C8)', async () => {
      const controller = new AbortController();
      const completion = new Completion<number>({ signal: controller.signal });
      const promise = completion.promise();
      const reason = new Error('the signal’s own');
      controller.abort(reason);
      expect(completion.state).to.equal('cancelled');
      expect(await promise.catch((thrown: unknown) => thrown)).to.equal(reason);
      expect(completion.error).to.equal(reason);
    });

    it('that has aborted cancels at once (C8)', () => {
      const reason = new Error('before');
      const completion = new Completion({ signal: AbortSignal.abort(reason) });
      expect([completion.state, completion.error]).to.deep.equal(['cancelled', reason]);
    });

    it('is let go when it settles otherwise', () => {
      const { signal } = new AbortController();
      const add = sinon.spy(signal, 'addEventListener');
      const remove = sinon.spy(signal, 'removeEventListener');
      const completions = Array.from({ length: 100 }, () => new Completion({ signal }));
      expect([add.callCount, remove.callCount]).to.deep.equal([1, 0]);
      for (const completion of completions) completion.complete();
      expect([add.callCount, remove.callCount]).to.deep.equal([1, 1]);
    });

    it('is let go by what it returns, and leaves nothing', () => {
      const controller = new AbortController();
      const remove = sinon.spy(controller.signal, 'removeEventListener');
      const [completion, settled] = [new ReusableCompletion(), new Completion()];
      settled.complete();
      for (const each of [completion, settled]) {
        const letGo = each.cancelOn(controller.signal);
        letGo();
        letGo();
      }
      expect([remove.callCount, completion.size, completion.reset()]).to.deep.equal([2, 0, 1]);
      controller.abort();
      expect(completion.state).to.equal('pending');
      completion.cancelOn(controller.signal)();
      expect(completion.state).to.equal('cancelled');
    });

    it('does nothing to a completion that has settled', () => {
      const controller = new AbortController();
      const completion = new Completion();
      completion.complete();
      completion.cancelOn(controller.signal);
      controller.abort();
      expect([completion.state, completion.size]).to.deep.equal(['done', 0]);
    });
  });

  describe('dispose', () => {
    it('cancels on leaving the block, unless the outcome was claimed', () => {
      const [left, done] = [new Completion(), new Completion()];
      done.complete();
      for (const completion of [left, done]) completion[Symbol.dispose]();
      expect([left.state, done.state]).to.deep.equal(['cancelled', 'done']);
    });
  });

  describe('is', () => {
    it('knows completions from all else', () => {
      expect([new Completion(), new ReusableCompletion()].map((each) => ReusableCompletion.is(each))).to.deep.equal([
        ...[true, true],
      ]);
      const others = [new WaitQueue(), {}, null, undefined, 1, 'completion', Promise.resolve()];
      expect(others.some((each) => ReusableCompletion.is(each))).to.equal(false);
      expect(WaitQueue.is(new Completion())).to.equal(true);
    });
  });

  describe('a failure that nobody observes', () => {
    it('is kept, not thrown (C8)', async () => {
      const unhandled = sinon.spy();
      process.on('unhandledRejection', unhandled);
      try {
        const completion = new Completion<number>();
        completion.fail(new Error('kept'));
        completion.notify(() => undefined);
        completion.forward(new Completion<number>());
        await turns();
        expect(unhandled.callCount).to.equal(0);
        expect((completion.error as Error).message).to.equal('kept');
      } finally {
        process.off('unhandledRejection', unhandled);
      }
    });
  });
});

describe('ReusableCompletion', () => {
  it('has no then: await does not take it apart (C7)', async () => {
    const completion = new ReusableCompletion<number>();
    expect('then' in completion).to.equal(false);
    expect('within' in completion).to.equal(false);
    expect(await (async () => completion)()).to.equal(completion);
  });

  describe('reset', () => {
    it('makes a settled one as new, in its next epoch (C7)', () => {
      const completion = new ReusableCompletion<number>();
      const epochs: number[] = [completion.epoch];
      for (const settle of [() => completion.complete(1), () => completion.fail('e'), () => completion.cancel('r')]) {
        settle();
        epochs.push(completion.reset());
        expect([completion.state, completion.error, completion.cancelRequested]).to.deep.equal([
          ...['pending', undefined, false],
        ]);
      }
      expect(epochs).to.deep.equal([0, 1, 2, 3]);
    });

    it('serves ten thousand lives from one object, each with its own layers, waiters and promise (C7)', async () => {
      const completion = new ReusableCompletion<number>();
      let sum = 0;
      for (let life = 0; life < 10_000; life++) {
        completion.intercept((outcome) => outcome.succeed(outcome.value * 2));
        completion.notify(({ value }) => (sum += value));
        completion.complete(life, life);
        completion.reset();
      }
      expect([sum, completion.epoch, completion.size]).to.deep.equal([9999 * 10_000, 10_000, 0]);
      const promise = completion.promise();
      completion.complete(1);
      expect(await promise).to.equal(1);
    });

    it('is refused while anyone waits (C7)', () => {
      const completion = new ReusableCompletion();
      const waiter = completion.notify(() => undefined);
      expect(codeOf(() => completion.reset())).to.equal('ERR_BUSY');
      completion.remove(waiter);
      expect(completion.reset()).to.equal(1);
    });

    it('is refused from inside a layer, a hold and a waiter (C7)', () => {
      const completion = new ReusableCompletion();
      const codes: string[] = [];
      const tryIt = (): void => void codes.push(codeOf(() => completion.reset()));
      let resume: () => boolean = () => false;
      completion.intercept((outcome) => {
        tryIt();
        resume = outcome.hold();
      });
      completion.notify(tryIt);
      completion.complete();
      tryIt();
      resume();
      expect(codes).to.deep.equal(['ERR_BUSY', 'ERR_BUSY', 'ERR_BUSY']);
      expect(completion.reset()).to.equal(1);
    });

    it('is refused while it goes on though it was asked to cancel, also from the cancel action (C5, C7)', () => {
      const completion = new ReusableCompletion();
      let within = '';
      const action = completion.onCancel(() => {
        completion.remove(action);
        within = codeOf(() => completion.reset());
        return false;
      });
      expect(completion.cancel()).to.equal('requested');
      expect([within, codeOf(() => completion.reset())]).to.deep.equal(['ERR_BUSY', 'ERR_BUSY']);
      completion.complete();
      expect(completion.reset()).to.equal(1);
      expect(completion.cancel()).to.equal('cancelled');
      expect(completion.state).to.equal('cancelled');
    });

    it('is refused while a promise has not been told (C7)', async () => {
      const completion = new ReusableCompletion<number>();
      const promise = completion.promise();
      expect(thrownBy(() => completion.reset())).to.include({ name: 'StateError' });
      completion.complete(4);
      completion.reset();
      expect(await promise).to.equal(4);
    });
  });
});
