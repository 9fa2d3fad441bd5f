import { rxjs } from '../../../lib/compare/rivals/rxjs.js';
import { rivalContract } from '../rival-contract.js';

describe('rxjs', () => {
  rivalContract(rxjs);
});
