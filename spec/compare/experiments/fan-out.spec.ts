import { fanOut } from '../../../lib/compare/experiments/fan-out.js';
import { countsOf } from '../formulas.js';
import { expectCounts, figuresAt } from '../support.js';

describe('fan-out', function () {
  this.timeout(60_000);

  for (const pieces of [2, 16]) {
    it(`makes of a request in ${pieces} pieces what the formulas say, under every design`, async () => {
      const shape = { passes: 0, moves: 0, pieces, splits: 1, transfers: pieces, locations: 1 };
      expectCounts(await figuresAt(fanOut, pieces), countsOf(shape));
    });
  }

  it('passes on whole what lies within one chunk', async () => {
    const shape = { passes: 1, moves: 1, pieces: 0, splits: 0, transfers: 1, locations: 1 };
    expectCounts(await figuresAt(fanOut, 1), countsOf(shape));
  });
});
