import { expect } from 'chai';
import { MemoryDevice } from '../../lib/devices/memory.js';
import { waitQueue } from '../../lib/io/strategy/wait-queue.js';
import { PAGE_SIZE, PagePool } from '../../lib/io/pages.js';
import { Mirror } from '../../lib/layers/mirror.js';
import { Parity } from '../../lib/layers/parity.js';
import { decodeSuperblock, encodeSuperblock, type Superblock } from '../../lib/layers/superblock.js';
import { SuperblockCopies } from '../../lib/layers/superblock-copies.js';
import { FaultyDevice } from '../conformance/faulty-device.js';
import { codeOf } from './parity-kit.js';
import { DATA, disk, states } from './mirror-support.js';

const superblock: Superblock = {
  role: 'mirror',
  uuid: '01234567-89ab-cdef-0123-456789abcdef',
  index: 0,
  memberCount: 1,
  layout: 0,
  generation: 1,
  sequence: 1,
  dataStart: DATA,
  dataSize: 4096,
  chunk: 0,
  regionSize: 4096,
  states: ['in-sync'],
  rebuilt: [0],
  dirty: new Uint8Array(1),
};

/** The sequence numbers that a disk's two copies have; null of one that is none. */
function sequences({ contents }: FaultyDevice): (number | null)[] {
  return [0, 4096].map((at) => decodeSuperblock(contents.subarray(at, at + 4096))?.sequence ?? null);
}

/** The disk in a machine that was switched on again: it holds what it held. */
function again(device: FaultyDevice): FaultyDevice {
  const copy = disk(device.name, waitQueue, device.size - DATA);
  copy.contents.set(device.contents);
  return copy;
}

/** From now on superblocks that are written to a disk are torn, so many times, and fail. Then `torn` is told. */
function tears(device: FaultyDevice, times: number, torn: () => void = () => undefined): void {
  let left = times;
  device.inline = false;
  device.onSubmit = (op) => {
    if (op.operation !== 'write' || op.position >= DATA || left-- <= 0) return true;
    device.contents.fill(0x77, op.position, op.position + 512);
    torn();
    queueMicrotask(() => op.fail());
    return false;
  };
}

describe('SuperblockCopies', () => {
  const pool = new PagePool();
  afterEach(() => expect(pool.pagesInUse).to.equal(0));

  const writeTo = (copies: SuperblockCopies, sequence: number): Promise<string | null> =>
    new Promise((resolve) => copies.write({ ...superblock, sequence }, (error) => resolve(error?.code ?? null)));

  it('writes stably over the copy that does not hold, whatever its number, and again over one that has failed (I8)', async () => {
    const device = disk('disk', waitQueue);
    device.contents.set(encodeSuperblock({ ...superblock, sequence: 6 }), 4096);
    const copies = new SuperblockCopies(device, pool, 1);
    expect([await writeTo(copies, 8), sequences(device)]).to.deep.equal([null, [8, 6]]);
    tears(device, 2);
    for (const sequence of [9, 10]) expect(await writeTo(copies, sequence)).to.equal('EIO');
    expect(sequences(device)).to.deep.equal([8, null]);
    expect([await writeTo(copies, 11), sequences(device)]).to.deep.equal([null, [8, 11]]);
    expect(device.stable.subarray(0, DATA)).to.deep.equal(device.contents.subarray(0, DATA));
    copies.free();
  });

  it('leaves nothing in either copy of what a new member was before (I8)', async () => {
    const device = disk('disk', waitQueue);
    for (const at of [0, 4096]) device.contents.set(encodeSuperblock({ ...superblock, sequence: 100 }), at);
    const copies = new SuperblockCopies(device, pool, null);
    expect([await writeTo(copies, 1), sequences(device)]).to.deep.equal([null, [1, 1]]);
    expect([await writeTo(copies, 2), sequences(device)]).to.deep.equal([null, [2, 1]]);
    copies.free();
    device.contents.fill(0x77, 0, DATA);
    const others = new SuperblockCopies(device, pool, null);
    tears(device, 1);
    expect([await writeTo(others, 1), sequences(device)]).to.deep.equal(['EIO', [null, null]]);
    expect([await writeTo(others, 2), sequences(device)]).to.deep.equal([null, [2, 2]]);
    others.free();
  });

  it('writes whole blocks, and nothing behind the superblock but zeroes', async () => {
    const small = new PagePool({ maxBytes: 4 * PAGE_SIZE });
    const used = small.allocate(4 * PAGE_SIZE);
    used.set(new Uint8Array(4 * PAGE_SIZE).fill(7));
    used.free();
    const device = new MemoryDevice({ size: 1 << 16, blockSize: 4 * PAGE_SIZE });
    device.contents.fill(7);
    const copies = new SuperblockCopies(device, small, 1);
    expect(await writeTo(copies, 2)).to.equal(null);
    expect(device.contents.subarray(4096, 16384).every((byte) => byte === 0)).to.equal(true);
    expect(device.contents[16384]).to.equal(7);
    expect(() => new SuperblockCopies(device, small, 1)).to.throw('ENOMEM');
    copies.free();
    expect(small.pagesInUse).to.equal(0);
  });

  describe('of a Mirror', () => {
    const pages = new PagePool().allocate(512);
    const isWritten = (to: Mirror | Parity, position = 0): Promise<unknown> =>
      codeOf(to.write(pages.range(0, 512), { position }).promise());

    /** One member in sync, and one whose rebuild was interrupted. */
    async function rebuilding(): Promise<{ mirror: Mirror; disks: [FaultyDevice, FaultyDevice] }> {
      const disks: [FaultyDevice, FaultyDevice] = [disk('a', waitQueue, 1 << 17), disk('b', waitQueue, 1 << 17)];
      const mirror = await Mirror.create(disks, { pool, assumeEqual: true, regionSize: 4096 });
      await mirror.fail(1);
      const stop = new AbortController();
      await codeOf(mirror.rebuild(1, disks[1], { signal: stop.signal, onProgress: () => stop.abort() }));
      expect(states(mirror)).to.deep.equal(['in-sync', 'rebuilding']);
      return { mirror, disks };
    }

    it('leaves the last member in sync a copy that holds when one that is rebuilt took what it did not (I8)', async () => {
      const { mirror, disks } = await rebuilding();
      tears(disks[0], 1);
      expect(await isWritten(mirror)).to.equal('EIO');
      const images = disks.map(again);
      await mirror.close();
      const second = await Mirror.open(images, { pool });
      // Power is lost in the first superblock that is written now.
      let found: FaultyDevice[] = [];
      tears(images[0]!, 1, () => (found = images.map(again)));
      await isWritten(second);
      await second.close();
      expect(sequences(found[0]!).filter((sequence) => sequence === null)).to.have.length(1);
      const third = await Mirror.open(found, { pool });
      expect(states(third)).to.deep.equal(['in-sync', 'rebuilding']);
      await third.close();
    });

    it('does not let one that is rebuilt get ahead of the last in sync, however often that fails (I8)', async () => {
      const { mirror, disks } = await rebuilding();
      tears(disks[0], 3);
      for (let attempt = 0; attempt < 3; attempt++) expect(await isWritten(mirror)).to.equal('EIO');
      const images = disks.map(again);
      const second = await Mirror.open(images, { pool });
      expect(states(second)).to.deep.equal(['in-sync', 'rebuilding']);
      await second.close();
      // When it takes them again both do.
      expect(await isWritten(mirror)).to.equal('done');
      expect(new Set(disks.map((each) => Math.max(...sequences(each).map(Number)))).size).to.equal(1);
      await mirror.close();
    });

    it('leaves nothing of what a member was before, also when power is lost right after (I8)', async () => {
      const old = [disk('a', waitQueue, 1 << 17), disk('b', waitQueue, 1 << 17)];
      const before = await Mirror.create(old, { pool, regionSize: 4096 });
      for (let i = 0; i < 8; i++) {
        await isWritten(before, i * 4096);
        await before.flush();
      }
      await before.close();
      const members = [...old.slice(0, 1).map(again), disk('c', waitQueue, 1 << 17)];
      const mirror = await Mirror.create(members, { pool, assumeEqual: true, overwrite: true });
      const images = members.map(again);
      await mirror.close();
      const opened = await Mirror.open(images, { pool });
      expect([opened.uuid, states(opened)]).to.deep.equal([mirror.uuid, ['in-sync', 'in-sync']]);
      await opened.close();
    });

    it('holds, as that of a Parity, when a second loss of power tears one where the first has torn the other copy (I8)', async () => {
      const create = {
        mirror: (of: FaultyDevice[]) => Mirror.create(of, { pool, assumeEqual: true, regionSize: 4096 }),
        parity: (of: FaultyDevice[]) => Parity.create(of, { pool, chunk: 1024, regionSize: 4096, assumeClean: true }),
      };
      const open = {
        mirror: (of: FaultyDevice[]) => Mirror.open(of, { pool }),
        parity: (of: FaultyDevice[]) => Parity.open(of, { pool }),
      };
      for (const role of ['mirror', 'parity'] as const) {
        const made = ['a', 'b', 'c'].map((name) => disk(name, waitQueue, 1 << 15));
        await (await create[role](made)).close();
        for (const torn of [0, 1]) {
          // The others have taken one that this one has not, or has.
          for (const taken of [0, 1, 2]) {
            const disks = made.map(again);
            const array = await open[role](disks);
            for (let i = 0; i < taken; i++) await isWritten(array, i * 8192);
            const images = disks.map(again);
            await array.close();
            const [, , last] = images as [FaultyDevice, FaultyDevice, FaultyDevice];
            last.contents.fill(0x77, torn * 4096, torn * 4096 + 512);
            let found: FaultyDevice[] = [];
            tears(last, 1, () => (found = images.map(again)));
            const second = await open[role](images);
            await isWritten(second, 3 * 8192);
            await second.close();
            const third = await open[role](found);
            expect(third.degraded, `${role}, copy ${String(torn)}`).to.equal(false);
            await third.close();
          }
        }
      }
    });
  });
});
