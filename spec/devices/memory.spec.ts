import { expect } from 'chai';
import { ArgumentRangeError } from '../../lib/wait/errors.js';
import { PAGE_SIZE, PagePool } from '../../lib/io/pages.js';
import { MemoryDevice } from '../../lib/devices/memory.js';
import { deviceContract } from '../conformance/device-contract.js';

describe('MemoryDevice', () => {
  deviceContract('memory', ({ strategy, size }) => new MemoryDevice({ size, ...(strategy && { strategy }) }));

  it('is zeroed, has blocks of 512 bytes unless told otherwise, and shows its contents', () => {
    const device = new MemoryDevice({ size: 8192 });
    expect([device.size, device.blockSize, device.name]).to.deep.equal([8192, 512, 'memory']);
    expect(device.contents.every((byte) => byte === 0)).to.equal(true);
    expect(new MemoryDevice({ size: 8192, blockSize: 4096, name: 'mine' }).geometry.blockSize).to.equal(4096);
  });

  it('answers at once, also from and to scattered pages', () => {
    const pool = new PagePool({ maxBytes: 4 * PAGE_SIZE });
    const all = [1, 1, 1, 1].map(() => pool.allocate(PAGE_SIZE));
    all[0]?.free();
    all[2]?.free();
    const pages = pool.allocate(2 * PAGE_SIZE);
    const bytes = Uint8Array.from({ length: 2 * PAGE_SIZE }, (_, i) => i % 253);
    pages.set(bytes);
    const device = new MemoryDevice({ size: 16384 });
    expect(device.write(pages, { position: 512 }).value).to.equal(2 * PAGE_SIZE);
    expect(device.contents.subarray(512, 512 + 2 * PAGE_SIZE)).to.deep.equal(bytes);
    pages.set(new Uint8Array(2 * PAGE_SIZE));
    device.read(pages.range(100, PAGE_SIZE), { position: 1024 });
    expect(pages.bytes(100, PAGE_SIZE)).to.deep.equal(bytes.subarray(512, 512 + PAGE_SIZE));
  });

  it('looks which pages hold nothing but zeroes, so far at a time (I14)', async () => {
    const device = new MemoryDevice({ size: (1 << 20) + 8192 });
    device.contents[5000] = 1;
    const known = await device.extents(512, device.size - 512);
    expect(known).to.deep.equal([
      { length: 3584, allocated: true, zero: true },
      { length: 4096, allocated: true, zero: false },
      { length: (1 << 20) - 4096, allocated: true, zero: true },
    ]);
    expect(await device.extents(device.size - 10, 10)).to.deep.equal([{ length: 10, allocated: true, zero: true }]);
  });

  it('tells at a glance of pages that begin with data, and so of many in one answer (I14)', async () => {
    const device = new MemoryDevice({ size: 4 << 20 });
    device.contents.fill(1);
    expect(await device.extents(512, device.size - 512)).to.deep.equal([
      { length: device.size - 512, allocated: true, zero: false },
    ]);
    device.contents.fill(0, 0, 4096);
    const unaligned = await device.extents(1000, (4 << 20) - 1000);
    expect(unaligned.map(({ length, zero }) => [length, zero])).to.deep.equal([
      [3096, true],
      [(4 << 20) - 4096, false],
    ]);
  });

  it('shows its own memory, of any bytes (I15)', () => {
    const device = new MemoryDevice({ size: 8192 });
    const bytes = device.directAccess(100, 1000);
    device.contents.fill(7, 99, 1101);
    expect([bytes?.length, bytes?.every((byte) => byte === 7)]).to.deep.equal([1000, true]);
  });

  it('refuses a size of half blocks, and blocks of odd sizes (I6)', () => {
    expect(() => new MemoryDevice({ size: 100 }))
      .to.throw(ArgumentRangeError)
      .with.property('code', 'ERR_GEOMETRY');
    expect(() => new MemoryDevice({ size: 0, blockSize: 3 }))
      .to.throw(ArgumentRangeError)
      .with.property('code', 'ERR_BLOCK_SIZE');
  });
});
