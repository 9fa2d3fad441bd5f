import { expect } from 'chai';
import sinon from 'sinon';
import { inContext, schedulerOf, type Context } from '../../lib/compound/in-context.js';
import { Completion } from '../../lib/event/completion.js';
import type { Resume } from '../../lib/event/outcome.js';
import { codeOf, collectUncaught, noteSettling, thrownBy, turns } from '../event/support.js';

describe('inContext', () => {
  describe('a layer', () => {
    const uncaught = collectUncaught();

    for (const context of ['microtask', 'task'] as const) {
      it(`in a ${context} holds the chain until it has run (C2 C3 N6)`, async () => {
        const completion = new Completion<number>();
        const trace: string[] = [];
        completion.intercept((outcome) => trace.push(`above ${outcome.value}`));
        completion.intercept(inContext(context, (outcome) => outcome.succeed(outcome.value + 1)));
        noteSettling(trace, 'it', completion);
        completion.complete(1);
        trace.push(completion.state);
        await turns(2);
        expect(trace).to.deep.equal(['completing', 'above 2', 'it done']);
      });
    }

    it('in a microtask runs before a task does, both after the call that completed (N6)', async () => {
      const trace: string[] = [];
      for (const context of ['task', 'microtask', 'inline'] as const) {
        const completion = new Completion();
        completion.intercept(inContext(context, () => trace.push(context)));
        completion.complete();
      }
      trace.push('completed');
      await turns(2);
      expect(trace).to.deep.equal(['inline', 'completed', 'microtask', 'task']);
    });

    it('as a scheduler sees fit, also at once (N6)', () => {
      const later: (() => void)[] = [];
      const trace: string[] = [];
      for (const context of [(run: () => void) => void later.push(run), (run: () => void) => run()] as Context[]) {
        const completion = new Completion<number>();
        completion.intercept(inContext(context, (outcome) => outcome.succeed(outcome.value * 2)));
        completion.notify(({ value }) => trace.push(`${value}`));
        completion.complete(trace.length + 1);
      }
      expect(trace).to.deep.equal(['2']);
      later[0]?.();
      expect(trace).to.deep.equal(['2', '2']);
      later[0]?.();
      expect(trace).to.deep.equal(['2', '2']);
    });

    it('put off that throws fails the completion; the layers above still run (C4 N6)', async () => {
      const completion = new Completion<number>();
      completion.intercept((outcome) => outcome.succeed(outcome.status === 'failed' ? 0 : 1));
      completion.intercept(
        inContext('microtask', () => {
          throw new Error('later');
        }),
      );
      completion.complete(5);
      await turns(1);
      expect(completion.value).to.equal(0);
    });

    it('whose scheduler throws fails the completion (C4)', () => {
      const completion = new Completion<number>();
      completion.intercept(
        inContext(
          () => {
            throw new Error('no scheduler');
          },
          () => undefined,
        ),
      );
      completion.complete(5);
      expect(String(completion.error)).to.equal('Error: no scheduler');
    });

    it('put off may hold and rearm as one called in the walk (C3 N6)', async () => {
      const completion = new Completion<number>();
      const resumes: Resume[] = [];
      completion.intercept(
        inContext('microtask', (outcome) => {
          if (outcome.status === 'failed') outcome.rearm();
          else resumes.push(outcome.hold());
        }),
      );
      completion.fail('e');
      await turns(1);
      expect([completion.state, completion.epoch]).to.deep.equal(['pending', 1]);
      completion.complete(2);
      await turns(1);
      expect([completion.state, completion.size]).to.deep.equal(['completing', 1]);
      resumes[0]?.();
      expect([completion.value, completion.size]).to.deep.equal([2, 0]);
    });

    it('put off, having tried again and failed at once, is called again in its turn (C3 C6 N6)', async () => {
      const completion = new Completion<number>();
      completion.intercept(
        inContext('microtask', (outcome) => {
          if (outcome.status === 'failed' && completion.epoch < 5) completion.fail('e', outcome.rearm());
        }),
      );
      completion.fail('e');
      await turns(2);
      expect([completion.state, completion.epoch]).to.deep.equal(['failed', 5]);
    });

    it('run by the layer of another completion leaves that one its own layer (C3)', () => {
      const later: (() => void)[] = [];
      const [putOff, other] = [new Completion<number>(), new Completion<number>()];
      putOff.intercept(
        inContext(
          (run) => later.push(run),
          () => undefined,
        ),
      );
      putOff.complete(1);
      other.intercept((outcome) => {
        for (const run of later.splice(0)) run();
        if (outcome.status === 'failed') outcome.rearm();
      });
      other.fail('e');
      expect([putOff.state, other.state, other.size]).to.deep.equal(['done', 'pending', 1]);
    });

    it('runs once, however often its scheduler would have it (N6)', () => {
      const completion = new Completion<number>();
      const runs: (() => void)[] = [];
      completion.intercept(inContext((run) => runs.push(run, run), (outcome) => outcome.succeed(outcome.value + 1))); // prettier-ignore
      completion.complete(1);
      for (const run of runs) run();
      expect([runs.length, completion.value, uncaught]).to.deep.equal([2, 2, []]);
    });

    it('put off answers requested to a cancel meanwhile (C5 N6)', async () => {
      const completion = new Completion<number>();
      completion.intercept(inContext('task', () => undefined));
      completion.complete(1);
      expect(completion.cancel()).to.equal('requested');
      await turns(2);
      expect(completion.value).to.equal(1);
    });
  });

  describe('a waiter', () => {
    const uncaught = collectUncaught();

    it('runs where it was told; the state has settled before (C2 N6)', async () => {
      const trace: string[] = [];
      const completion = new Completion();
      for (const context of ['task', 'microtask', 'inline'] as const) {
        completion.notify(inContext(context, ({ state }) => trace.push(`${context} ${state}`)));
      }
      completion.complete();
      trace.push('completed');
      await turns(2);
      expect(trace).to.deep.equal(['inline done', 'completed', 'microtask done', 'task done']);
    });

    it('put off that throws goes to the hook (C4 N6)', async () => {
      const completion = new Completion();
      completion.notify(
        inContext('microtask', () => {
          throw 'later';
        }),
      );
      completion.complete();
      await turns(1);
      expect(uncaught).to.deep.equal(['later']);
    });
  });
});

describe('schedulerOf', () => {
  it('has none for inline', () => {
    expect(schedulerOf('inline')).to.equal(null);
  });

  it('takes a scheduler as it is', () => {
    const scheduler = (): void => undefined;
    expect(schedulerOf(scheduler)).to.equal(scheduler);
  });

  it('runs a microtask before the promises that come later, a task after them (N6)', async () => {
    const trace: string[] = [];
    schedulerOf('task')?.(() => trace.push('task'));
    schedulerOf('microtask')?.(() => trace.push('microtask'));
    void Promise.resolve().then(() => trace.push('promise'));
    expect(trace).to.deep.equal([]);
    await turns(2);
    expect(trace).to.deep.equal(['microtask', 'promise', 'task']);
  });

  it('makes a task of a timer where there is no setImmediate', () => {
    const host = globalThis as { setImmediate?: typeof setImmediate };
    const { setImmediate } = globalThis;
    const clock = sinon.useFakeTimers({ toFake: ['setTimeout'] });
    delete host.setImmediate;
    try {
      const run = sinon.spy();
      schedulerOf('task')?.(run);
      expect(run.callCount).to.equal(0);
      clock.tick(0);
      expect(run.callCount).to.equal(1);
    } finally {
      host.setImmediate = setImmediate;
      clock.restore();
    }
  });

  it('refuses anything else, naming it, at once', () => {
    const context = 'later' as 'task';
    expect(codeOf(() => schedulerOf(context))).to.equal('ERR_CONTEXT');
    expect(String(thrownBy(() => inContext(context, () => undefined)))).to.contain('got later');
  });
});
