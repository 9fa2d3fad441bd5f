import { expect } from 'chai';
import { isThenable } from '../../lib/compound/thenable.js';
import { Completion, ReusableCompletion } from '../../lib/event/completion.js';

describe('isThenable', () => {
  it('tells what can be awaited', () => {
    const yes = [Promise.resolve(), new Completion(), { then: (): void => undefined }];
    const no = [null, undefined, 1, {}, { then: 1 }, new ReusableCompletion()];
    expect([yes.every(isThenable), no.some(isThenable)]).to.deep.equal([true, false]);
  });
});
