import { expect } from 'chai';
import { fanOut } from '../../../lib/compare/experiments/fan-out.js';
import { clones, figuresAt, strategies } from '../support.js';

describe('fan-out', function () {
  this.timeout(60_000);

  for (const pieces of [1, 2, 16]) {
    it(`counts for ${pieces} pieces a header for each and one for the request, unless it is passed on whole`, async () => {
      const figures = await figuresAt(fanOut, pieces);
      for (const { name } of strategies) {
        const { headers, callbacks, visited, operations } = figures[name]!;
        expect({ headers, callbacks, visited, operations }).to.deep.equal({
          headers: pieces === 1 && !clones(name) ? 1 : pieces + 1,
          callbacks: 1,
          visited: 0,
          operations: pieces,
        });
      }
      expect(figures['waitQueue']!['links']).to.equal(pieces === 1 ? 1 : pieces + 1);
      expect(figures['cloneKiobuf']!['links']).to.equal(0);
    });
  }
});
