import { designs } from './strategies.js';
import { strategyContract } from './strategy-contract.js';
import { verbsContract } from './verbs-contract.js';

describe('the designs', () => {
  for (const design of designs) {
    describe(design.strategy.name, () => {
      strategyContract(design);
      verbsContract(design);
    });
  }
});
