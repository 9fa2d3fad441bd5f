import { expect } from 'chai';
import { IoError, PULLED, type IoErrorCode } from '../../lib/io/io-error.js';

describe('IoError', () => {
  it('has an errno name, nothing done and no cause unless told otherwise (I1)', () => {
    const error = new IoError('ENOSPC');
    expect(error).to.be.instanceOf(Error);
    expect([error.name, error.code, error.message]).to.deep.equal([
      'IoError',
      'ENOSPC',
      'ENOSPC: No space is left on the device',
    ]);
    expect([error.bytes, error.succeeded, 'cause' in error]).to.deep.equal([0, [], false]);
  });

  it('tells what was transferred, and where, in the order given (I1, N13)', () => {
    const succeeded = [{ offset: 512, length: 512 }];
    const error = new IoError('EIO', { message: 'half of it', bytes: 512, succeeded, cause: undefined });
    expect([error.message, error.bytes, error.succeeded]).to.deep.equal(['EIO: half of it', 512, succeeded]);
    expect('cause' in error).to.equal(true);
  });

  const codes: IoErrorCode[] = ['EIO', 'EINVAL', 'ENOSPC', 'ENOMEM', 'ENXIO', 'EROFS', 'EOPNOTSUPP', 'ECANCELED', 'ETIMEDOUT']; // prettier-ignore
  for (const code of codes) {
    it(`says what ${code} means`, () => {
      expect(new IoError(code).message).to.match(new RegExp(`^${code}: [A-Z].{15,}`));
    });
  }

  describe('from', () => {
    it('keeps the errno of a system call, and the call as cause', () => {
      const cause = Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
      const error = IoError.from(cause);
      expect([error.code, error.cause]).to.deep.equal(['ENOSPC', cause]);
      expect(error.message).to.contain('no space left on device, write');
    });

    for (const code of ['EISDIR', 'toString', undefined]) {
      it(`calls ${String(code)} EIO, for which there is a name here`, () => {
        expect(IoError.from(Object.assign(new Error('x'), code === undefined ? {} : { code })).code).to.equal('EIO');
      });
    }
  });
});

describe('PULLED', () => {
  it('is what every pulled header ends with', () => {
    expect([PULLED.code, PULLED.bytes]).to.deep.equal(['ECANCELED', 0]);
  });
});
