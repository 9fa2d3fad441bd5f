import fc from 'fast-check';
import { expect } from 'chai';
import { placed } from '../../../lib/compare/traces/layout.js';
import { seed } from '../../conformance/random.js';
import { operationsOn } from './fixtures.js';

const B = 4096;

describe('placed', () => {
  it('puts what is touched together, file by file and in order, in whole blocks', () => {
    const { size, operations } = placed([
      { operation: 'write', device: 'a', offset: 10 * B, length: 10 },
      { operation: 'write', device: 'b', offset: 0, length: B },
      { operation: 'read', device: 'a', offset: B - 1, length: 2 },
      { operation: 'flush', device: 'a', offset: 0, length: 0 },
      { operation: 'read', device: 'a', offset: 5, length: 0 },
    ]);
    expect(size).to.equal(4 * B);
    expect(operations).to.deep.equal([
      { operation: 'write', position: 2 * B, length: B },
      { operation: 'write', position: 3 * B, length: B },
      { operation: 'read', position: 0, length: 2 * B },
      { operation: 'flush', position: 0, length: 0 },
    ]);
  });

  it('makes several of what is longer than a mebibyte', () => {
    const { operations } = placed([{ operation: 'read', device: 'a', offset: 0, length: (1 << 20) + 1 }]);
    expect(operations.map(({ length }) => length)).to.deep.equal([1 << 20, B]);
  });

  it('keeps every operation within the device, whatever the trace', () => {
    fc.assert(
      fc.property(operationsOn(['a', 'b'], ['read', 'write', 'flush'], 512), (operations) => {
        const { size, operations: found } = placed(operations);
        for (const { position, length } of found) {
          expect([position % B, length % B, position + length <= size]).to.deep.equal([0, 0, true]);
        }
        const touched = operations.reduce((sum, { offset, length }) => sum + Math.ceil((offset + length) / B) - Math.floor(offset / B), 0); // prettier-ignore
        expect(found.reduce((sum, { length }) => sum + length, 0)).to.be.at.most(touched * B);
      }),
      { seed },
    );
  });
});
