import { expect } from 'chai';
import { depth } from '../../../lib/compare/experiments/depth.js';
import { rivals } from '../../../lib/compare/index.js';
import { countsOf } from '../formulas.js';
import { expectCounts, figuresAt } from '../support.js';

describe('depth', function () {
  this.timeout(60_000);

  for (const layers of [0, 1, 8]) {
    it(`makes at ${layers} layers what the formulas say, under every design`, async () => {
      const shape = { passes: layers, moves: 0, pieces: 0, splits: 0, transfers: 1, locations: layers };
      expectCounts(await figuresAt(depth, layers), countsOf(shape));
    });
  }

  it('finds more held in flight through more layers, and shows the edge alone', async () => {
    const [few, many] = [await figuresAt(depth, 1), await figuresAt(depth, 64)];
    for (const { name } of rivals) {
      expect(many[name]!['retained']).to.be.greaterThan(few[name]!['retained']! + 63 * 24);
    }
    expect(many['edge']).to.include({ headers: 1, links: 0, operations: 0 });
    expect(many['edge']!['retained']).to.be.lessThan(many['waitQueue']!['retained']!);
  });
});
