import { expect } from 'chai';
import { setImmediate } from 'node:timers/promises';
import { inTurn } from '../../lib/layers/turns.js';

describe('inTurn', () => {
  const log: string[] = [];
  const step =
    (name: string, then?: () => void): (() => void) =>
    () => {
      log.push(name);
      then?.();
    };

  beforeEach(async () => {
    // The turn that was taken before is over.
    await setImmediate();
    await setImmediate();
    log.length = 0;
  });

  it('runs a step at once when the turn is free', () => {
    inTurn(step('a'));
    expect(log).to.deep.equal(['a']);
  });

  it('runs one step a turn, in order, also of those that come meanwhile', async () => {
    inTurn(step('a', () => inTurn(step('a again'))));
    inTurn(step('b'));
    const seen = [[...log]];
    for (let i = 0; i < 3; i++) {
      await setImmediate();
      seen.push([...log]);
    }
    const all = ['a', 'a again', 'b'];
    expect(seen).to.deep.equal([all.slice(0, 1), all.slice(0, 2), all, all]);
    inTurn(step('c'));
    expect(log, 'the turn is free again').to.deep.equal([...all, 'c']);
  });

  it('goes on behind a step that throws', async () => {
    expect(() =>
      inTurn(() => {
        inTurn(step('b'));
        throw new Error('a');
      }),
    ).to.throw('a');
    await setImmediate();
    expect(log).to.deep.equal(['b']);
  });
});
