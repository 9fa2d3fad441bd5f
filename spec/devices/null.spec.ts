import { expect } from 'chai';
import { ArgumentRangeError } from '../../lib/wait/errors.js';
import { PagePool } from '../../lib/io/pages.js';
import { NullDevice } from '../../lib/devices/null.js';
import { designs } from '../conformance/strategies.js';

describe('NullDevice', () => {
  it('is as large as one could wish', () => {
    const { geometry } = new NullDevice();
    expect(geometry).to.deep.equal({ size: 2 ** 40, blockSize: 512, preferredSize: 512 });
    expect(new NullDevice({ size: 8192, blockSize: 4096 }).size).to.equal(8192);
  });

  for (const { strategy } of designs) {
    it(`answers everything at once under ${strategy.name}, and leaves the memory as it is`, () => {
      const device = new NullDevice({ strategy });
      const pages = new PagePool().allocate(4096);
      pages.set(new Uint8Array(4096).fill(5));
      const requests = [
        device.read(pages, { position: 2 ** 39 }),
        device.write(pages, { position: 0 }),
        device.flush(),
        device.discard(512, { position: 0 }),
        device.writeZeroes(2 ** 40, { position: 0 }),
      ];
      expect(requests.map(({ value }) => value)).to.deep.equal([4096, 4096, 0, 512, 2 ** 40]);
      expect(pages.bytes().every((byte) => byte === 5)).to.equal(true);
    });
  }

  it('refuses a size of half blocks (I6)', () => {
    expect(() => new NullDevice({ size: 100 }))
      .to.throw(ArgumentRangeError)
      .with.property('code', 'ERR_GEOMETRY');
  });
});
