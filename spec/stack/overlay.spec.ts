import { expect } from 'chai';
import { MemoryDevice, PagePool } from '../../lib/io/index.js';
import { Overlay } from '../../lib/stack/overlay.js';
import { deviceContract } from '../conformance/device-contract.js';
import { FaultyDevice } from '../conformance/faulty-device.js';

describe('Overlay', () => {
  deviceContract(
    'overlay',
    ({ size, strategy }) => Promise.resolve(new Overlay(new MemoryDevice({ size }), strategy ? { strategy } : {})),
    20,
  );

  it('keeps what is written to itself, and reads the rest from below', async () => {
    const lower = new MemoryDevice({ size: 4096 });
    lower.contents.fill(1);
    const overlay = new Overlay(lower);
    const pages = new PagePool().allocate(4096);
    pages.set(new Uint8Array(4096).fill(2));
    await overlay.write(pages.range(0, 1024), { position: 512 });
    await overlay.writeZeroes(512, { position: 3072 });
    expect(await overlay.read(pages, { position: 0 })).to.equal(4096);
    expect(Array.from({ length: 8 }, (_, i) => pages.bytes(512 * i, 1)[0])).to.deep.equal([1, 2, 2, 1, 1, 1, 0, 1]);
    expect(lower.contents.every((byte) => byte === 1)).to.equal(true);
    await overlay.close();
    expect(lower.closed).to.equal(true);
  });

  it('asks below for what it lacks, each run of blocks at once', async () => {
    const lower = new FaultyDevice({ size: 8192, inline: true });
    const overlay = new Overlay(lower);
    const pages = new PagePool().allocate(8192);
    for (const position of [512, 4096]) await overlay.writeZeroes(512, { position });
    await overlay.read(pages, { position: 0 });
    expect(lower.log).to.deep.equal(['read 0+512', 'read 1024+3072', 'read 4608+3584']);
  });

  it('takes writes over a device that has none, and over blocks that cannot be read', async () => {
    const lower = new FaultyDevice({ operations: ['read'] });
    const overlay = new Overlay(lower);
    expect(overlay.operations).to.include.members(['write', 'flush', 'discard', 'writeZeroes']);
    const pages = new PagePool().allocate(4096);
    expect(await overlay.write(pages.range(0, 512), { position: 0 })).to.equal(512);
    expect(await overlay.read(pages.range(0, 512), { position: 0 })).to.equal(512);
    expect([await overlay.flush(), lower.pending.length]).to.deep.equal([0, 0]);
  });
});
