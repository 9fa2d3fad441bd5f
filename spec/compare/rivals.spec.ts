import { expect } from 'chai';
import { bioChain, stackLocations } from '../../lib/compare/index.js';
import { rivals } from '../../lib/compare/rivals.js';
import * as io from '../../lib/io/index.js';

describe('rivals', () => {
  it('hold all designs that wakechain/io has, under the names that it exports them by', () => {
    const exported = Object.entries(io)
      .filter(([, value]) => typeof value === 'object' && 'root' in value)
      .map(([name]) => name);
    expect(rivals.map(({ name }) => name)).to.include.members(exported);
  });

  it('hold two designs that systems of today use', () => {
    for (const { name } of [bioChain, stackLocations]) expect(rivals.map((rival) => rival.name)).to.include(name);
  });

  it('begin with the engine itself, which ratios are against', () => {
    expect(rivals[0]!.name).to.equal(io.waitQueue.name);
  });

  it('have names that differ', () => {
    expect(new Set(rivals.map(({ name }) => name)).size).to.equal(rivals.length);
  });
});
