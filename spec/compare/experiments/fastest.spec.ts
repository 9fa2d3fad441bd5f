import { expect } from 'chai';
import { fastest } from '../../../lib/compare/experiments/fastest.js';
import { figuresAt, strategies } from '../support.js';

describe('fastest', () => {
  for (const members of [2, 5]) {
    it(`pulls what waits at ${members - 1} busy members, so that nobody waits for them (N14)`, async () => {
      const figures = await figuresAt(fastest, members);
      for (const { name } of strategies) expect(figures[name]).to.include({ waited: 0, wasted: 0 });
      expect(figures['edge']).to.not.have.property('wasted');
    });
  }
});
