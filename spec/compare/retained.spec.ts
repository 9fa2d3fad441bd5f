import { expect } from 'chai';
import { plans } from '../../lib/compare/plan.js';
import { retainedBytes } from '../../lib/compare/retained.js';

describe('retainedBytes', function () {
  this.timeout(30_000);

  it('tells about how much each holds, and lets all out after each try', async () => {
    let ended = 0;
    const bytes = await retainedBytes(
      plans.quick,
      () => new Array<number>(100).fill(0.5),
      () => ++ended,
    );
    expect(bytes).to.be.within(700, 1100);
    expect(ended).to.equal(4);
  });

  it('is nothing for what holds nothing', async () => {
    expect(
      await retainedBytes(
        plans.quick,
        () => null,
        () => {},
      ),
    ).to.be.below(64);
  });
});
