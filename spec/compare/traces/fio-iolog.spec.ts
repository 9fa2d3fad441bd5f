import fc from 'fast-check';
import { expect } from 'chai';
import { parseFioIolog } from '../../../lib/compare/traces/fio-iolog.js';
import { seed } from '../../conformance/random.js';
import { operationsOn } from './fixtures.js';

describe('parseFioIolog', () => {
  const actions = { read: 'read', write: 'write', discard: 'trim', flush: 'datasync' };

  for (const version of [2, 3]) {
    it(`reads back what is written in version ${version}, and passes over what is no I/O`, () => {
      const devices = ['/dev/sda', 'a file with blanks', 'wait'];
      fc.assert(
        fc.property(operationsOn(devices, ['read', 'write', 'discard', 'flush']), (operations) => {
          const time = (i: number) => (version === 3 ? `${i} ` : '');
          const lines = operations.map((each, i) => `${time(i)}${each.device} ${actions[each.operation]} ${each.offset} ${each.length}`); // prettier-ignore
          const others = devices.flatMap((name, i) => [`${time(i)}${name} add`, `${time(i)}${name} open`, `${time(i)}${name} wait 10 0`]); // prettier-ignore
          const log = [`fio version ${version} iolog`, ...others, ...lines, `${time(9)}${devices[0]!} close`, ''];
          expect(parseFioIolog(log.join('\n'))).to.deep.equal(operations);
        }),
        { seed },
      );
    });
  }

  it('takes what syncs for a flush, with a place or without', () => {
    const found = parseFioIolog('fio version 2 iolog\nf sync\nf datasync 0 0\nf sync_file_range 4096 4096');
    expect(found.map(({ operation, length }) => [operation, length])).to.deep.equal(Array(3).fill(['flush', 0]));
  });

  const wrong: [what: string, text: string, message: RegExp][] = [
    ['another version', 'fio version 1 iolog', /^Line 1 of the trace: an I\/O log of fio begins with/],
    ['a line of another kind', 'fio version 2 iolog\n\nf jump 0 1', /^Line 3 of the trace: it must be 'name action'/],
    ['a missing length', 'fio version 2 iolog\nf read 0', /^Line 2 .*: length must be .*, got 'undefined'$/],
    ['a negative offset', 'fio version 2 iolog\nf read -1 2', /^Line 2 .*: offset must be .*, got '-1'$/],
    ['version 3 without a time', 'fio version 3 iolog\nf read 0 1', /^Line 2 .*: it must be 'time name action'/],
  ];
  for (const [what, text, message] of wrong) {
    it(`refuses ${what}`, () => {
      expect(() => parseFioIolog(text))
        .to.throw(message)
        .with.property('code', 'ERR_TRACE');
    });
  }
});
