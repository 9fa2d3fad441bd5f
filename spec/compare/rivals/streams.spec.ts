import { streams } from '../../../lib/compare/rivals/streams.js';
import { rivalContract } from '../rival-contract.js';

describe('streams', () => {
  rivalContract(streams);
});
