import { expect } from 'chai';
import { codeOf, errnoOf, errnoOfThrown } from '../../lib/nbd/errno.js';
import { IoError, type IoErrorCode } from '../../lib/io/io-error.js';
import { StateError } from '../../lib/wait/errors.js';

describe('errnoOf and codeOf', () => {
  it('bring back what the protocol has a number for', () => {
    const both: IoErrorCode[] = ['EIO', 'ENOMEM', 'EINVAL', 'ENOSPC', 'EROFS', 'EOPNOTSUPP'];
    expect(both.map((code) => codeOf(errnoOf(code)))).to.deep.equal(both);
  });

  it('make EIO of everything else', () => {
    expect([errnoOf('ETIMEDOUT'), errnoOf('ENXIO'), codeOf(1234), codeOf(0)]).to.deep.equal([5, 5, 'EIO', 'EIO']);
  });

  it('tell a cancel as a shutdown, and a shutdown as a device that is gone', () => {
    expect([errnoOf('ECANCELED'), codeOf(108)]).to.deep.equal([108, 'ENXIO']);
  });
});

describe('errnoOfThrown', () => {
  it('tells an error of I/O by its code, a closed device as a shutdown, and all else as a request that is none', () => {
    const thrown = [new IoError('ENOMEM'), new StateError('ERR_CLOSED', 'closed'), new RangeError('odd')];
    expect(thrown.map(errnoOfThrown)).to.deep.equal([12, 108, 22]);
  });
});
