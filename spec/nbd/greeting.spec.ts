import { expect } from 'chai';
import { readClientFlags, readGreeting, writeClientFlags, writeGreeting } from '../../lib/nbd/greeting.js';
import { NbdError } from '../../lib/nbd/nbd-error.js';
import { hex } from './support.js';

describe('the greeting', () => {
  it('is the one that the protocol defines', () => {
    expect(writeGreeting(3).toString('hex')).to.equal('4e42444d4147494349484156454f50540003');
    expect(readGreeting(writeGreeting(3), 0)).to.equal(3);
  });

  it('is refused when it is not NBD, or of an old style (P1)', () => {
    const others = [
      Buffer.from('HTTP/1.1 400 Bad Request'),
      hex('4e42444d41474943 0000420281861253 0003'),
      writeGreeting(2),
    ];
    for (const other of others)
      expect(() => readGreeting(other, 0))
        .to.throw(NbdError)
        .with.property('code', 'ERR_NBD_PROTOCOL');
  });

  it('is answered with flags, of which unknown ones are refused (P1)', () => {
    for (const flags of [0, 1, 2, 3]) expect(readClientFlags(writeClientFlags(flags), 0)).to.equal(flags);
    for (const flags of [4, 0x80000003]) expect(() => readClientFlags(writeClientFlags(flags), 0)).to.throw(NbdError);
  });
});
