import { deferred } from '../../../lib/compare/experiments/deferred.js';
import { countsOf } from '../formulas.js';
import { expectCounts, figuresAt } from '../support.js';

describe('deferred', () => {
  for (const [later, where] of ['inline', 'in a microtask', 'in a task'].entries()) {
    it(`makes of a layer whose action runs ${where} what the formulas say, under every design (N6)`, async () => {
      const shape = { passes: 1, moves: 0, pieces: 0, splits: 0, transfers: 1, locations: 1 };
      expectCounts(await figuresAt(deferred, later), countsOf(shape));
    });
  }
});
