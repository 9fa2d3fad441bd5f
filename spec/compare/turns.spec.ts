import { expect } from 'chai';
import { passTurns } from '../../lib/compare/turns.js';

describe('passTurns', () => {
  it('takes no turn when it is through already', () => {
    let asked = 0;
    void passTurns(() => ++asked > 0);
    expect(asked).to.be.greaterThan(0);
  });

  it('waits for microtasks and for tasks, and says that it is through', async () => {
    const through: string[] = [];
    void Promise.resolve().then(() => through.push('microtask'));
    setImmediate(() => through.push('task'));
    expect(await passTurns(() => through.length === 2)).to.equal(true);
  });

  it('gives up on what turns do not bring', async () => {
    expect(await passTurns(() => false)).to.equal(false);
  });
});
