import { rivals } from '../../../lib/compare/rivals.js';
import { rivalContract } from '../rival-contract.js';

describe('strategyRival', () => {
  for (const rival of rivals) {
    describe(rival.name, () => {
      rivalContract(rival);
    });
  }
});
