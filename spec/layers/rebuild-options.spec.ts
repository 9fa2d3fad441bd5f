import { expect } from 'chai';
import { checkpointSizeOf } from '../../lib/layers/rebuild-options.js';

describe('checkpointSizeOf', () => {
  it('is what was asked for, or 64 MiB', () => {
    expect([checkpointSizeOf({}), checkpointSizeOf({ checkpointSize: 512 })]).to.deep.equal([64 << 20, 512]);
  });

  it('refuses what is no positive number of bytes', () => {
    for (const checkpointSize of [0, -1, 0.5, NaN]) {
      expect(() => checkpointSizeOf({ checkpointSize })).to.throw(RangeError, String(checkpointSize)).with.property('code', 'ERR_CHECKPOINT_SIZE'); // prettier-ignore
    }
  });
});
