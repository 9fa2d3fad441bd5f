import { expect } from 'chai';
import { designs } from '../../lib/compare/designs.js';
import * as io from '../../lib/io/index.js';

describe('designs', () => {
  it('are those that wakechain/io has, under the names that it exports them by', () => {
    const exported = Object.entries(io)
      .filter(([, value]) => typeof value === 'object' && 'root' in value)
      .map(([name]) => name);
    expect(designs.map(({ name }) => name)).to.have.members(exported);
    for (const design of designs) expect(io).to.have.property(design.name, design);
  });

  it('begin with the engine itself, which ratios are against', () => {
    expect(designs[0]).to.equal(io.waitQueue);
  });
});
