import fc from 'fast-check';
import { expect } from 'chai';
import { parseBlkparse } from '../../../lib/compare/traces/blkparse.js';
import { seed } from '../../conformance/random.js';
import { operationsOn } from './fixtures.js';

describe('parseBlkparse', () => {
  const letters = { read: 'RA', write: 'WS', discard: 'D', flush: 'FN' };
  const event = (action: string, device: string, rwbs: string, rest: string, i = 0): string =>
    `${device}    3       ${i}     0.00950${i}758   697  ${action}  ${rwbs} ${rest} [kjournald]`;

  for (const [counted, others] of [
    ['Q', ['G', 'I', 'D', 'C']],
    ['D', ['I', 'C']],
    ['C', []],
  ] as const) {
    it(`counts each operation once, where it is ${counted} and there are ${others.join(', ') || 'no others'}`, () => {
      fc.assert(
        fc.property(operationsOn(['8,0', '259,3'], ['read', 'write', 'discard', 'flush'], 512), (operations) => {
          const lines = operations.flatMap(({ operation, device, offset, length }, i) =>
            [counted, ...others].map((action) => {
              const where = operation === 'flush' ? '' : `${offset / 512} + ${length / 512}`;
              return event(action, device, letters[operation], where, i);
            }),
          );
          const summary = ['CPU0 (8,0):', ' Reads Queued:           1,        4KiB', 'Events (8,0): 5 entries'];
          expect(parseBlkparse([...lines, ...summary].join('\n'))).to.deep.equal(operations);
        }),
        { seed },
      );
    });
  }

  it('takes a write that asks for a flush before it for both', () => {
    const found = parseBlkparse(event('Q', '8,0', 'FWFS', '8 + 8'));
    expect(found.map(({ operation, offset, length }) => [operation, offset, length])).to.deep.equal([
      ['flush', 0, 0],
      ['write', 4096, 4096],
    ]);
  });

  it('refuses what has no event', () => {
    expect(() => parseBlkparse('one\ntwo'))
      .to.throw(/no line is an event of blkparse/)
      .with.property('code', 'ERR_TRACE');
  });
});
