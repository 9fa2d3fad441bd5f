import { expect } from 'chai';
import { atLeast } from '../../lib/compound/at-least.js';
import { Completion } from '../../lib/event/completion.js';
import type { ChildrenFailedError } from '../../lib/event/errors.js';
import { codeOf, collectUncaught } from '../event/support.js';

const children = (count: number): Completion<number>[] => Array.from({ length: count }, () => new Completion<number>());

describe('atLeast', () => {
  const uncaught = collectUncaught();

  it('succeeds once so many have, with their values in order; the rest are cancelled (E1 E6)', () => {
    const all = children(4);
    const two = atLeast(2, all);
    all[3]?.complete(3);
    all[1]?.fail('e');
    expect(two.state).to.equal('pending');
    all[0]?.complete(0);
    expect([two.value, all[2]?.state]).to.deep.equal([[0, 3], 'cancelled']);
  });

  it('fails as soon as too many have failed, and cancels the rest (E1 E5)', () => {
    const all = children(4);
    const three = atLeast(3, all);
    all[2]?.fail('first');
    all[1]?.complete(1);
    expect(three.state).to.equal('pending');
    all[0]?.cancel();
    const error = three.error as ChildrenFailedError;
    expect([three.state, error.code, all[3]?.state]).to.deep.equal(['failed', 'ERR_CHILDREN_FAILED', 'cancelled']);
    expect(error.errors).to.deep.equal([all[0]?.error, 'first']);
    expect(error.message).to.contain('3 of 4');
  });

  it('takes children that had settled, and fails early by them (E2)', () => {
    const all = children(3);
    all[0]?.complete(0);
    all[2]?.complete(2);
    expect([atLeast(2, all).value, all[1]?.state]).to.deep.equal([[0, 2], 'cancelled']);
    const failed = children(3);
    failed[0]?.fail('e');
    expect([atLeast(3, failed).state, failed[1]?.state]).to.deep.equal(['failed', 'cancelled']);
  });

  it('of none, and none needed, completes at once with [] (Decisions)', () => {
    const all = children(2);
    expect([atLeast(0, []).value, atLeast(0, all).value]).to.deep.equal([[], []]);
    expect(all.map(({ state }) => state)).to.deep.equal(['cancelled', 'cancelled']);
  });

  it('counts a child when it arrives, not when it settles (E5 C6)', () => {
    const [a, b] = children(2) as [Completion<number>, Completion<number>];
    b.notify(() => a.complete(1));
    const one = atLeast(1, [a, b]);
    b.complete(2);
    expect([one.value, uncaught]).to.deep.equal([[1], []]);
  });

  it('refuses a number that cannot be', () => {
    const all = children(2);
    for (const needed of [-1, 3, 1.5, NaN]) expect(codeOf(() => atLeast(needed, all))).to.equal('ERR_NEEDED');
    expect(() => atLeast(3, all)).to.throw(RangeError, 'got 3');
    expect(all.map(({ size }) => size)).to.deep.equal([0, 0]);
  });
});
