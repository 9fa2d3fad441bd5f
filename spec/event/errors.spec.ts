import { expect } from 'chai';
import { ChildrenFailedError } from '../../lib/event/errors.js';

describe('ChildrenFailedError', () => {
  it('has the children’s errors in their order, a name and a stable code', () => {
    const error = new ChildrenFailedError(['a', 'b'], 'Every child failed');
    expect(error).to.be.instanceOf(AggregateError);
    const { errors, name, code, message } = error;
    expect({ errors, name, code, message }).to.deep.equal({
      errors: ['a', 'b'],
      name: 'ChildrenFailedError',
      code: 'ERR_CHILDREN_FAILED',
      message: 'Every child failed',
    });
  });
});
