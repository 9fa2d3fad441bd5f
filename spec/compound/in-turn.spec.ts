import { expect } from 'chai';
import { inTurn } from '../../lib/compound/in-turn.js';
import { Completion } from '../../lib/event/completion.js';
import { collectUncaught } from '../event/support.js';

describe('inTurn', () => {
  const uncaught = collectUncaught();

  it('runs at once, and what it claims is walked when it has returned (C6)', () => {
    const trace: string[] = [];
    const completion = new Completion();
    completion.notify(() => trace.push('walked'));
    inTurn(() => {
      completion.complete();
      trace.push('ran');
    });
    expect(trace).to.deep.equal(['ran', 'walked']);
  });

  it('called in a callback, runs once that has returned, each with its walks before the next (C6)', () => {
    const trace: string[] = [];
    const trigger = new Completion();
    trigger.notify(() => {
      for (const name of ['a', 'b']) {
        inTurn(() => {
          trace.push(name);
          const completion = new Completion();
          completion.notify(() => trace.push(`${name} walked`));
          completion.complete();
        });
      }
      trace.push('returned');
    });
    trigger.notify(() => trace.push('next waiter'));
    trigger.complete();
    expect(trace).to.deep.equal(['returned', 'a', 'a walked', 'b', 'b walked', 'next waiter']);
  });

  it('hands on what is thrown (C4)', () => {
    inTurn(() => {
      throw new Error('e');
    });
    expect(uncaught.map(String)).to.deep.equal(['Error: e']);
  });
});
