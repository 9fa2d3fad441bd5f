import { expect } from 'chai';
import sinon from 'sinon';
import { cancel, passCancel } from '../../lib/event/cancel.js';
import { Completion, ReusableCompletion } from '../../lib/event/completion.js';
import { firstOf } from '../../lib/event/first-of.js';
import { CANCEL, SETTLE } from '../../lib/wait/keys.js';
import type { Resume } from '../../lib/event/outcome.js';
import { PASS, WaitEntry } from '../../lib/wait/entry.js';
import { AbortError } from '../../lib/wait/errors.js';
import { codeOf, collectUncaught, noteSettling } from './support.js';

const million = 1_000_000;

describe('cancel', () => {
  const uncaught = collectUncaught();

  it('runs the actions newest first, with the reason, and then settles (C5)', () => {
    const completion = new Completion();
    const trace: string[] = [];
    noteSettling(trace, 'it', completion);
    completion.onCancel((reason) => trace.push(`older ${String(reason)} ${completion.state}`));
    completion.onCancel((reason) => trace.push(`newer ${String(reason)} ${completion.state}`));
    expect(completion.cancel('r')).to.equal('cancelled');
    expect(trace).to.deep.equal(['newer r pending', 'older r pending', 'it cancelled']);
  });

  it('settles before the canceller is answered, from outside (C5 C6)', () => {
    const completion = new Completion();
    const trace: string[] = [];
    noteSettling(trace, 'it', completion);
    trace.push(completion.cancel());
    expect(trace).to.deep.equal(['it cancelled', 'cancelled']);
  });

  it('claims and answers cancelled from inside a callback; settling follows (C5 C6)', () => {
    const [outer, inner] = [new Completion(), new Completion<number>()];
    const trace: string[] = [];
    noteSettling(trace, 'inner', inner);
    inner.onCancel(() => trace.push('action'));
    outer.notify(() => trace.push(inner.cancel(), inner.state, String(inner.complete(1)), 'returns'));
    outer.complete();
    expect(trace).to.deep.equal(['action', 'cancelled', 'completing', 'false', 'returns', 'inner cancelled']);
  });

  it('needs no action and no reason (C5 C8)', () => {
    const completion = new Completion();
    expect([completion.cancel(), completion.state]).to.deep.equal(['cancelled', 'cancelled']);
    expect((completion.error as AbortError).cause).to.equal(undefined);
  });

  it('answers requested when an action leaves the operation running, whose outcome stands (C5)', () => {
    const completion = new Completion<number>();
    const actions: string[] = [];
    completion.onCancel(() => actions.push('older'));
    completion.onCancel(() => {
      actions.push('newer');
      return false;
    });
    expect([completion.cancel('r'), completion.state, completion.cancelRequested]).to.deep.equal([
      ...['requested', 'pending', true],
    ]);
    expect([completion.complete(1), completion.state, completion.value]).to.deep.equal([true, 'done', 1]);
    expect(actions).to.deep.equal(['newer', 'older']);
  });

  it('asked twice asks the actions once (C5)', () => {
    const completion = new Completion<number>();
    const action = sinon.spy(() => false);
    completion.onCancel(action);
    expect([completion.cancel(1), completion.cancel(2)]).to.deep.equal(['requested', 'requested']);
    expect(action.args).to.deep.equal([[1]]);
  });

  it('from inside its own action answers requested and does not ask again (C5)', () => {
    const completion = new Completion<number>();
    const answers: string[] = [];
    completion.onCancel(() => answers.push(completion.cancel()));
    answers.push(completion.cancel());
    expect(answers).to.deep.equal(['requested', 'cancelled']);
  });

  it('answers too-late when an action completes it, and asks no older one (C5)', () => {
    const completion = new Completion<number>();
    const older = sinon.spy();
    completion.onCancel(older);
    completion.onCancel(() => completion.complete(7));
    expect([completion.cancel(), completion.state, completion.value]).to.deep.equal(['too-late', 'done', 7]);
    expect(older.callCount).to.equal(0);
  });

  it('answers too-late once the outcome is claimed, also from a layer and a waiter (C5)', () => {
    const completion = new Completion<number>();
    const answers: string[] = [];
    completion.intercept(() => answers.push(completion.cancel()));
    completion.notify(() => answers.push(completion.cancel()));
    completion.complete(1);
    answers.push(completion.cancel());
    expect(answers).to.deep.equal(['too-late', 'too-late', 'too-late']);
    expect(completion.value).to.equal(1);
  });

  it('answers what it claimed, whatever a layer makes of it (C3 C5)', () => {
    const completion = new Completion<number>();
    completion.intercept((outcome) => {
      if (outcome.status === 'cancelled') outcome.succeed(0);
    });
    expect([completion.cancel(), completion.state, completion.value]).to.deep.equal(['cancelled', 'done', 0]);
  });

  it('answers cancelled for one that a layer holds after the cancel was claimed (C5)', () => {
    const completion = new Completion<number>();
    completion.intercept((outcome) => outcome.hold());
    expect([completion.cancel(), completion.state]).to.deep.equal(['cancelled', 'completing']);
  });

  it('of what is held asks the holder, answers requested, and the held outcome stands (C5)', () => {
    const completion = new Completion<number>();
    const asked = sinon.spy();
    const action = sinon.spy();
    let resume: Resume = () => false;
    completion.onCancel(action);
    completion.intercept((outcome) => {
      resume = outcome.hold(null, asked);
    });
    completion.complete(1);
    expect([completion.cancel('r'), completion.cancel('again')]).to.deep.equal(['requested', 'requested']);
    expect([asked.args, action.callCount]).to.deep.equal([[['r']], 0]);
    resume();
    expect([completion.state, completion.value]).to.deep.equal(['done', 1]);
  });

  it('of what is held lets the holder resume otherwise (C5)', () => {
    const completion = new Completion<number>();
    completion.intercept((outcome) => {
      const resume = outcome.hold(null, (reason) => {
        outcome.fail(new AbortError('given up', { cause: reason }));
        resume();
      });
    });
    completion.complete(1);
    expect([completion.cancel('r'), completion.state]).to.deep.equal(['requested', 'failed']);
    expect((completion.error as AbortError).cause).to.equal('r');
  });

  it('of what is held goes to the hook when the holder’s action throws (C4 C5)', () => {
    const completion = new Completion<number>();
    completion.intercept((outcome) =>
      outcome.hold(null, () => {
        throw 'the holder';
      }),
    );
    completion.complete(1);
    expect([completion.cancel(), uncaught]).to.deep.equal(['requested', ['the holder']]);
  });

  it('asks each holder once, also the second and one that came after a first cancel (C5)', () => {
    const completion = new Completion<number>();
    const asked: string[] = [];
    const resumes: Resume[] = [];
    for (const name of ['upper', 'lower']) {
      completion.intercept((outcome) => {
        resumes.push(outcome.hold(null, () => asked.push(name)));
      });
    }
    completion.onCancel(() => false);
    completion.cancel();
    completion.complete(1);
    completion.cancel();
    resumes[0]?.();
    completion.cancel();
    completion.cancel();
    expect(asked).to.deep.equal(['lower', 'upper']);
  });

  it('is a wake with another key: all but cancel actions pass, and nothing leaves the queue (C5)', () => {
    const completion = new Completion<number>();
    const trace: string[] = [];
    completion.intercept(() => trace.push('layer'));
    completion.notify(() => trace.push('waiter'));
    completion.onCancel(() => {
      trace.push('action');
      return false;
    });
    const keys: unknown[] = [];
    completion.add(new WaitEntry((_entry, key) => (keys.push(key), PASS)));
    const before = Array.from(completion);
    completion.cancel();
    expect([trace, keys]).to.deep.equal([['action'], [CANCEL]]);
    expect(Array.from(completion)).to.deep.equal(before);
    completion.complete(1);
    expect([trace, keys]).to.deep.equal([
      ['action', 'layer', 'waiter'],
      [CANCEL, SETTLE],
    ]);
  });

  it('goes to the hook when an action throws, and cancels all the same (C4 C5)', () => {
    const completion = new Completion();
    const older = sinon.spy();
    completion.onCancel(older);
    completion.onCancel(() => {
      throw 'an action';
    });
    expect([completion.cancel(), uncaught, older.callCount]).to.deep.equal(['cancelled', ['an action'], 1]);
  });

  it('takes an action that is removed meanwhile for removed, one that is added for not asked (C5 W3)', () => {
    const completion = new Completion();
    const older = sinon.spy();
    const added = sinon.spy();
    const entry = completion.onCancel(older);
    completion.onCancel(() => {
      completion.remove(entry);
      completion.onCancel(added);
    });
    completion.cancel();
    expect([older.callCount, added.callCount]).to.deep.equal([0, 0]);
  });

  it('reaches what its own walk cancels (C5 E6)', () => {
    const [chosen, loser] = [new Completion(), new Completion()];
    const race = firstOf([chosen, loser]);
    chosen.cancel('r');
    expect([race.state, loser.state]).to.deep.equal(['failed', 'cancelled']);
  });

  it('of another completion from inside an action is answered there (C5)', () => {
    const [outer, inner, left] = [new Completion(), new Completion(), new Completion()];
    const answers: string[] = [];
    left.onCancel(() => false);
    outer.onCancel(() => answers.push(inner.cancel('by the action'), left.cancel()));
    answers.push(outer.cancel('r'));
    expect(answers).to.deep.equal(['cancelled', 'requested', 'cancelled']);
    expect((inner.error as AbortError).cause).to.equal('by the action');
  });

  it('throws for an action that comes after settling (C2)', () => {
    const completion = new Completion();
    completion.complete();
    expect(codeOf(() => completion.onCancel(() => undefined))).to.equal('ERR_SETTLED');
  });

  it('shows the error that was made when a signal gave the reason (C8)', () => {
    const completion = new Completion();
    const reason = { any: 'value' };
    cancel(completion, reason, true);
    expect(completion.error).to.equal(reason);
  });
});

describe('cancelThrough', () => {
  it('asks the lower one too and settles with it (C5)', () => {
    const [upper, lower] = [new Completion(), new Completion()];
    const trace: string[] = [];
    noteSettling(trace, 'upper', upper);
    noteSettling(trace, 'lower', lower);
    lower.notify(() => upper.completeCancelled(lower.error));
    upper.onCancel(() => upper.cancelThrough(lower));
    expect(upper.cancel('r')).to.equal('cancelled');
    expect(trace).to.deep.equal(['lower cancelled', 'upper cancelled']);
    expect(upper.error).to.equal(lower.error);
  });

  it('passes a cancel down a chain of a million without recursion (C5 W7)', () => {
    const chain = Array.from({ length: million }, () => new ReusableCompletion());
    for (let i = 1; i < million; i++) {
      const [upper, lower] = [chain[i - 1], chain[i]] as [ReusableCompletion, ReusableCompletion];
      upper.onCancel(() => upper.cancelThrough(lower));
      lower.notify(() => upper.completeCancelled(lower.error));
    }
    expect(chain[0]?.cancel('r')).to.equal('cancelled');
    expect(chain.every(({ state }) => state === 'cancelled')).to.equal(true);
  }).timeout(60_000);
});

describe('completeCancelled', () => {
  it('claims once, in its own epoch, as cancelled and with the error given (C1 C3)', () => {
    const completion = new ReusableCompletion();
    completion.reset();
    expect(completion.completeCancelled('stale', 0)).to.equal(false);
    expect([completion.completeCancelled('short'), completion.completeCancelled('again')]).to.deep.equal([true, false]);
    expect([completion.state, completion.error]).to.deep.equal(['cancelled', 'short']);
  });
});

describe('cancelling', () => {
  it('of a subclass comes before the actions, once, and what it throws goes to the hook (C5)', () => {
    const trace: string[] = [];
    class Operation extends Completion {
      protected override cancelling(): void {
        trace.push('cancelling');
        this.leaveRunning();
      }
    }
    const operation = new Operation();
    operation.onCancel(() => trace.push('action'));
    expect([operation.cancel(), operation.cancel()]).to.deep.equal(['requested', 'requested']);
    expect(trace).to.deep.equal(['cancelling', 'action']);
  });

  describe('that throws', () => {
    const uncaught = collectUncaught();

    it('goes to the hook (C4)', () => {
      class Broken extends Completion {
        protected override cancelling(): void {
          throw 'broken';
        }
      }
      expect([new Broken().cancel(), uncaught]).to.deep.equal(['cancelled', ['broken']]);
      expect(new Completion().cancel()).to.equal('cancelled');
    });
  });
});

describe('passCancel', () => {
  it('outside of a cancel is one, and leaves a claimed outcome alone (C5)', () => {
    const [pending, done] = [new Completion(), new Completion()];
    done.complete();
    passCancel(pending, 'r');
    passCancel(done, 'r');
    expect([pending.state, done.state]).to.deep.equal(['cancelled', 'done']);
  });
});
