import { expect } from 'chai';
import { Findings, type ScrubProblem } from '../../lib/layers/scrub-findings.js';

describe('Findings', () => {
  const problem = (position: number, changes: Partial<ScrubProblem> = {}): ScrubProblem => ({
    kind: 'mismatched', member: null, position, length: 512, repaired: false, ...changes,
  }); // prettier-ignore

  it('adds up bytes, and lengthens a problem by like blocks behind it, of each member apart', () => {
    const findings = new Findings('disk');
    findings.add(problem(0, { member: 0 }));
    findings.add(problem(0, { member: 1, kind: 'unreadable', repaired: true }));
    findings.add(problem(512, { member: 0 }));
    findings.add(problem(512, { member: 1, kind: 'unreadable', repaired: true }));
    findings.add(problem(1024, { member: 0, repaired: true }));
    findings.add(problem(2048, { member: 0, repaired: true }));
    expect(findings).to.include({ device: 'disk', mismatched: 2048, unreadable: 1024, repaired: 2048 });
    expect(findings.problems.map(({ member, position, length }) => [member, position, length])).to.deep.equal([
      [0, 0, 1024],
      [1, 0, 1024],
      [0, 1024, 512],
      [0, 2048, 512],
    ]);
  });

  it('tells the first thousand ranges, and counts all', () => {
    const findings = new Findings('disk');
    for (let i = 0; i < 1500; i++) findings.add(problem(1024 * i));
    expect(findings.problems).to.have.length(1000);
    expect(findings.mismatched).to.equal(1500 * 512);
  });
});
