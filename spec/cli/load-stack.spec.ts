import { expect } from 'chai';
import { loadStack } from '../../lib/cli/load-stack.js';

describe('loadStack', () => {
  it('loads what opens stacks', async () => {
    expect(await loadStack()).to.include.keys('openStack', 'parseDescription', 'lookAt');
  });
});
