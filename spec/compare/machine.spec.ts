import { release } from 'node:os';
import { expect } from 'chai';
import { machine } from '../../lib/compare/machine.js';

describe('machine', () => {
  it('tells the kind, and no name', () => {
    const found = machine();
    expect(found.runtime).to.equal(`Node.js ${process.version}`);
    expect(found.system).to.match(/^\w+ \d+(\.\d+)* on \w+$/);
    expect(release().startsWith(found.system.split(' ')[1]!)).to.equal(true);
    expect(found.cpu).to.not.equal('');
    expect(found.cores).to.be.at.least(1);
    expect(found.memory).to.be.at.least(1e8);
  });
});
