import { expect } from 'chai';
import { PagePool } from '../../lib/io/pages.js';
import { emptyTable } from '../../lib/layers/checksum-format.js';
import { ChecksumLayout } from '../../lib/layers/checksum-table.js';
import { FaultyDevice } from '../conformance/faulty-device.js';
import { errorOf } from './mirror-support.js';

describe('emptyTable', () => {
  const pool = new PagePool();
  afterEach(() => expect(pool.pagesInUse, 'pages in use').to.equal(0));

  it('writes zeroes over all of the table and nothing else, and flushes', async () => {
    const device = new FaultyDevice({ size: 1 << 24, inline: true });
    device.contents.fill(7);
    const layout = new ChecksumLayout(device);
    await emptyTable(device, layout, pool);
    const { tableStart, tableSize } = layout;
    const zero = device.stable.subarray(tableStart, tableStart + tableSize);
    expect(tableSize).to.be.greaterThan(64 * 1024);
    expect([zero.every((byte) => byte === 0), device.log.at(-1)]).to.deep.equal([true, 'flush 0+0']);
    expect(device.contents.subarray(0, tableStart).every((byte) => byte === 7)).to.equal(true);
    expect(device.contents.subarray(tableStart, tableStart + tableSize).every((byte) => byte === 0)).to.equal(true);
    expect(device.contents.subarray(tableStart + tableSize).every((byte) => byte === 7)).to.equal(true);
  });

  it('fails when it is written short', async () => {
    const device = new FaultyDevice({ size: 1 << 16 });
    device.onSubmit = (op) => {
      if (op.operation === 'write') op.answer({ missing: [{ offset: 512, length: op.length - 512 }] });
      return op.operation !== 'write';
    };
    expect(await errorOf(emptyTable(device, new ChecksumLayout(device), pool))).to.include({ code: 'EIO' });
  });
});
