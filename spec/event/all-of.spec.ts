import { expect } from 'chai';
import { allOf, valuesOf } from '../../lib/event/all-of.js';
import { Completion } from '../../lib/event/completion.js';
import { watch } from '../../lib/event/waitable.js';
import { AbortError } from '../../lib/wait/errors.js';

const trio = (): [Completion<number>, Completion<number>, Completion<number>] => [
  ...([new Completion<number>(), new Completion<number>(), new Completion<number>()] as const),
];

describe('allOf', () => {
  it('succeeds with all values in order, once every child has (E5)', async () => {
    const [a, b, c] = trio();
    const all = allOf([a, b, c]);
    c.complete(3);
    a.complete(1);
    expect(all.state).to.equal('pending');
    b.complete(2);
    expect(all.value).to.deep.equal([1, 2, 3]);
    expect(await all).to.deep.equal([1, 2, 3]);
  });

  it('of one child is a list of one (E5)', () => {
    const child = new Completion<number>();
    const all = allOf([child]);
    child.complete(1);
    expect(all.value).to.deep.equal([1]);
  });

  it('of none completes at once with [] (Decisions)', () => {
    const all = allOf([]);
    expect([all.state, all.value]).to.deep.equal(['done', []]);
  });

  it('waits for every child, then fails with the first error in time; all stay readable (E5 Decisions)', () => {
    const [a, b, c] = trio();
    const all = allOf([a, b, c]);
    c.fail('first in time');
    a.fail('first in order');
    expect([all.state, b.state]).to.deep.equal(['pending', 'pending']);
    b.complete(2);
    expect([all.state, all.error]).to.deep.equal(['failed', 'first in time']);
    expect(all.children.map(({ state, error }) => [state, error])).to.deep.equal([
      ['failed', 'first in order'],
      ['done', undefined],
      ['failed', 'first in time'],
    ]);
  });

  it('fails with the AbortError of a child that was cancelled for itself (C8 E5)', () => {
    const [a, b, c] = trio();
    const all = allOf([a, b, c]);
    b.cancel('r');
    a.complete(1);
    c.complete(3);
    expect(all.state).to.equal('failed');
    expect(all.error).to.equal(b.error);
    expect((all.error as AbortError).cause).to.equal('r');
  });

  describe("onFailure: 'cancel'", () => {
    it('cancels and joins the rest at the first failure (E5)', () => {
      const [a, b, c] = trio();
      c.onCancel(() => false);
      const all = allOf([a, b, c], { onFailure: 'cancel' });
      b.fail('e');
      expect([a.state, c.cancelRequested, all.state, all.decided]).to.deep.equal(['cancelled', true, 'pending', true]);
      c.complete(3);
      expect([all.state, all.error]).to.deep.equal(['failed', 'e']);
      expect(all.children.map(({ state }) => state)).to.deep.equal(['cancelled', 'failed', 'done']);
    });

    it('does so for a child that is cancelled, and lets watched ones go (E3 E5)', () => {
      const [a, b, c] = trio();
      const all = allOf([a, watch(b), c], { onFailure: 'cancel' });
      c.cancel('r');
      expect([all.state, a.state, b.state, b.size]).to.deep.equal(['failed', 'cancelled', 'pending', 0]);
    });

    it('succeeds as without it (E5)', () => {
      const [a, b, c] = trio();
      const all = allOf([a, b, c], { onFailure: 'cancel' });
      for (const each of [c, b, a]) each.complete(0);
      expect(all.value).to.deep.equal([0, 0, 0]);
    });

    it('cancels each child that had not been added when one had failed before (E2 E5)', () => {
      const [a, b, c] = trio();
      a.fail('before');
      const all = allOf([a, b, c], { onFailure: 'cancel' });
      expect([all.state, all.error, b.state, c.state]).to.deep.equal(['failed', 'before', 'cancelled', 'cancelled']);
    });
  });
});

describe('valuesOf', () => {
  it('has the values in the children’s order', () => {
    const [a, b, c] = trio();
    const all = allOf([a, b, c]);
    for (const [index, each] of [c, a, b].entries()) each.complete(index);
    expect(valuesOf(all.children)).to.deep.equal([1, 2, 0]);
  });
});
