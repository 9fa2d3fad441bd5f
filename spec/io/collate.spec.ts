import { expect } from 'chai';
import { collate, succeededRanges } from '../../lib/io/collate.js';
import type { Io } from '../../lib/io/io.js';
import { IoError } from '../../lib/io/io-error.js';

type Ended = Pick<Io, 'length' | 'bytes' | 'failure' | 'failedRanges'>;
const ended = (length: number, bytes: number, failure: IoError | null = null): Ended & Io =>
  ({ length, bytes, failure, failedRanges: null }) as Ended as Ended & Io;

describe('collate', () => {
  it('adds up the bytes; what succeeded leaves no trace beside (I4, N10)', () => {
    const parent = ended(200, 0);
    collate(parent, ended(100, 100), 0);
    collate(parent, ended(100, 100), 100);
    expect(parent).to.deep.equal(ended(200, 200));
  });

  it('keeps the first error in time, ECANCELED like any other (I4)', () => {
    for (const codes of [
      ['EIO', 'ECANCELED'],
      ['ECANCELED', 'EIO'],
    ] as const) {
      // prettier-ignore
      const parent = ended(200, 0);
      for (const code of codes) collate(parent, ended(100, 0, new IoError(code)), 0);
      expect(parent.failure?.code).to.equal(codes[0]);
    }
  });

  it('takes over the parts that failed, shifted; without any, all behind the bytes (I4, N13)', () => {
    const parent = ended(300, 0);
    collate(parent, ended(100, 100), 0);
    collate(parent, ended(100, 30, new IoError('EIO')), 100);
    const piece = ended(100, 90, new IoError('EIO'));
    piece.failedRanges = [{ offset: 40, length: 10 }];
    collate(parent, piece, 200);
    expect(parent.bytes).to.equal(220);
    expect(succeededRanges(parent)).to.deep.equal([
      { offset: 0, length: 130 },
      { offset: 200, length: 40 },
      { offset: 250, length: 50 },
    ]);
  });

  it('counts a short transfer as missing, also when the device calls it a success (I4)', () => {
    const parent = ended(200, 0);
    collate(parent, ended(100, 60), 0);
    collate(parent, ended(100, 100), 100);
    expect([parent.failure, parent.bytes]).to.deep.equal([null, 160]);
    expect(succeededRanges(parent)).to.deep.equal([
      { offset: 0, length: 60 },
      { offset: 100, length: 100 },
    ]);
  });
});

describe('succeededRanges', () => {
  it('is everything, nothing or a prefix where nothing more is known', () => {
    expect(succeededRanges(ended(100, 100))).to.deep.equal([{ offset: 0, length: 100 }]);
    expect(succeededRanges(ended(100, 0, new IoError('EIO')))).to.deep.equal([]);
    expect(succeededRanges(ended(100, 10, new IoError('EIO')))).to.deep.equal([{ offset: 0, length: 10 }]);
    expect(succeededRanges(ended(100, 10))).to.deep.equal([{ offset: 0, length: 10 }]);
  });
});
