import { expect } from 'chai';
import type { ExtentState } from '../../lib/io/extents.js';
import { NbdError } from '../../lib/nbd/nbd-error.js';
import { StatusAsk } from '../../lib/nbd/status-ask.js';

describe('StatusAsk', () => {
  let told: (ExtentState[] | null)[] = [];
  const ask = (): StatusAsk => {
    told = [];
    return new StatusAsk(0, 4096, 9, (states) => told.push(states));
  };

  it('takes over holes and zeroes, and what others may mean by further bits is nothing to it', () => {
    const question = ask();
    question.tells(9, [
      { length: 512, state: 3 },
      { length: 512, state: 2 ** 40 + 1 },
      { length: 512, state: 0xfffffffe },
    ]);
    question.verify();
    question.end();
    expect(told).to.deep.equal([
      [
        { length: 512, allocated: false, zero: true },
        { length: 512, allocated: false, zero: false },
        { length: 512, allocated: true, zero: true },
      ],
    ]);
  });

  it('knows nothing when the server fails, or goes', () => {
    const failed = ask();
    failed.fails();
    failed.verify();
    failed.end();
    expect(told).to.deep.equal([null]);
    ask().abandon();
    expect(told).to.deep.equal([null]);
  });

  it('does not believe what was not asked for (P7)', () => {
    const extents = [{ length: 512, state: 0 }];
    expect(() => {
      ask().tells(8, extents);
    }).to.throw(NbdError);
    expect(() => {
      const twice = ask();
      twice.tells(9, extents);
      twice.tells(9, extents);
    }).to.throw(NbdError);
    expect(() => {
      ask().verify();
    }).to.throw(NbdError);
    expect(() => ask().brings()).to.throw(NbdError);
  });
});
