import { expect } from 'chai';
import { retry } from '../../../lib/compare/experiments/retry.js';
import { countsOf } from '../formulas.js';
import { expectCounts, figuresAt } from '../support.js';

describe('retry', () => {
  it('sends one of 4 pieces twice, under every design that can (N8)', async () => {
    // Through the layer that tries again, in four pieces; then through it in one piece, which the stripe passes on.
    const first = countsOf({ passes: 1, moves: 0, pieces: 4, splits: 1, transfers: 4, locations: 2 });
    const again = { headers: 1, links: 0, callbacks: 2, visited: 0, operations: 1 };
    const links = { waitQueue: 3, compoundEvent: 5, cloneKiobufTracked: 2, stackLocations: 1, promises: 2, rxjs: 2 };
    const expected = Object.entries(first).map(([name, counts]) => {
      const moved = name.startsWith('clone') || ['bioChain', 'promises', 'rxjs'].includes(name) ? 1 : 0;
      return [
        name,
        {
          headers: counts.headers + again.headers + moved,
          links: counts.links + (links[name as keyof typeof links] ?? 0),
          callbacks: counts.callbacks + again.callbacks,
          operations: counts.operations + again.operations,
        },
      ] as const;
    });
    expectCounts(await figuresAt(retry, 4), Object.fromEntries(expected), ['streams']);
  });

  it('sends a whole request of one piece twice', async () => {
    const figures = await figuresAt(retry, 1);
    for (const [name, { operations }] of Object.entries(figures)) {
      expect(operations, name).to.equal(name === 'edge' ? 0 : 2);
    }
  });
});
