import fc from 'fast-check';
import { expect } from 'chai';
import { parseMsr } from '../../../lib/compare/traces/msr.js';
import { seed } from '../../conformance/random.js';
import { operationsOn } from './fixtures.js';

describe('parseMsr', () => {
  it('reads back what is written, with a heading or without, and in any case of letters', () => {
    fc.assert(
      fc.property(operationsOn(['usr.0', 'prn.1'], ['read', 'write']), fc.boolean(), (operations, heading) => {
        const lines = operations.map(({ operation, device, offset, length }, i) => {
          const type = i % 2 === 0 ? operation : operation.charAt(0).toUpperCase() + operation.slice(1);
          return `${128166372003061629n + BigInt(i)},${device.replace('.', ',')},${type},${offset},${length},41286`;
        });
        const all = heading ? ['Timestamp,Hostname,DiskNumber,Type,Offset,Size,ResponseTime', ...lines] : lines;
        expect(parseMsr(all.join('\r\n'))).to.deep.equal(operations);
      }),
      { seed },
    );
  });

  const wrong: [what: string, text: string, message: RegExp][] = [
    ['another type', '1,usr,0,Trim,0,512,1', /^Line 1 of the trace: Type must be Read or Write, got 'Trim'$/],
    ['too few fields', '1,usr', /^Line 1 of the trace: it must be Timestamp,/],
    ['too many', '1,usr,0,Read,0,512,1,2', /^Line 1 of the trace: it must be Timestamp,/],
    ['a size that is none', '1,usr,0,Read,0,x,1', /^Line 1 of the trace: Size must be .*, got 'x'$/],
  ];
  for (const [what, text, message] of wrong) {
    it(`refuses ${what}`, () => {
      expect(() => parseMsr(text))
        .to.throw(message)
        .with.property('code', 'ERR_TRACE');
    });
  }
});
