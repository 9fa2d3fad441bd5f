import { expect } from 'chai';
import { retry } from '../../../lib/compare/experiments/retry.js';
import { figuresAt, strategies } from '../support.js';

describe('retry', () => {
  for (const pieces of [1, 4]) {
    it(`sends one of ${pieces} pieces twice, under every strategy (N8)`, async () => {
      const figures = await figuresAt(retry, pieces);
      for (const { name } of strategies) expect(figures[name]).to.include({ operations: pieces + 1 });
    });
  }
});
