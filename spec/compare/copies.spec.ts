import { expect } from 'chai';
import { DeviceBottom, isCannot, rivals, type Blueprint } from '../../lib/compare/index.js';
import { copies } from '../../lib/compare/copies.js';
import { MemoryDevice, PAGE_SIZE, PagePool } from '../../lib/io/index.js';

describe('copies', () => {
  const moved = async (body: () => PromiseLike<unknown>): Promise<[bytes: number, made: number]> => {
    const { bytes, made } = copies;
    await body();
    return [copies.bytes - bytes, copies.made - made];
  };

  for (const rival of rivals) {
    // Streams have memory of their own between the device and the caller's; all others hand down the caller's.
    const expected = rival.name === 'streams' ? PAGE_SIZE : 0;
    it(`tells ${expected === 0 ? 'that nothing is' : 'of each byte that is'} moved under ${rival.name} where no layer asks for it (N1)`, async () => {
      const pool = new PagePool();
      const bottom = new DeviceBottom(new MemoryDevice({ size: 4 * PAGE_SIZE }));
      const plan: Blueprint = { kind: 'pass', over: { kind: 'device', bottom } };
      const device = await rival.build(plan, { pool });
      if (isCannot(device)) throw new Error(device.cannot);
      const pages = pool.allocate(PAGE_SIZE);
      expect(await moved(() => device.write(pages, { position: 0 }))).to.deep.equal([expected, 0]);
      expect(await moved(() => device.read(pages, { position: 0 }))).to.deep.equal([expected, 0]);
    });
  }
});
