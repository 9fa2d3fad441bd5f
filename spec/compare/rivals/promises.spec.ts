import { promises } from '../../../lib/compare/rivals/promises.js';
import { rivalContract } from '../rival-contract.js';

describe('promises', () => {
  rivalContract(promises);
});
