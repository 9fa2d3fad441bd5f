import { expect } from 'chai';
import { Completion } from '../../lib/event/completion.js';
import { collecting } from '../../lib/event/settle.js';
import { WaitEntry, WOKEN } from '../../lib/wait/entry.js';
import { codeOf, collectUncaught, noteSettling } from './support.js';

const million = 1_000_000;

describe('settle', () => {
  const uncaught = collectUncaught();

  it('runs what a callback claimed when it returns, depth first and in order (C6)', () => {
    const trace: string[] = [];
    const named = (name: string, ...claims: Completion[]): Completion => {
      const completion = new Completion();
      completion.intercept(() => trace.push(`${name} layer`));
      completion.notify(() => {
        for (const each of claims) each.complete();
        trace.push(`${name} 1 returns`);
      });
      completion.notify(() => trace.push(`${name} 2`));
      return completion;
    };
    const aa = named('aa');
    const ab = named('ab');
    const a = named('a', aa, ab);
    const b = named('b', named('ba'));
    named('root', a, b).complete();
    expect(trace).to.deep.equal([
      ...['root layer', 'root 1 returns'],
      ...['a layer', 'a 1 returns'],
      ...['aa layer', 'aa 1 returns', 'aa 2'],
      ...['ab layer', 'ab 1 returns', 'ab 2'],
      ...['a 2'],
      ...['b layer', 'b 1 returns'],
      ...['ba layer', 'ba 1 returns', 'ba 2'],
      ...['b 2', 'root 2'],
    ]);
  });

  it('runs what a layer claimed before the layers above it (C6)', () => {
    const trace: string[] = [];
    const [lower, upper] = [new Completion(), new Completion()];
    noteSettling(trace, 'lower', lower);
    noteSettling(trace, 'upper', upper);
    upper.intercept(() => trace.push('above'));
    upper.intercept(() => {
      lower.complete();
      trace.push(`layer returns, lower is ${lower.state}`);
    });
    upper.complete();
    expect(trace).to.deep.equal(['layer returns, lower is completing', 'lower done', 'above', 'upper done']);
  });

  it('claims at once and walks later: inside a callback the state is completing (C6)', () => {
    const [outer, inner] = [new Completion(), new Completion()];
    const states: string[] = [];
    inner.notify(() => undefined);
    outer.notify(() => {
      states.push(String(inner.complete()), inner.state, String(inner.complete()));
    });
    outer.notify(() => states.push(inner.state));
    outer.complete();
    expect(states).to.deep.equal(['true', 'completing', 'false', 'done']);
  });

  it('has run everything it set off inline when complete returns to the outside (C6)', () => {
    const trace: string[] = [];
    const last = new Completion();
    const middle = new Completion();
    const first = new Completion();
    first.notify(() => middle.complete());
    middle.intercept(() => last.complete());
    noteSettling(trace, 'last', last);
    first.complete();
    trace.push('returned');
    expect(trace).to.deep.equal(['last done', 'returned']);
  });

  it('settles at once when there is nobody to call, from inside a callback too', () => {
    const [outer, lonely] = [new Completion(), new Completion()];
    outer.notify(() => {
      lonely.complete();
      expect(lonely.state).to.equal('done');
    });
    outer.complete();
    expect(uncaught).to.deep.equal([]);
  });

  it('settles a chain of a million waiters without recursion (C6 W7)', () => {
    const completions = Array.from({ length: million }, () => new Completion());
    for (let i = 1; i < million; i++) {
      const next = completions[i] as Completion;
      completions[i - 1]?.notify(() => next.complete());
    }
    completions[0]?.complete();
    expect(completions.every(({ state }) => state === 'done')).to.equal(true);
  }).timeout(60_000);

  it('settles a chain of 100,000 layers without recursion (C6)', () => {
    const completions = Array.from({ length: 100_000 }, () => new Completion());
    for (let i = 1; i < completions.length; i++) {
      const next = completions[i] as Completion;
      completions[i - 1]?.intercept(() => next.fail('e'));
    }
    completions[0]?.complete();
    expect(completions.slice(1).every(({ state }) => state === 'failed')).to.equal(true);
  });

  it('resumes from inside a callback as soon as that returns (C3 C6)', () => {
    const trace: string[] = [];
    const [held, other] = [new Completion<number>(), new Completion()];
    held.intercept((outcome) => {
      const resume = outcome.hold();
      other.notify(() => {
        resume();
        trace.push('resumer returns');
      });
      other.notify(() => trace.push('other 2'));
    });
    noteSettling(trace, 'held', held);
    held.complete(1);
    other.complete();
    expect(trace).to.deep.equal(['resumer returns', 'held done', 'other 2']);
  });

  it('goes on when waiters, layers and cancel actions throw, one after the other (C4)', () => {
    const trace: string[] = [];
    const completion = new Completion<number>();
    const thrower = (what: string) => () => {
      trace.push(what);
      throw what;
    };
    completion.intercept(thrower('layer 1'));
    completion.onCancel(thrower('action 1'));
    completion.onCancel(thrower('action 2'));
    completion.intercept(thrower('layer 2'));
    completion.notify(thrower('waiter 1'));
    completion.notify(thrower('waiter 2'));
    expect(completion.cancel()).to.equal('cancelled');
    expect(trace).to.deep.equal(['action 2', 'action 1', 'layer 2', 'layer 1', 'waiter 1', 'waiter 2']);
    const [actions, ...waiters] = uncaught as [AggregateError, ...string[]];
    expect([actions.errors, waiters]).to.deep.equal([
      ['action 2', 'action 1'],
      ['waiter 1', 'waiter 2'],
    ]);
    expect([completion.state, completion.error]).to.deep.equal(['failed', 'layer 1']);
    expect(new Completion().complete()).to.equal(true);
  });

  it('visits an entry that a waiter adds in front of others (exclusive) in its own walk', () => {
    const trace: string[] = [];
    const completion = new Completion();
    completion.intercept(() => {
      completion.addExclusive(new WaitEntry(() => (trace.push('exclusive'), WOKEN)));
      completion.add(new WaitEntry(() => (trace.push('shared'), WOKEN)));
    });
    completion.complete();
    expect(trace).to.deep.equal(['shared', 'exclusive']);
  });
});

describe('collecting', () => {
  it('keeps back every walk until its body has returned, and says whether it was the outermost', () => {
    const trace: string[] = [];
    const completion = new Completion();
    noteSettling(trace, 'it', completion);
    const answers: boolean[] = [];
    const outer = collecting(() => {
      answers.push(
        collecting(() => {
          completion.complete();
        }),
      );
      trace.push('body returns');
    });
    expect([trace, answers, outer]).to.deep.equal([['body returns', 'it done'], [false], true]);
  });

  it('runs the walks also when its body throws', () => {
    const trace: string[] = [];
    const completion = new Completion();
    noteSettling(trace, 'it', completion);
    expect(
      codeOf(() =>
        collecting(() => {
          completion.complete();
          throw Object.assign(new Error('body'), { code: 'BODY' });
        }),
      ),
    ).to.equal('BODY');
    expect(trace).to.deep.equal(['it done']);
  });
});
