import { expect } from 'chai';
import { LEAST_ROUNDS, plans } from '../../lib/compare/plan.js';

describe('plans', () => {
  it('have their own names, and rounds enough to tell a difference', () => {
    for (const [name, plan] of Object.entries(plans)) {
      expect(plan.name).to.equal(name);
      expect(plan.rounds).to.be.at.least(LEAST_ROUNDS);
    }
  });

  it('take more from one to the next', () => {
    const { quick, full, thorough } = plans;
    for (const [less, more] of [
      [quick, full],
      [full, thorough],
    ] as const) {
      expect(more.rounds * more.runMs).to.be.greaterThan(less.rounds * less.runMs);
      expect(more.fileRounds).to.be.greaterThan(less.fileRounds);
    }
  });
});
