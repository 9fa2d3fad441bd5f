import { plain } from '../../../lib/compare/experiments/plain.js';
import { countsOf } from '../formulas.js';
import { expectCounts, figuresAt } from '../support.js';

describe('plain', () => {
  for (const inFlight of [1, 64]) {
    it(`makes of a request what the formulas say, with ${inFlight} in flight, under every design (N10)`, async function () {
      this.timeout(60_000);
      const shape = { passes: 0, moves: 0, pieces: 0, splits: 0, transfers: 1, locations: 0 };
      expectCounts(await figuresAt(plain, inFlight), countsOf(shape));
    });
  }
});
