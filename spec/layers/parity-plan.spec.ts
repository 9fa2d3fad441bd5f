import { expect } from 'chai';
import * as fc from 'fast-check';
import { hullOf, planRecovery, plansInDoubt, planWrite, type WritePlan } from '../../lib/layers/parity-plan.js';
import { ParityMap } from '../../lib/layers/parity-map.js';

const BLOCK = 512;
const told = ({ kind, reads }: WritePlan): [string, string[]] => {
  const places = reads.map(({ member, within, length }) => [member, within / BLOCK, length / BLOCK].map(String));
  return [kind, places.map(([member, from, count]) => `${String(member)}: ${String(from)}+${String(count)}`)];
};
/** Stripe 0: data on members 0 to n - 2, parity on the last. */
const plan = (members: number, position: number, blocks: number, missing: number | null = null): [string, string[]] => {
  const map = new ParityMap(members, 2 * BLOCK, 4);
  return told(planWrite(map, 0, map.partsOf(position * BLOCK, blocks * BLOCK), missing));
};

describe('planWrite', () => {
  for (const [title, found, expected] of [
    ['reads nothing for a whole stripe', plan(4, 0, 6), ['full stripe', []]],
    ['reads nothing for a whole stripe of three', plan(3, 0, 4), ['full stripe', []]],
    ['reads nothing when parity is missing', plan(4, 1, 1, 3), ['data only', []]],
    ['modifies what is small among many', plan(5, 1, 1), ['modify', ['0: 1+1', '4: 1+1']]],
    ['reads the rest where that is less', plan(3, 0, 1), ['reconstruct', ['1: 0+1']]],
    ['prefers the rest when both cost the same', plan(4, 2, 2), ['reconstruct', ['0: 0+2', '2: 0+2']]],
    ['reads what stays around a write that crosses chunks', plan(4, 1, 2), ['reconstruct', ['0: 0+1', '1: 1+1', '2: 0+2']]], // prettier-ignore
    ['modifies when another member is missing', plan(3, 0, 1, 1), ['modify', ['0: 0+1', '2: 0+1']]],
    ['reads the rest when the missing one is written', plan(5, 0, 1, 0), ['reconstruct', ['1: 0+1', '2: 0+1', '3: 0+1']]], // prettier-ignore
    ['computes the missing one when part of it stays', plan(4, 1, 2, 0), ['recover', ['1: 0+2', '2: 0+2', '3: 0+2']]],
  ] as const) {
    it(title, () => expect(found).to.deep.equal(expected));
  }

  it('never reads a missing member, and reads no more than the other way', () => {
    fc.assert(
      fc.property(fc.integer({ min: 3, max: 6 }), fc.nat(), fc.nat(), fc.nat(6), (members, from, count, without) => {
        const map = new ParityMap(members, 4 * BLOCK, 7);
        const blocks = map.stripeSize / BLOCK;
        const start = from % blocks;
        const stripe = from % 7;
        const length = 1 + (count % (blocks - start));
        const parts = map.partsOf(stripe * map.stripeSize + start * BLOCK, length * BLOCK);
        const missing = without < members ? without : null;
        const { kind, reads } = planWrite(map, stripe, parts, missing);
        expect(reads.some(({ member }) => member === missing)).to.equal(false);
        const read = reads.reduce((sum, each) => sum + each.length, 0);
        const hull = hullOf(parts).length;
        if (missing === null) expect(read).to.be.at.most(Math.min(length * BLOCK + hull, (members - 1) * hull - length * BLOCK)); // prettier-ignore
        expect(read).to.be.at.most((members - 1) * hull);
        if (kind === 'recover') expect(read).to.equal((members - 1) * hull);
      }),
      { numRuns: 300 },
    );
  });
});

describe('planRecovery', () => {
  it('reads all others, be it data or parity that cannot be read', () => {
    const map = new ParityMap(4, 2 * BLOCK, 4);
    const parts = map.partsOf(0, BLOCK);
    for (const without of [0, 1, 2, 3]) {
      const { reads } = planRecovery(map, 0, parts, without);
      expect(reads.map(({ member }) => member)).to.deep.equal([0, 1, 2, 3].filter((member) => member !== without));
    }
  });
});

describe('plansInDoubt', () => {
  const map = new ParityMap(4, 2 * BLOCK, 4);
  /** Of the first row nothing is certain. */
  const plans = (position: number, blocks: number, missing: number | null = null): [string, string[]][] =>
    plansInDoubt(map, 0, map.partsOf(position * BLOCK, blocks * BLOCK), missing, ({ member, within, length }) =>
      within + length > BLOCK ? [{ member, within: BLOCK, length: within + length - BLOCK }] : [],
    ).map(told);

  it('makes parity anew, or else modifies it, or else only where it is right (I4)', () => {
    expect(plans(0, 1)).to.deep.equal([['reconstruct', ['1: 0+1', '2: 0+1']], ['modify', ['0: 0+1', '3: 0+1']], ['modify', []]]); // prettier-ignore
    expect(plans(0, 2)[2]).to.deep.equal(['modify', ['0: 1+1', '3: 1+1']]);
    expect(plans(0, 6)).to.deep.equal([['full stripe', []]]);
  });

  it('computes nothing of a member that is missing (I4)', () => {
    expect(plans(0, 1, 3)).to.deep.equal([['data only', []]]);
    expect(plans(0, 1, 1)).to.deep.equal([
      ['modify', ['0: 0+1', '3: 0+1']],
      ['modify', []],
    ]);
    expect(plans(0, 1, 0)).to.deep.equal([['reconstruct', ['1: 0+1', '2: 0+1']]]);
    expect(plans(1, 2, 0)).to.deep.equal([]);
  });
});
