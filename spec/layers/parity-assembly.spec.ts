import { expect } from 'chai';
import type { BlockDevice } from '../../lib/io/device.js';
import { Parity, type ParityOpenOptions } from '../../lib/layers/parity.js';
import {
  decodeSuperblock,
  encodeSuperblock,
  readSuperblock,
  type MemberState,
  type Superblock,
} from '../../lib/layers/superblock.js';
import { FaultyDevice } from '../conformance/faulty-device.js';
import { leaves } from '../leaks.js';
import { codeOf, copyOf, Kit, someDisks } from './parity-kit.js';

describe('openArray', () => {
  let kit: Kit;
  const open = (members: readonly BlockDevice[], options: Partial<ParityOpenOptions> = {}): Promise<Parity> =>
    Parity.open(members, { pool: kit.pool, ...options });
  const statesOf = (parity: Parity): string[] => parity.members.map(({ state }) => state);

  beforeEach(async () => {
    kit = await Kit.make(3);
    await kit.write(0, 20, 5);
  });

  /** Changes what both copies of a member's superblock say. */
  function edit(disk: FaultyDevice, change: Partial<Superblock>): void {
    for (const at of [0, 4096]) {
      const superblock = decodeSuperblock(disk.contents.subarray(at, at + 4096));
      if (superblock !== null) disk.contents.set(encodeSuperblock({ ...superblock, ...change }), at);
    }
  }

  it('finds the order of the members by itself, and the layout', async () => {
    await kit.parity.close();
    const disks = kit.disks.map(copyOf);
    const [a, b, c] = disks as [FaultyDevice, FaultyDevice, FaultyDevice];
    const parity = await open([c, a, b]);
    expect(parity.members.map(({ device }) => device)).to.deep.equal([a, b, c]);
    expect([parity.uuid, parity.chunk, parity.size, parity.degraded]).to.deep.equal([
      kit.parity.uuid,
      1024,
      10240,
      false,
    ]);
  });

  it('refuses devices that do not belong, and says which (I6)', async () => {
    await kit.parity.close();
    const other = await Kit.make(3);
    const [a, b, c] = kit.disks.map(copyOf) as [FaultyDevice, FaultyDevice, FaultyDevice];
    const [blank] = someDisks(1, 10) as [FaultyDevice];
    const small = new FaultyDevice({ size: 8192 + 9 * 512, inline: true });
    small.contents.set(c.contents.subarray(0, small.size));
    expect(await codeOf(open([]))).to.equal('ERR_MEMBERS');
    expect(await codeOf(open([a, b, blank]))).to.equal('ERR_NOT_A_MEMBER');
    expect(await codeOf(open([a, b, other.disks[2] as FaultyDevice]))).to.equal('ERR_FOREIGN_MEMBER');
    expect(await codeOf(open([a, b, copyOf(b)]))).to.equal('ERR_DUPLICATE_MEMBER');
    expect(await codeOf(open([a, b, b]))).to.equal('ERR_DUPLICATE_MEMBER');
    expect(await codeOf(open([a, b, small]))).to.equal('ERR_GEOMETRY');
    edit(b, { role: 'mirror' });
    expect(await codeOf(open([a, b, c]))).to.equal('ERR_NOT_A_MEMBER');
  });

  it('bears one member that is absent or cannot be read, remembers it, and refuses to go on without two', async () => {
    await kit.parity.close();
    const disks = kit.disks.map(copyOf);
    const [a, b, c] = disks as [FaultyDevice, FaultyDevice, FaultyDevice];
    expect(await codeOf(open([copyOf(a)]))).to.equal('ERR_NOT_IN_SYNC');
    b.inline = false;
    b.onSubmit = (op) => (op.fail(), false);
    const degraded = await open([a, b, c]);
    expect(statesOf(degraded)).to.deep.equal(['in-sync', 'failed', 'in-sync']);
    await degraded.close();
    const again = await open([copyOf(a), copyOf(b), copyOf(c)]);
    expect(statesOf(again)).to.deep.equal(['in-sync', 'failed', 'in-sync']);
  });

  it('refuses to compute data from stripes that may be torn, unless it is forced', async () => {
    const two = kit.disks.slice(1).map(copyOf);
    expect(await codeOf(open(two))).to.equal('ERR_DIRTY');
    const forced = await open(two, { force: true });
    expect(statesOf(forced)).to.deep.equal(['failed', 'in-sync', 'in-sync']);
  });

  it('takes a member that a torn store has left one generation behind, and none that is further behind', async () => {
    await kit.parity.close();
    for (const [behind, state] of [
      [1, 'in-sync'],
      [2, 'failed'],
    ] as const) {
      const disks = kit.disks.map(copyOf);
      const [, b] = disks as [FaultyDevice, FaultyDevice];
      const { generation } = (await readSuperblock(b, kit.pool)) as Superblock;
      for (const disk of disks) {
        const others = { generation: generation + 5, states: ['in-sync', state, 'in-sync'] as MemberState[] };
        edit(disk, disk === b ? { generation: generation + 5 - behind } : others);
      }
      expect(statesOf(await open(disks))).to.deep.equal(['in-sync', state, 'in-sync']);
    }
  });

  it('refuses a member whose place another one has taken, unless that is there as well (I8)', async () => {
    await kit.parity.fail(1);
    const [spare] = someDisks(1, 1000) as [FaultyDevice];
    await kit.parity.rebuild(1, spare);
    await kit.parity.close();
    const [a, old, c] = kit.disks.map(copyOf) as [FaultyDevice, FaultyDevice, FaultyDevice];
    expect(await codeOf(open([a, old, c]))).to.equal('ERR_REPLACED');
    expect(statesOf(await open([a, old, c, spare].map(copyOf)))).to.deep.equal(Array(3).fill('in-sync'));
  });

  it('takes a member whose rebuild did not end for missing, but for what it holds', async () => {
    await kit.parity.close();
    const disks = kit.disks.map(copyOf);
    for (const disk of disks) edit(disk, { states: ['in-sync', 'in-sync', 'rebuilding'] });
    expect(statesOf(await open(disks))).to.deep.equal(['in-sync', 'in-sync', 'rebuilding']);
    expect(await codeOf(open(disks.slice(1)))).to.equal('ERR_NOT_IN_SYNC');
  });

  it('repairs what may be torn where a member whose rebuild did not end holds its part, and is refused behind that', async () => {
    // Five chunks on a member, in three regions: the last is half a region.
    await kit.write(0, 20, 6);
    for (const [rebuilt, code] of [
      [5 * 1024, 'done'],
      [4 * 1024, 'ERR_DIRTY'],
    ] as const) {
      const disks = kit.disks.map(copyOf);
      for (const disk of disks) edit(disk, { states: ['in-sync', 'in-sync', 'rebuilding'], rebuilt: [0, 0, rebuilt] });
      expect(await codeOf(open(disks)), String(rebuilt)).to.equal(code);
    }
  });

  it('gives the memory back when it fails', async () => {
    const before = kit.pool.pagesInUse;
    const disks = kit.disks.map(copyOf);
    for (const disk of disks) {
      disk.inline = false;
      disk.onSubmit = (op) => (op.operation !== 'read' || op.position < 8192 ? op.answer() : op.fail('ENXIO'), false);
    }
    expect(await codeOf(open(disks))).to.equal('ENXIO');
    expect(kit.pool.pagesInUse).to.equal(before);
  });
});

describe('createArray', () => {
  it('refuses members of something, unless it may overwrite them', async () => {
    const kit = await Kit.make(3);
    const again = (overwrite: boolean): Promise<Parity> =>
      Parity.create(kit.disks, { chunk: 512, pool: kit.pool, overwrite });
    expect(await codeOf(again(false))).to.equal('ERR_MEMBER_IN_USE');
    const parity = await again(true);
    expect(parity.uuid).to.not.equal(kit.parity.uuid);
    await parity.close();
    const opened = await Parity.open(kit.disks.map(copyOf), { pool: kit.pool });
    expect(opened.uuid).to.equal(parity.uuid);
    leaves('the memory of two that stay open, over the members of the one that is closed');
  });
});
