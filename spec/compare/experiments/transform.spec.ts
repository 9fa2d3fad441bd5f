import { expect } from 'chai';
import { transform } from '../../../lib/compare/experiments/transform.js';
import { countsOf } from '../formulas.js';
import { expectCounts, figuresAt, strategies } from '../support.js';

describe('transform', () => {
  for (const blocks of [1, 3]) {
    it(`makes of a write and a read of ${blocks} blocks what the formulas say, under every design (Q2)`, async () => {
      const figures = await figuresAt(transform, blocks);
      // Both pass encryption and checksums, and are carved into one part by the layer that changes the size.
      const each = countsOf({ passes: 2, moves: 0, pieces: 1, splits: 1, transfers: 1, locations: 3 });
      const expected = Object.entries(each).map(([name, { headers, links, callbacks, operations }]) => {
        // wakechain's layers are also told of the part. Of what is written, a promise's encryption sends another object.
        const more = strategies.some((strategy) => strategy.name === name) ? 2 : 0;
        const written = name === 'promises' || name === 'rxjs' ? 1 : 0;
        return [
          name,
          {
            headers: 2 * headers + written,
            // A stream of the layer that changes the size is one like any other.
            links: 2 * links + (name === 'streams' ? 2 : 0),
            callbacks: 2 * callbacks + more,
            operations: 2 * operations,
          },
        ] as const;
      });
      expectCounts(figures, Object.fromEntries(expected));
    });
  }

  it('needs a buffer for what is written and two for the size, and copies each way, whatever the design but streams', async () => {
    const figures = await figuresAt(transform, 3);
    for (const [name, { copied, buffered }] of Object.entries(figures)) {
      if (name === 'edge') continue;
      if (name === 'streams') expect(copied).to.be.greaterThan(2 * 3 * 4096);
      else expect([copied, buffered], name).to.deep.equal([2 * 3 * 4096, 3 * 4096 + 2 * 3 * 4608]);
    }
  });
});
