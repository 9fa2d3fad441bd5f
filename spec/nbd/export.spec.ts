import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { FileDevice } from '../../lib/devices/file.js';
import { MemoryDevice } from '../../lib/devices/memory.js';
import type { BlockDevice } from '../../lib/io/device.js';
import { PagePool } from '../../lib/io/pages.js';
import { Export } from '../../lib/nbd/export.js';
import { Checksum } from '../../lib/layers/checksum.js';
import { Stripe } from '../../lib/layers/stripe.js';
import { Pass } from '../../lib/layers/pass.js';
import * as wire from '../../lib/nbd/wire.js';
import { ArgumentError, ArgumentRangeError } from '../../lib/wait/errors.js';
import { FaultyDevice } from '../conformance/faulty-device.js';

const pool = new PagePool();

describe('Export', () => {
  it('announces what its device can do, and no more (P2)', () => {
    const all = new Export('x', { device: new MemoryDevice({ size: 8192 }), multiConnection: false }, pool);
    expect(all.flags(false) & wire.FLAG_CAN_MULTI_CONN).to.equal(0);
    expect([all.flags(true) & wire.FLAG_SEND_DF, all.flags(false) & wire.FLAG_SEND_DF]).to.deep.equal([
      wire.FLAG_SEND_DF,
      0,
    ]);
    expect([all.can(wire.CMD_TRIM), all.can(wire.CMD_WRITE_ZEROES)]).to.deep.equal([true, true]);
    const few = new Export('x', { device: new FaultyDevice({ operations: ['read', 'write', 'flush'] }) }, pool);
    expect(few.flags(true) & (wire.FLAG_SEND_TRIM | wire.FLAG_READ_ONLY)).to.equal(0);
    expect([few.can(wire.CMD_TRIM), few.readOnly]).to.deep.equal([false, false]);
    const zeroes = wire.FLAG_SEND_WRITE_ZEROES | wire.FLAG_SEND_FAST_ZERO;
    expect([few.flags(true) & zeroes, few.can(wire.CMD_WRITE_ZEROES)]).to.deep.equal([zeroes, true]);
    const readOnly = new Export('x', { device: new FaultyDevice({ operations: ['read', 'flush'] }) }, pool);
    expect(readOnly.flags(true) & (wire.FLAG_READ_ONLY | wire.FLAG_SEND_FUA | zeroes)).to.equal(wire.FLAG_READ_ONLY);
  });

  it('has fast zeroes where no device of the stack has to write them', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'wakechain-export-'));
    try {
      const path = join(folder, 'disk');
      const memory = new MemoryDevice({ size: 8192 });
      await using file = await FileDevice.open(path, { size: 8192 });
      const none = new FaultyDevice({ size: 8192, operations: ['read', 'write', 'flush'] });
      const sums = (lower: BlockDevice): BlockDevice => new Pass(new Checksum(lower, { pool }));
      const fast = [memory, new Pass(memory), sums(memory), file, new Pass(file), none].map(
        (device) => new Export('x', { device }, pool).zeroesFast,
      );
      expect(fast).to.deep.equal([true, true, true, false, false, false]);
      // It forgets the sums of what is to be zero, and leaves the data alone.
      expect(new Export('x', { device: sums(file) }, pool).zeroesFast).to.equal(true);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('announces sizes that the protocol allows', () => {
    const device = new MemoryDevice({ size: 1 << 20, blockSize: 1024 });
    const bytes = new Export('x', { device }, pool).blockSizes(100_000);
    expect(bytes).to.deep.equal({ info: 'block-size', minimum: 1, preferred: 4096, maximum: 100_000 });
    const blocks = new Export('x', { device, byteGranular: false }, pool).blockSizes(100_000);
    expect(blocks).to.deep.equal({ info: 'block-size', minimum: 1024, preferred: 4096, maximum: 99_328 });
    const chunks = new Stripe([device, new MemoryDevice({ size: 1 << 20, blockSize: 1024 })], { chunk: 1 << 19 });
    const less = new Export('x', { device: chunks }, pool).blockSizes(100_000);
    expect(less).to.deep.equal({ info: 'block-size', minimum: 1, preferred: 65_536, maximum: 100_000 });
  });

  it('refuses to announce blocks larger than the protocol allows, and serves such a device by the byte (I6)', () => {
    const device = new MemoryDevice({ size: 1 << 20, blockSize: 1 << 17 });
    expect(() => new Export('x', { device, byteGranular: false }, pool))
      .to.throw(ArgumentRangeError, /blocks of more than 65536 bytes, got 131072/)
      .with.property('code', 'ERR_EXPORT');
    expect(new Export('x', { device }, pool).blockSizes(1 << 20)).to.include({ minimum: 1, preferred: 1 << 17 });
  });

  it('refuses what is no device, and a name that cannot be sent (I6)', () => {
    const device = new MemoryDevice({ size: 8192 });
    expect(() => new Export('x', { device: {} as never }, pool)).to.throw(ArgumentError, /"x" must be a BlockDevice/);
    for (const name of ['x'.repeat(5000), 'a\0']) {
      expect(() => new Export(name, { device }, pool))
        .to.throw(ArgumentRangeError)
        .with.property('code', 'ERR_EXPORT');
    }
  });
});
