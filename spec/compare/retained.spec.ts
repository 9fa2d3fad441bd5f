import { expect } from 'chai';
import { plans } from '../../lib/compare/plan.js';
import { retainedBytes } from '../../lib/compare/retained.js';

describe('retainedBytes', function () {
  this.timeout(30_000);

  it('tells about how much each holds, and lets all out after each try, of which passes share three', async () => {
    for (const [passes, tries] of [
      [1, 3],
      [3, 1],
    ] as const) {
      let ended = 0;
      const bytes = await retainedBytes(
        { ...plans.quick, passes },
        () => new Array<number>(100).fill(0.5),
        () => ++ended,
      );
      expect(bytes).to.be.within(700, 1100);
      expect(ended, 'with the one that warms up').to.equal(1 + tries);
    }
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
