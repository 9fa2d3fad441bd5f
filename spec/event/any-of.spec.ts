import { expect } from 'chai';
import sinon from 'sinon';
import { anyOf } from '../../lib/event/any-of.js';
import { Completion } from '../../lib/event/completion.js';
import { ChildrenFailedError } from '../../lib/event/errors.js';
import { firstOf } from '../../lib/event/first-of.js';
import { codeOf } from './support.js';

const children = (count: number): Completion<number>[] => Array.from({ length: count }, () => new Completion<number>());
const done = (values: readonly number[]): Completion<number>[] =>
  values.map((value) => {
    const completion = new Completion<number>();
    completion.complete(value);
    return completion;
  });

describe('anyOf', () => {
  it('takes the first success, not the first to settle; the rest are cancelled (E5 E6)', () => {
    const [a, b, c] = children(3) as [Completion<number>, Completion<number>, Completion<number>];
    const any = anyOf([a, b, c]);
    a.fail('e');
    expect(any.state).to.equal('pending');
    c.complete(3);
    expect([any.value, b.state]).to.deep.equal([3, 'cancelled']);
  });

  it('fails only when all failed or were cancelled, with the errors in order (E5)', () => {
    const [a, b, c] = children(3) as [Completion<number>, Completion<number>, Completion<number>];
    const any = anyOf([a, b, c]);
    c.fail('c');
    a.fail('a');
    expect(any.state).to.equal('pending');
    b.cancel();
    expect(any.error).to.be.instanceOf(ChildrenFailedError);
    expect((any.error as ChildrenFailedError).errors).to.deep.equal(['a', b.error, 'c']);
  });

  it('of none fails at once, saying so (Decisions)', () => {
    const any = anyOf([]);
    expect(any.state).to.equal('failed');
    expect(any.error).to.be.instanceOf(ChildrenFailedError);
    expect((any.error as Error).message).to.contain('anyOf([])');
  });

  it('takes the lowest index of those that had settled (Decisions)', () => {
    for (let i = 0; i < 20; i++) expect(anyOf(done([7, 8, 9])).value).to.equal(7);
    const [pending] = children(1) as [Completion<number>];
    expect([anyOf([pending, ...done([8, 9])]).value, pending.state]).to.deep.equal([8, 'cancelled']);
  });

  describe('fair', () => {
    // In a sandbox of its own, for other specs restore the common one.
    const sandbox = sinon.createSandbox();
    let random: sinon.SinonStub<[], number>;
    beforeEach(() => {
      random = sandbox.stub(Math, 'random');
    });
    afterEach(() => {
      sandbox.restore();
    });

    it('takes any of those that had settled (Decisions)', () => {
      const taken = [0, 0.34, 0.67, 0.99].map((chance) => {
        random.returns(chance);
        return anyOf(done([7, 8, 9]), { fair: true }).value;
      });
      expect(taken).to.deep.equal([7, 8, 9, 9]);
    });

    it('keeps the children in their order (E5)', () => {
      for (const chance of [0, 0.34, 0.67]) {
        random.returns(chance);
        const all = children(3);
        const race = firstOf(all, { fair: true });
        all[2]?.fail('e');
        expect(race.children.map(({ source }) => source)).to.deep.equal(all);
        expect(race.children.map(({ state }) => state)).to.deep.equal(['cancelled', 'cancelled', 'failed']);
      }
    });

    it('of none fails at once, and a refused child cancels those before it (E2)', () => {
      random.returns(0);
      expect(anyOf([], { fair: true }).state).to.equal('failed');
      const [a] = children(1) as [Completion<number>];
      expect(codeOf(() => anyOf([a, 'nothing' as never], { fair: true }))).to.equal('ERR_WAITABLE');
      expect(a.state).to.equal('cancelled');
    });
  });
});
