import { expect } from 'chai';
import { depth } from '../../../lib/compare/experiments/depth.js';
import { clones, figuresAt, strategies } from '../support.js';

describe('depth', function () {
  this.timeout(60_000);

  for (const layers of [0, 1, 8]) {
    it(`counts at ${layers} layers a header for each with clones, and one otherwise`, async () => {
      const figures = await figuresAt(depth, layers);
      for (const { name } of strategies) {
        const { headers, callbacks, visited, operations } = figures[name]!;
        expect({ headers, callbacks, visited, operations }).to.deep.equal({
          headers: clones(name) ? layers + 1 : 1,
          callbacks: layers,
          visited: 0,
          operations: 1,
        });
      }
      expect([figures['waitQueue']!['links'], figures['cloneKiobuf']!['links']]).to.deep.equal([layers, 0]);
    });
  }

  it('finds more held in flight through more layers, and shows the edge alone', async () => {
    const [few, many] = [await figuresAt(depth, 1), await figuresAt(depth, 64)];
    for (const { name } of strategies) {
      expect(many[name]!['retained']).to.be.greaterThan(few[name]!['retained']! + 63 * 24);
    }
    expect(many['edge']).to.include({ headers: 1, links: 0, operations: 0 });
    expect(many['edge']!['retained']).to.be.lessThan(many['waitQueue']!['retained']!);
  });
});
