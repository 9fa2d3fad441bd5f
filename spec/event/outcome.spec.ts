import { expect } from 'chai';
import sinon from 'sinon';
import { Completion } from '../../lib/event/completion.js';
import type { Outcome, Resume } from '../../lib/event/outcome.js';
import { AbortError } from '../../lib/wait/errors.js';
import { codeOf, collectUncaught, thrownBy, turns } from './support.js';

/** A completion with a layer, and what the layers above and the waiters came to see. */
function layered(layer: (outcome: Outcome<number>) => unknown): { completion: Completion<number>; seen: string[] } {
  const completion = new Completion<number>();
  const seen: string[] = [];
  completion.intercept((outcome) => seen.push(`above: ${outcome.status}`));
  completion.intercept(layer);
  completion.notify(({ state, error }) =>
    seen.push(`waiter: ${state} ${state === 'done' ? completion.value : String(error)}`),
  );
  return { completion, seen };
}

describe('Outcome', () => {
  const uncaught = collectUncaught();

  describe('value', () => {
    it('is the value, and throws the error that layers for success let pass (C4)', () => {
      const { completion, seen } = layered((outcome) => outcome.succeed(outcome.value + 1));
      completion.complete(1);
      const failing = layered((outcome) => outcome.succeed(outcome.value + 1));
      failing.completion.fail('e');
      expect([seen, failing.seen]).to.deep.equal([
        ['above: done', 'waiter: done 2'],
        ['above: failed', 'waiter: failed e'],
      ]);
    });

    it('passes a cancel on as a cancel, not as a failure (C4 C8)', () => {
      const { completion, seen } = layered((outcome) => outcome.succeed(outcome.value + 1));
      completion.cancel('r');
      expect(seen).to.deep.equal(['above: cancelled', 'waiter: cancelled AbortError: The operation was cancelled']);
    });
  });

  describe('status and error', () => {
    it('tell done, failed and cancelled apart (C8)', () => {
      const seen: unknown[] = [];
      const settles = [
        (completion: Completion<number>) => completion.complete(1),
        (completion: Completion<number>) => completion.fail('e'),
        (completion: Completion<number>) => completion.cancel('r'),
      ];
      for (const settle of settles) {
        const { completion } = layered((outcome) => {
          seen.push(outcome.status, outcome.error instanceof AbortError ? outcome.error.cause : outcome.error);
          expect(outcome.completion).to.equal(completion);
        });
        settle(completion);
      }
      expect(seen).to.deep.equal(['done', undefined, 'failed', 'e', 'cancelled', 'r']);
    });
  });

  describe('succeed and fail', () => {
    it('replace the outcome in each direction (C3)', () => {
      const recovered = layered((outcome) => outcome.succeed(7));
      recovered.completion.fail('e');
      const spoilt = layered((outcome) => outcome.fail('late'));
      spoilt.completion.complete(1);
      const kept = layered((outcome) => outcome.succeed(8));
      kept.completion.cancel();
      expect([recovered.seen[1], spoilt.seen[1], kept.seen[1]]).to.deep.equal([
        ...['waiter: done 7', 'waiter: failed late', 'waiter: done 8'],
      ]);
    });

    it('are refused once it has settled (C2)', () => {
      let kept: Outcome<number> | null = null;
      const { completion } = layered((outcome) => void (kept = outcome));
      completion.complete(1);
      const outcome = kept as unknown as Outcome<number>;
      const calls = [() => outcome.succeed(2), () => outcome.fail(2), () => outcome.hold(), () => outcome.rearm()];
      const reads = [() => outcome.value, () => outcome.status, () => outcome.error];
      for (const call of [...calls, ...reads]) expect(codeOf(call)).to.equal('ERR_OUTCOME');
      expect(completion.value).to.equal(1);
      expect(codeOf(() => completion.outcome)).to.equal('ERR_OUTCOME');
      expect(codeOf(() => new Completion().outcome)).to.equal('ERR_OUTCOME');
    });
  });

  describe('a layer that throws', () => {
    it('fails the completion; the layers above still run and may recover (C4)', () => {
      const completion = new Completion<number>();
      const trace: string[] = [];
      completion.intercept((outcome) => trace.push(`top ${outcome.status}`));
      completion.intercept((outcome) => {
        trace.push(`middle ${outcome.status} ${String(outcome.error)}`);
        outcome.succeed(9);
      });
      completion.intercept(() => {
        throw new Error('mine');
      });
      expect(completion.complete(1)).to.equal(true);
      expect(trace).to.deep.equal(['middle failed Error: mine', 'top done']);
      expect([completion.value, uncaught]).to.deep.equal([9, []]);
    });

    it('settles as failed when nobody recovers (C4)', () => {
      const { completion, seen } = layered(() => {
        throw new Error('mine');
      });
      completion.complete(1);
      expect(seen).to.deep.equal(['above: failed', 'waiter: failed Error: mine']);
    });

    it('replaces an error by its own (C4)', () => {
      const { completion, seen } = layered(() => {
        throw new Error('mine');
      });
      completion.cancel();
      expect(seen[1]).to.equal('waiter: failed Error: mine');
    });

    it('holds nothing: what it held goes on with its error (C4)', () => {
      let resume: Resume = () => true;
      const { completion, seen } = layered((outcome) => {
        resume = outcome.hold();
        throw new Error('after hold');
      });
      completion.complete(1);
      expect(seen).to.deep.equal(['above: failed', 'waiter: failed Error: after hold']);
      expect([resume(), completion.size]).to.deep.equal([false, 0]);
    });

    it('having rearmed fails that life, and is not called for it (C4)', () => {
      const layer = sinon.spy((outcome: Outcome<number>) => {
        outcome.rearm();
        throw new Error('could not start again');
      });
      const { completion, seen } = layered(layer);
      completion.complete(1);
      expect(seen).to.deep.equal(['above: failed', 'waiter: failed Error: could not start again']);
      expect([layer.callCount, completion.epoch]).to.deep.equal([1, 1]);
    });
  });

  describe('hold', () => {
    it('keeps back the layers above, the settlement and the waiters until resumed (C3)', () => {
      let resume: Resume = () => false;
      const { completion, seen } = layered((outcome) => {
        resume = outcome.hold();
      });
      expect(completion.complete(1)).to.equal(true);
      expect([completion.state, seen, completion.complete(2)]).to.deep.equal(['completing', [], false]);
      expect(resume()).to.equal(true);
      expect(seen).to.deep.equal(['above: done', 'waiter: done 1']);
      expect([resume(), completion.size]).to.deep.equal([false, 0]);
    });

    it('resumed before the layer returns does not hold (C3)', () => {
      const { completion, seen } = layered((outcome) => {
        const resume = outcome.hold();
        outcome.succeed(2);
        expect(resume()).to.equal(true);
        expect(seen).to.deep.equal([]);
      });
      completion.complete(1);
      expect(seen).to.deep.equal(['above: done', 'waiter: done 2']);
    });

    it('lets the holder change the outcome while it holds (C3)', () => {
      let held: Outcome<number> | null = null;
      let resume: Resume = () => false;
      const { completion, seen } = layered((outcome) => {
        held = outcome;
        resume = outcome.hold();
      });
      completion.complete(1);
      (held as unknown as Outcome<number>).fail('checksum');
      resume();
      expect(seen).to.deep.equal(['above: failed', 'waiter: failed checksum']);
    });

    it('with until goes on when its promise is fulfilled (C3)', async () => {
      const { completion, seen } = layered((outcome) =>
        outcome.hold(async () => {
          await turns(2);
          outcome.succeed(outcome.value * 2);
        }),
      );
      completion.complete(4);
      await turns(1);
      expect(completion.state).to.equal('completing');
      await completion;
      expect(seen).to.deep.equal(['above: done', 'waiter: done 8']);
    });

    it('with until fails when its promise is rejected (C3 C4)', async () => {
      const { completion, seen } = layered((outcome) => outcome.hold(() => Promise.reject(new Error('unverified'))));
      completion.complete(4);
      await turns(1);
      expect(seen).to.deep.equal(['above: failed', 'waiter: failed Error: unverified']);
    });

    it('with until that throws at once fails, and holds nothing (C3 C4)', () => {
      const { completion, seen } = layered((outcome) =>
        outcome.hold(() => {
          throw new Error('at once');
        }),
      );
      completion.complete(4);
      expect(seen).to.deep.equal(['above: failed', 'waiter: failed Error: at once']);
    });

    it('with until that throws into a layer that catches it holds nothing (C3)', () => {
      const { completion, seen } = layered((outcome) => {
        thrownBy(() => outcome.hold(() => undefined as never));
      });
      completion.complete(4);
      expect(seen).to.deep.equal(['above: done', 'waiter: done 4']);
    });

    it('resumed by hand is not ended again by its promise (C3)', async () => {
      let resumeAbove: Resume = () => false;
      const completion = new Completion<number>();
      completion.intercept((outcome) => {
        resumeAbove = outcome.hold();
      });
      completion.intercept((outcome) => {
        outcome.hold(() => Promise.reject(new Error('too late')))();
      });
      completion.complete(1);
      await turns(1);
      expect(completion.state).to.equal('completing');
      resumeAbove();
      expect(completion.value).to.equal(1);
    });

    it('is taken once at a time, and only by a layer that is being called (C3)', () => {
      let held: Outcome<number> | null = null;
      const { completion } = layered((outcome) => {
        held = outcome;
        outcome.hold();
        expect(codeOf(() => outcome.hold())).to.equal('ERR_OUTCOME');
      });
      completion.complete(1);
      expect(codeOf(() => (held as unknown as Outcome<number>).hold())).to.equal('ERR_OUTCOME');
    });

    it('runs a layer that was added while it held before those above (C2 C3)', () => {
      let resume: Resume = () => false;
      const { completion, seen } = layered((outcome) => {
        resume = outcome.hold();
      });
      completion.complete(1);
      completion.intercept(() => seen.push('added'));
      resume();
      expect(seen).to.deep.equal(['added', 'above: done', 'waiter: done 1']);
    });

    it('may be taken by one layer after the other (C3)', () => {
      const resumes: Resume[] = [];
      const completion = new Completion<number>();
      for (let i = 0; i < 3; i++) completion.intercept((outcome) => resumes.push(outcome.hold()));
      completion.complete(1);
      for (let i = 0; i < 3; i++) {
        expect([completion.state, resumes.length]).to.deep.equal(['completing', i + 1]);
        expect(resumes.map((resume) => resume())).to.deep.equal([...new Array<boolean>(i).fill(false), true]);
      }
      expect(completion.state).to.equal('done');
    });

    it('holds requests back until a refresh completes, and then resumes them in order', () => {
      const refresh = new Completion<string>();
      const trace: string[] = [];
      for (const name of ['a', 'b', 'c']) {
        const request = new Completion<number>();
        request.intercept((outcome) => {
          if (outcome.value !== 401) return;
          const resume = outcome.hold();
          refresh.notify(() => {
            outcome.succeed(200);
            resume();
          });
        });
        request.notify(({ value }) => trace.push(`${name} ${value}`));
        request.complete(name === 'b' ? 200 : 401);
      }
      expect(trace).to.deep.equal(['b 200']);
      refresh.complete('token');
      expect(trace).to.deep.equal(['b 200', 'a 200', 'c 200']);
    });
  });

  describe('rearm', () => {
    it('takes the completion back to pending; the layers above are not told (C3)', () => {
      const epochs: number[] = [];
      const { completion, seen } = layered((outcome) => {
        if (outcome.status === 'failed') epochs.push(outcome.rearm());
      });
      expect(completion.fail('try 1', 0)).to.equal(true);
      expect([completion.state, completion.epoch, seen, epochs]).to.deep.equal(['pending', 1, [], [1]]);
      completion.fail('try 2');
      completion.complete(3);
      expect([seen, epochs]).to.deep.equal([
        ['above: done', 'waiter: done 3'],
        [1, 2],
      ]);
    });

    it('answers false to a late completer of an earlier life (C3)', () => {
      const { completion } = layered((outcome) => {
        if (outcome.status === 'failed') outcome.rearm();
      });
      const [first, second] = [0, 1];
      completion.fail('e', first);
      expect([completion.complete(1, first), completion.fail('e', first)]).to.deep.equal([false, false]);
      expect([completion.state, completion.complete(2, second), completion.value]).to.deep.equal(['pending', true, 2]);
    });

    it('from a hold tries again later (C3)', async () => {
      let tries = 0;
      const { completion, seen } = layered((outcome) => {
        if (outcome.status !== 'failed' || ++tries > 2) return;
        outcome.hold();
        setImmediate(() => {
          const epoch = outcome.rearm();
          setImmediate(() => completion.fail(`try ${tries}`, epoch));
        });
      });
      completion.fail('try 0');
      await turns(10);
      expect([seen, tries]).to.deep.equal([['above: failed', 'waiter: failed try 2'], 3]);
    });

    it('ends the hold: its resume answers false (C3)', () => {
      let held: Outcome<number> | null = null;
      let resume: Resume = () => true;
      const { completion } = layered((outcome) => {
        held = outcome;
        resume = outcome.hold();
      });
      completion.complete(1);
      (held as unknown as Outcome<number>).rearm();
      expect([resume(), completion.state]).to.deep.equal([false, 'pending']);
      expect(codeOf(() => (held as unknown as Outcome<number>).succeed(2))).to.equal('ERR_OUTCOME');
      completion.complete(3);
      expect(completion.state).to.equal('completing');
    });

    it('retries 100,000 times at once without growing the stack (C3 C6)', () => {
      const tries = 100_000;
      const { completion, seen } = layered((outcome) => {
        if (outcome.status === 'failed') start(outcome.rearm());
      });
      const start = (epoch: number): void => {
        if (epoch === tries) completion.complete(epoch, epoch);
        else completion.fail(`try ${epoch}`, epoch);
      };
      start(completion.epoch);
      expect([completion.value, completion.epoch, completion.size]).to.deep.equal([tries, tries, 0]);
      expect(seen).to.deep.equal(['above: done', `waiter: done ${tries}`]);
    });

    it('keeps what stands behind the layer, and the layer; what stood in front has had its turn (C2 C3)', () => {
      const completion = new Completion<number>();
      const trace: string[] = [];
      completion.onCancel(() => trace.push('older action'));
      completion.intercept((outcome) => {
        trace.push(`retry ${outcome.status}`);
        if (outcome.status === 'failed') outcome.rearm();
      });
      completion.intercept(() => trace.push('layer below'));
      completion.onCancel(() => trace.push('action below'));
      completion.fail('e');
      completion.cancel();
      expect(trace).to.deep.equal(['layer below', 'retry failed', 'older action', 'retry cancelled']);
    });

    it('is refused after a cancel was asked for (C3)', () => {
      const codes: string[] = [];
      const { completion, seen } = layered((outcome) => void codes.push(codeOf(() => outcome.rearm())));
      completion.onCancel(() => false);
      expect(completion.cancel()).to.equal('requested');
      completion.fail('e');
      const cancelled = layered((outcome) => void codes.push(codeOf(() => outcome.rearm())));
      cancelled.completion.cancel();
      expect(codes).to.deep.equal(['ERR_REARM', 'ERR_REARM']);
      expect([seen[1], cancelled.completion.state]).to.deep.equal(['waiter: failed e', 'cancelled']);
    });

    it('is refused after a cancel was asked for during the hold (C3)', () => {
      let held: Outcome<number> | null = null;
      const { completion } = layered((outcome) => {
        held = outcome;
        outcome.hold();
      });
      completion.fail('e');
      completion.cancel();
      expect(codeOf(() => (held as unknown as Outcome<number>).rearm())).to.equal('ERR_REARM');
    });

    it('is refused outside of a layer that is called or holds, as hold is (C3)', () => {
      let kept: Outcome<number> | null = null;
      const codes: string[] = [];
      const [completion, other] = [new Completion<number>(), new Completion()];
      completion.intercept(() => other.complete());
      completion.intercept((outcome) => void (kept = outcome));
      other.notify(() => {
        const outcome = kept as unknown as Outcome<number>;
        codes.push(
          completion.state,
          codeOf(() => outcome.rearm()),
          codeOf(() => outcome.hold()),
        );
      });
      completion.complete(1);
      expect([codes, completion.value]).to.deep.equal([['completing', 'ERR_REARM', 'ERR_OUTCOME'], 1]);
    });
  });
});
