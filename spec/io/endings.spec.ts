import { expect } from 'chai';
import { ended, keepingEnds, type Ending } from '../../lib/io/endings.js';

const ending = (passUp: () => void): Ending => ({ nextEnding: null, passUp });

describe('ended', () => {
  it('passes an end up at once', () => {
    const trace: string[] = [];
    ended(ending(() => trace.push('up'))); // prettier-ignore
    expect(trace).to.deep.equal(['up']);
  });

  it('keeps an end that comes meanwhile until the one under way has been passed up, in order (I2)', () => {
    const trace: string[] = [];
    const leaf = (name: string) => ending(() => trace.push(name)); // prettier-ignore
    ended(ending(() => {
      trace.push('in');
      ended(ending(() => { ended(leaf('third')); trace.push('first'); })); // prettier-ignore
      ended(leaf('second'));
      trace.push('out');
    })); // prettier-ignore
    expect(trace).to.deep.equal(['in', 'out', 'first', 'second', 'third']);
  });

  it('does not nest, however long the chain, and may end the same header again (I2)', () => {
    let left = 100_000;
    const again = ending(() => {
      if (left-- > 0) ended(again);
    });
    ended(again);
    expect([left, again.nextEnding]).to.deep.equal([-1, null]);
  });
});

describe('keepingEnds', () => {
  it('passes up what its body ends once the body has returned, in order', () => {
    const trace: string[] = [];
    keepingEnds(() => {
      for (const name of ['a', 'b']) ended(ending(() => trace.push(name))); // prettier-ignore
      keepingEnds(() => ended(ending(() => trace.push('c')))); // prettier-ignore
      trace.push('body');
    });
    expect(trace).to.deep.equal(['body', 'a', 'b', 'c']);
  });
});
