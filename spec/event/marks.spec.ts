import { expect } from 'chai';
import * as marks from '../../lib/event/marks.js';
import * as flags from '../../lib/wait/entry.js';

/** Fails when two of them share a bit. */
function expectDisjoint(bits: Record<string, number>): void {
  let taken = 0;
  for (const [name, bit] of Object.entries(bits)) {
    expect(taken & bit, name).to.equal(0);
    taken |= bit;
  }
}

describe('marks', () => {
  const { KIND, SETTLED, HELD, CALLING, WALKING, CANCEL_ASKED, LEFT_RUNNING, OBSERVED, ERROR_MADE, FOLLOWS } = marks;
  const { OWNED, SEALED, DECIDED, JOINS, LEAVES, WAITS_NOT, LET_GO } = marks;
  const ofLife = { KIND, SETTLED, HELD, CANCEL_ASKED, LEFT_RUNNING, OBSERVED, ERROR_MADE, FOLLOWS };
  const lasting = { CALLING, WALKING, OWNED, SEALED, DECIDED, JOINS, LEAVES, WAITS_NOT, LET_GO };

  it('of a completion and a compound share no bit', () => {
    expectDisjoint({ ...ofLife, ...lasting });
  });

  it('of a life go with it, the others stay (C7)', () => {
    for (const [name, bit] of Object.entries(ofLife)) expect(bit & marks.LASTING, name).to.equal(0);
    for (const [name, bit] of Object.entries(lasting)) expect(bit & marks.LASTING, name).to.equal(bit);
  });

  it('of a child share no bit with those of any entry', () => {
    const { EXCLUSIVE, ONCE, LINK, LAYER, UNSEEING, OWNING } = flags;
    const { ARRIVED, LOST, PENDING, OUTCOME, REASON } = marks;
    expectDisjoint({
      EXCLUSIVE,
      ONCE,
      LINK,
      LAYER,
      UNSEEING,
      OWNING,
      ARRIVED,
      LOST,
      PENDING,
      ended: REASON << OUTCOME,
    });
  });

  it('tell a kind from where it is kept', () => {
    expect([marks.DONE, marks.FAILED, marks.CANCELLED].map((kind) => kind & KIND)).to.deep.equal([1, 2, 3]);
    expect(DECIDED >> marks.DECIDED_AS).to.equal(KIND);
    expect(marks.REASON & KIND).to.equal(marks.CANCELLED);
  });
});
