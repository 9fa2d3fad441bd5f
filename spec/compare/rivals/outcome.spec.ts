import { expect } from 'chai';
import {
  Collation,
  failedWith,
  failureOf,
  missingOf,
  partOf,
  settled,
  spoiled,
  transferred,
} from '../../../lib/compare/rivals/outcome.js';
import { IoError } from '../../../lib/io/index.js';

const [eio, enospc] = [new IoError('EIO'), new IoError('ENOSPC')];
const range = (offset: number, length: number) => ({ offset, length });

describe('Outcome', () => {
  it('of a device that ends in the middle is a beginning, with its error or without', () => {
    expect(transferred(3, 8)).to.deep.equal({ failure: null, succeeded: [range(0, 3)] });
    expect(failureOf(3, 8, eio)).to.deep.include({ code: 'EIO', bytes: 3, succeeded: [range(0, 3)], cause: eio });
    expect(failureOf(0, 8, eio)).to.equal(eio);
  });

  it('of what threw anything else is EIO, with that as the cause', () => {
    const bug = new TypeError('no');
    expect(failedWith(bug).failure).to.include({ code: 'EIO', cause: bug });
    expect(failedWith(enospc)).to.deep.equal({ failure: enospc, succeeded: [] });
  });

  it('settles with its bytes, or throws what failed and tells which parts did not (N13)', () => {
    expect(settled(transferred(5, 8))).to.equal(5);
    expect(() => settled({ failure: eio, succeeded: [] })).to.throw(eio);
    expect(() => settled({ failure: eio, succeeded: [range(4, 2)] }))
      .to.throw(IoError)
      .that.deep.includes({ code: 'EIO', bytes: 2, succeeded: [range(4, 2)] });
  });

  it('lacks the rest, in whole blocks where these are asked for', () => {
    const outcome = { succeeded: [range(2, 3), range(8, 4)] };
    expect(missingOf(outcome, 12)).to.deep.equal([range(0, 2), range(5, 3)]);
    expect(missingOf(outcome, 12, 4)).to.deep.equal([range(0, 8)]);
  });

  it('is spoiled by what a layer finds, whose reason counts unless there was one before', () => {
    expect(spoiled(transferred(8, 8), [range(2, 2)], eio, 8)).to.deep.equal({
      failure: eio,
      succeeded: [range(0, 2), range(4, 4)],
    });
    expect(spoiled({ failure: enospc, succeeded: [range(0, 4)] }, [], eio, 8).failure).to.equal(enospc);
  });

  it('is, of one of several that were sent together, its own part alone (I10, N13)', () => {
    const outcome = { failure: eio, succeeded: [range(0, 6)] };
    expect(partOf(outcome, 0, 4)).to.deep.equal({ failure: null, succeeded: [range(0, 4)] });
    expect(partOf(outcome, 4, 4)).to.deep.equal({ failure: eio, succeeded: [range(0, 2)] });
    expect(partOf(outcome, 8, 4)).to.deep.equal({ failure: eio, succeeded: [] });
  });
});

describe('Collation', () => {
  it('keeps the first error in time, and adds up what succeeded (I4)', () => {
    const sum = new Collation().add(failedWith(enospc), 4).add(transferred(2, 4), 8).add(failedWith(eio), 0);
    expect(sum.outcome(12)).to.deep.equal({ failure: enospc, succeeded: [range(8, 2)] });
  });
});
