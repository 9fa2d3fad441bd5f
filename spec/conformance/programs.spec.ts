import { expect } from 'chai';
import { programs, rareOnes, seed } from './random.js';
import { stacks } from './stacks.js';
import { designs } from './strategies.js';
import { stackContract } from './strategy-contract.js';

/** How often each of these must come up for every program of all: fewer means that the generator has gone trivial. */
const floors: Record<string, number> = {
  read: 1,
  write: 1,
  flush: 0.5,
  discard: 0.3,
  writeZeroes: 0.3,
  done: 1,
  'done short': 0.1,
  failed: 0.5,
  'failed in part': 0.3,
  cancelled: 0.3,
  'cancelled in part': 0.05,
  requested: 0.5,
  'cancelled again': 0.1,
  'cancelled inside': 0.1,
  'cancelled before submit': 0.05,
  'out of order': 0.5,
  'failed behind': 0.2,
  'failed inside': 0.2,
  short: 0.2,
  'inline answers': 0.3,
  'fragmented pages': 0.3,
  merged: 0.02,
  plugged: 0.2,
};

describe('every design under every stack', function () {
  this.timeout(300_000);
  const tally = new Map<string, number>();

  for (const design of designs) {
    describe(design.strategy.name, () => {
      for (const stack of stacks) stackContract(design, stack, programs, tally);
    });
  }

  // In a suite of its own, because a suite's own tests run before its inner suites.
  describe('together', () => {
    it('were asked for everything often enough', () => {
      const count = programs * designs.length * stacks.length;
      const list = [...tally].sort(([a], [b]) => a.localeCompare(b)).map(([what, count]) => `${what} ${String(count)}`);
      console.log(`      seed ${String(seed)}, ${String(count)} programs: ${list.join(', ')}`);
      expect(rareOnes(floors, tally, count)).to.deep.equal([]);
    });
  });
});
