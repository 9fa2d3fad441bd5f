import { expect } from 'chai';
import { arraysOf } from '../../lib/cli/arrays-of.js';
import { openStack } from '../../lib/stack/index.js';

describe('arraysOf', () => {
  it('finds the mirrors and parities of a stack from the top', async () => {
    const memory = { type: 'memory', size: 1 << 20 };
    const mirror = { type: 'mirror', members: [memory, memory] };
    const device = { type: 'pass', lower: { type: 'parity', members: [mirror, memory, memory] } };
    await using stack = await openStack({ device }, { create: true, blank: true });
    expect(arraysOf(stack.top).map(({ name }) => name)).to.deep.equal(['parity', 'mirror']);
  });
});
