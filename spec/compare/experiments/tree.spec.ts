import { expect } from 'chai';
import { tree } from '../../../lib/compare/experiments/tree.js';
import { clones, figuresAt, strategies } from '../support.js';

describe('tree', () => {
  it('counts with clones every passing of a layer, and else the request and its pieces', async function () {
    this.timeout(60_000);
    const figures = await figuresAt(tree, 4);
    for (const { name } of strategies) {
      // Four layers over the split and four over each of the four members; the split itself is told once.
      expect(figures[name]).to.include({
        headers: clones(name) ? 1 + 4 + 4 + 4 * 4 : 1 + 4,
        callbacks: 4 + 1 + 4 * 4,
        operations: 4,
      });
    }
  });
});
