import { expect } from 'chai';
import { fastest } from '../../../lib/compare/experiments/fastest.js';
import { rivals } from '../../../lib/compare/index.js';
import { figuresAt } from '../support.js';

describe('fastest', () => {
  for (const members of [2, 5]) {
    it(`pulls what waits at ${members - 1} busy members, so that nobody waits for them (N14)`, async () => {
      const figures = await figuresAt(fastest, members);
      for (const { name } of rivals) {
        if (name === 'streams') expect(figures).to.not.have.property(name);
        else expect(figures[name], name).to.include({ waited: 0, wasted: 0 });
      }
      expect(figures['edge']).to.not.have.property('wasted');
    });
  }
});
