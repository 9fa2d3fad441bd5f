import { expect } from 'chai';
import { PagePool } from '../../lib/io/pages.js';
import { readParts } from '../../lib/layers/read-parts.js';
import { FaultyDevice } from '../conformance/faulty-device.js';

describe('readParts', () => {
  const pool = new PagePool();
  afterEach(() => expect(pool.pagesInUse, 'pages in use').to.equal(0));

  /** Reads eight blocks behind the first of a device of which some fail, with everything that is read with them. */
  async function parts(bad: readonly number[]): Promise<{ read: number[][]; log: string[]; bytes: Uint8Array }> {
    const device = new FaultyDevice({ size: 8192 });
    device.contents.forEach((_, i) => (device.contents[i] = i >> 9));
    device.onSubmit = (op) => {
      const fails = bad.some((block) => op.position <= block * 512 && block * 512 < op.position + op.length);
      if (fails) op.fail('EIO', undefined);
      return !fails;
    };
    const pages = pool.allocate(8192);
    const read = await readParts(device, pages.range(1024, 4096), 512, 512);
    const bytes = pages.bytes(1024, 4096);
    pages.free();
    return { read: read.map(({ offset, length }) => [offset / 512, length / 512]), log: device.log, bytes };
  }

  it('reads all at once where nothing fails', async () => {
    const { read, log } = await parts([]);
    expect([read, log]).to.deep.equal([[[0, 8]], ['read 512+4096']]);
  });

  it('reads block by block what has failed, and tells what was read (I4)', async () => {
    const { read, log, bytes } = await parts([3, 4, 8]);
    expect(read).to.deep.equal([
      [0, 2],
      [4, 3],
    ]);
    expect(log).to.have.length(9);
    expect([bytes[0], bytes[512], bytes[4 * 512]]).to.deep.equal([1, 2, 5]);
  });

  it('has read nothing of a device that is closed', async () => {
    const device = new FaultyDevice();
    await device.close();
    const pages = pool.allocate(512);
    expect(await readParts(device, pages.range(0, 512), 0, 512)).to.deep.equal([]);
    pages.free();
  });
});
