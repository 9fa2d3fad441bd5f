import { expect } from 'chai';
import { plain } from '../../../lib/compare/experiments/plain.js';
import { figuresAt, strategies } from '../support.js';

describe('plain', () => {
  for (const inFlight of [1, 64]) {
    it(`counts a header and nothing else with ${inFlight} in flight, under every design (N10)`, async function () {
      this.timeout(60_000);
      const figures = await figuresAt(plain, inFlight);
      for (const { name } of strategies) {
        expect(figures[name]).to.include({ headers: 1, links: 0, callbacks: 0, visited: 0, operations: 1 });
      }
    });
  }
});
