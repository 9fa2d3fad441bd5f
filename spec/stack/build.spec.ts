import { expect } from 'chai';
import { MemoryDevice } from '../../lib/devices/memory.js';
import { NbdServer } from '../../lib/nbd/server.js';
import { PagePool, waitQueue } from '../../lib/io/index.js';
import { build, kitOf } from '../../lib/stack/build.js';
import type { DeviceDescription } from '../../lib/stack/device-description.js';

describe('build', () => {
  const memory: DeviceDescription = { type: 'memory', size: 1 << 16 };
  const kit = () => kitOf({ strategy: waitQueue, pool: new PagePool(), create: true });

  const all: DeviceDescription[] = [
    memory,
    { type: 'null' },
    { type: 'pass', lower: memory },
    { type: 'queue', lower: memory, depth: 2, mergeBytes: 65536, patience: 9, autoPlug: true },
    { type: 'cache', lower: memory, lines: 2 },
    { type: 'read-ahead', lower: memory, maxBytes: 8192, partBytes: 4096, keepBytes: 16384 },
    { type: 'retry', lower: memory, delaysMs: [0], codes: ['EIO'] },
    { type: 'delay', lower: memory, delayMs: 0 },
    { type: 'delay', lower: memory, delayMs: { min: 0, max: 0 }, seed: 7 },
    { type: 'unaligned', lower: memory },
    { type: 'zeroing', lower: memory, pieceBytes: 4096 },
    { type: 'stripe', members: [memory, memory], chunk: 4096 },
    { type: 'checksum', lower: memory, ordered: false, copyWrites: true },
    { type: 'mirror', members: [memory, memory], reads: 'round-robin', copyWrites: true, regionSize: 8192 },
    { type: 'parity', members: [memory, memory, memory], chunk: 4096, regionSize: 8192 },
    { type: 'volatile', size: 1 << 16, sectorSize: 512 },
    { type: 'throttle', lower: memory, bytesPerSecond: 1e9 },
    { type: 'trace', lower: memory, capacity: 4 },
    {
      type: 'fault',
      lower: memory,
      seed: 7,
      rules: [{ kind: 'error', code: 'ENOSPC', operations: ['flush'], times: 1 }],
    },
    { type: 'loop', lower: memory, extents: [{ start: 8192, length: 8192 }] },
    { type: 'linear', segments: [{ device: memory }, { device: memory }], superblock: true },
    { type: 'stripe', members: [memory, memory], chunk: 4096, superblock: true },
    { type: 'linear', segments: [{ device: memory, start: 4096, length: 8192 }, { device: memory }] },
  ];

  for (const description of all) {
    it(`makes a device of type ${description.type} that can be written and read`, async () => {
      const { pool } = kit();
      const device = await build({ ...description, name: 'mine' }, 'device', kit());
      const pages = pool.allocate(4096);
      expect([await device.write(pages, { position: 0 }), device.name]).to.deep.equal([4096, 'mine']);
      await device.close();
    });
  }

  it('connects to a server, and says where it has not', async () => {
    await using server = new NbdServer({ exports: { disk: { device: new MemoryDevice({ size: 1 << 16 }) } } });
    const uri = await server.listen({ port: 0 });
    const device = await build({ type: 'nbd', uri, connections: 2, waitMs: 1, name: 'far' }, 'device', kit());
    expect([device.size, device.name, await device.flush()]).to.deep.equal([1 << 16, 'far', 0]);
    await device.close();
    const failed: unknown = await build({ type: 'nbd', uri: `${uri}s` }, 'device', kit()).catch(
      (error: unknown) => error,
    );
    expect(failed)
      .to.have.property('message')
      .that.matches(/^device \(nbd\): .*The server does not serve "disks"/);
  });

  it('hands the rules of a fault layer on', async () => {
    const rules = [{ kind: 'error' as const, code: 'ENOSPC' as const, operations: ['flush' as const] }];
    const device = await build({ type: 'fault', lower: memory, rules }, 'device', kit());
    expect(await device.flush().then(null, (error: unknown) => (error as { code: string }).code)).to.equal('ENOSPC');
  });

  it('lists what it has built, bottom first', async () => {
    const given = kit();
    await build({ type: 'pass', lower: { type: 'stripe', members: [memory, memory] } }, 'device', given);
    expect(given.built.map((device) => device.constructor.name)).to.deep.equal([
      'MemoryDevice',
      'MemoryDevice',
      'Stripe',
      'Pass',
    ]);
  });
});
