import { expect } from 'chai';
import { MemoryDevice, PagePool } from '../../lib/io/index.js';
import { StandIn } from '../../lib/stack/stand-in.js';

describe('StandIn', () => {
  it('is as large as it is to be in blocks of what it stands for, reads as zeroes, and keeps nothing', async () => {
    const memory = new MemoryDevice({ size: 1 << 16, blockSize: 4096, name: 'mine' });
    const device = new StandIn(memory, 20000);
    expect([device.size, device.blockSize, device.name]).to.deep.equal([16384, 4096, 'mine']);
    const pages = new PagePool().allocate(8192);
    pages.set(new Uint8Array(8192).fill(7));
    expect(await device.write(pages, { position: 4096, fua: true })).to.equal(8192);
    expect([await device.read(pages.range(0, 4096), { position: 4096 }), await device.flush()]).to.deep.equal([
      4096, 0,
    ]);
    expect(pages.bytes()).to.deep.equal(Uint8Array.from({ length: 8192 }, (_, i) => (i < 4096 ? 0 : 7)));
    expect(memory.contents.every((byte) => byte === 0)).to.equal(true);
    pages.free();
    await device.close();
  });
});
