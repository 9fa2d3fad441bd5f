import { tree } from '../../../lib/compare/experiments/tree.js';
import { countsOf } from '../formulas.js';
import { expectCounts, figuresAt } from '../support.js';

describe('tree', () => {
  it('makes of every passing of a layer and of every piece what the formulas say', async function () {
    this.timeout(60_000);
    // Four layers over the split, and four over each of the four members.
    const shape = { passes: 4 + 4 * 4, moves: 0, pieces: 4, splits: 1, transfers: 4, locations: 4 + 1 + 4 + 4 * 4 };
    expectCounts(await figuresAt(tree, 4), countsOf(shape));
  });
});
