import { expect } from 'chai';
import { LEAST_ROUNDS, leastRounds, planOfPass, plans } from '../../lib/compare/plan.js';

describe('planOfPass', () => {
  it('shares out the rounds, the first passes taking what does not divide', () => {
    const plan = { ...plans.quick, rounds: 8, fileRounds: 2 };
    const shares = [0, 1, 2].map((pass) => planOfPass(plan, pass, 3));
    expect(shares.map(({ rounds, fileRounds, passes }) => [rounds, fileRounds, passes])).to.deep.equal([
      [3, 1, 3],
      [3, 1, 3],
      [2, 0, 3],
    ]);
    expect(planOfPass(plan, 0, 1)).to.include({ rounds: 8, fileRounds: 2 });
  });

  it('leaves enough to tell when each makes do with the least', () => {
    for (const plan of Object.values(plans)) {
      expect(plan.passes * leastRounds(plan)).to.be.within(LEAST_ROUNDS, plan.rounds);
    }
  });
});

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
