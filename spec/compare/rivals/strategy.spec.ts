import { strategyRival } from '../../../lib/compare/rivals/strategy.js';
import { rivalContract } from '../rival-contract.js';
import { strategies } from '../support.js';

describe('strategyRival', () => {
  for (const strategy of strategies) {
    describe(strategy.name, () => {
      rivalContract(strategyRival(strategy));
    });
  }
});
