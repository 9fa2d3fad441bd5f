import { expect } from 'chai';
import { received, sent } from '../../lib/compare/thread-protocol.js';
import { IoError } from '../../lib/io/index.js';
import { ArgumentError, ArgumentRangeError, StateError } from '../../lib/wait/errors.js';

/** There and back, as between threads. */
const carried = (error: unknown): unknown => received(structuredClone(sent(error)));

describe('errors between threads', () => {
  const errors: Error[] = [
    new ArgumentError('ERR_A', 'a'),
    new ArgumentRangeError('ERR_B', 'b'),
    new StateError('ERR_C', 'c'),
    new IoError('EIO', { bytes: 512, succeeded: [{ offset: 0, length: 512 }] }),
    Object.assign(new Error('no such file'), { code: 'ENOENT', path: '/a', errno: -2 }),
  ];
  for (const error of errors) {
    it(`keep the class, the message and the fields of ${error.name}`, () => {
      const there = carried(error) as Error;
      expect(there).to.be.instanceOf(error.constructor);
      expect(Object.entries(there)).to.deep.include.members(Object.entries(error));
      expect([there.name, there.message, there.stack]).to.deep.equal([error.name, error.message, error.stack]);
    });
  }

  it('leave behind what cannot be sent', () => {
    const error = Object.assign(new Error('a'), { retry: () => {}, code: 'ERR_A' });
    expect(carried(error)).to.have.property('code', 'ERR_A').and.to.not.have.property('retry');
    expect(carried(Symbol('reason'))).to.equal('Symbol(reason)');
    expect(carried({ reason: 1 })).to.deep.equal({ reason: 1 });
  });
});
