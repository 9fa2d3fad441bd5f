import { expect } from 'chai';
import { MemoryDevice } from '../../lib/devices/memory.js';
import { waitQueue } from '../../lib/io/strategy/wait-queue.js';
import { PAGE_SIZE, PagePool } from '../../lib/io/pages.js';
import { Mirror, type ReadPolicy } from '../../lib/layers/mirror.js';
import { copyPosition, encodeSuperblock, readSuperblock } from '../../lib/layers/superblock.js';
import { FaultyDevice } from '../conformance/faulty-device.js';
import { DATA, disk, errorOf, expectAgreement, states } from './mirror-support.js';

/** A copy of a device as it is, which can be read: what is found after a crash, or in another machine. */
function copyOf(device: MemoryDevice, name = device.name): MemoryDevice {
  const copy = new MemoryDevice({ size: device.size, name, blockSize: device.blockSize });
  copy.contents.set(device.contents);
  return copy;
}

describe('Mirror.create and Mirror.open', () => {
  const pool = new PagePool();
  const memory = (name: string, size = DATA + 8192, blockSize = 512): MemoryDevice =>
    new MemoryDevice({ size, name, blockSize });
  const two = (): [MemoryDevice, MemoryDevice] => [memory('left'), memory('right')];
  afterEach(() => expect(pool.pagesInUse, 'pages in use').to.equal(0));

  const fill = async (mirror: Mirror, value: number, position = 0, length = mirror.size): Promise<void> => {
    const pages = pool.allocate(length);
    pages.set(new Uint8Array(length).fill(value));
    await mirror.write(pages.range(0, length), { position });
    pages.free();
  };

  it('copies the first member to the others, unless they are known to hold the same', async () => {
    const [left, right] = two();
    left.contents.fill(7);
    const mirror = await Mirror.create([left, right], { pool });
    expectAgreement(mirror);
    expect([right.contents[DATA], right.contents.at(-1), mirror.dirtyBytes]).to.deep.equal([7, 7, 0]);
    await mirror.close();
    const others = two();
    others[0].contents.fill(7);
    await (await Mirror.create(others, { pool, assumeEqual: true })).close();
    expect(others[1].contents[DATA]).to.equal(0);
  });

  it('has the size and the blocks that all members can do, behind the superblocks', async () => {
    const members = [memory('small', DATA + 4096 + 512), memory('large blocks', 1 << 16, 2048)];
    const mirror = await Mirror.create(members, { pool });
    expect([mirror.size, mirror.blockSize]).to.deep.equal([4096, 2048]);
    await fill(mirror, 3);
    await mirror.close();
    const huge = await Mirror.create([memory('a', 1 << 17), memory('b', 1 << 17, 16384)], { pool });
    expect(huge.size).to.equal((1 << 17) - 32768);
    await fill(huge, 3);
    expectAgreement(huge, 32768);
    await huge.close();
  });

  it('opens as it was, from members in any order, and there is nothing to copy after a close', async () => {
    const [left, right] = two();
    const made = await Mirror.create([left, right], { pool });
    await fill(made, 5);
    await made.close();
    const [newRight, newLeft] = [copyOf(right), copyOf(left)];
    const mirror = await Mirror.open([newRight, newLeft], { pool, reads: 'round-robin' });
    expect([mirror.uuid, mirror.size, mirror.degraded]).to.deep.equal([made.uuid, made.size, false]);
    expect(mirror.members.map(({ device }) => device)).to.deep.equal([newLeft, newRight]);
    expect(newLeft.contents[DATA]).to.equal(5);
    await mirror.close();
  });

  it('is left by close without a mark on a member, also where a flush had come before', async () => {
    for (const flushed of [true, false]) {
      const [left, right] = two();
      const made = await Mirror.create([left, right], { pool });
      await fill(made, 5);
      if (flushed) await made.flush();
      expect(made.dirtyBytes > 0).to.equal(!flushed);
      await made.close();
      const copies = [copyOf(left), copyOf(right)];
      for (const each of copies) {
        expect((await readSuperblock(each, pool))?.dirty.every((bits) => bits === 0)).to.equal(true);
      }
      // Nothing is copied then: what differs stays.
      copies[1]!.contents[DATA] = 6;
      const mirror = await Mirror.open(copies, { pool });
      expect(copies[1]!.contents[DATA]).to.equal(6);
      await mirror.close();
    }
  });

  it('makes members agree where a crash has left marks, and nowhere else (I8)', async () => {
    const [left, right] = two();
    const made = await Mirror.create([left, right], { pool, regionSize: 1024 });
    await fill(made, 5, 1024, 512);
    expect(made.dirtyBytes).to.equal(1024);
    const [crashedLeft, crashedRight] = [copyOf(left), copyOf(right)];
    crashedRight.contents.fill(9, DATA + 1536, DATA + 2560);
    const mirror = await Mirror.open([crashedLeft, crashedRight], { pool });
    expect(crashedRight.contents[DATA + 1536]).to.equal(0);
    expect(crashedRight.contents[DATA + 2048]).to.equal(9);
    expect(mirror.dirtyBytes).to.equal(0);
    await mirror.close();
    await made.close();
  });

  it('keeps the mark where no member can read, until an open can (I8)', async () => {
    const disks = [disk('left', waitQueue), disk('right', waitQueue)];
    const made = await Mirror.create(disks, { pool, regionSize: 1024, assumeEqual: true });
    await fill(made, 5, 0, 4096);
    const crashed = disks.map((each, i) => {
      const image = disk(each.name, waitQueue);
      image.contents.set(each.contents);
      image.contents.fill(i, DATA + 2048, DATA + 3072);
      image.inline = false;
      image.onSubmit = (op) => {
        const bad = op.operation === 'read' && op.position < DATA + 2560 && op.position + op.length > DATA + 2048;
        if (bad) queueMicrotask(() => op.fail());
        return !bad;
      };
      return image;
    });
    await made.close();
    const mirror = await Mirror.open(crashed, { pool });
    expect([mirror.dirtyBytes, crashed[1]?.contents[DATA + 2560]]).to.deep.equal([1024, 0]);
    await fill(mirror, 6, 0, 512);
    await mirror.flush();
    expect(mirror.dirtyBytes).to.equal(1024);
    await mirror.close();
    const images = crashed.map((each) => copyOf(each as unknown as MemoryDevice));
    const again = await Mirror.open(images, { pool });
    expectAgreement(again);
    expect(again.dirtyBytes).to.equal(0);
    await again.close();
  });

  it('keeps the marks, and fails, when there is no memory to make members agree with (I8)', async () => {
    const members = two();
    members[0].contents.fill(7);
    const short = new PagePool({ maxBytes: 2 * PAGE_SIZE });
    expect((await errorOf(Mirror.create(members, { pool: short }))).code).to.equal('ENOMEM');
    expect(short.pagesInUse).to.equal(0);
    const mirror = await Mirror.open(members, { pool });
    expectAgreement(mirror);
    expect(members[1].contents.at(-1)).to.equal(7);
    await mirror.close();
  });

  it('takes marks back after a flush, and not those of writes that came later', async () => {
    const disks = [disk('left', waitQueue), disk('right', waitQueue)];
    const mirror = await Mirror.create(disks, { pool, regionSize: 1024, assumeEqual: true });
    await fill(mirror, 5, 0, 2048);
    for (const each of disks) each.inline = false;
    const flush = mirror.flush();
    for (const each of disks) each.inline = true;
    await fill(mirror, 6, 1024, 512);
    for (const each of disks) each.answerAll();
    await flush;
    expect(mirror.dirtyBytes).to.equal(1024);
    await mirror.close();
    expect(mirror.dirtyBytes).to.equal(0);
  });

  it('marks a write by the mebibyte, unless that is said otherwise (I8)', async () => {
    const mirror = await Mirror.create([memory('a', 3 << 20), memory('b', 3 << 20)], { pool, assumeEqual: true });
    await fill(mirror, 5, 0, 512);
    expect(mirror.dirtyBytes).to.equal(1 << 20);
    await mirror.close();
  });

  it('refuses a device whose place another one has taken, and changes nothing (I8)', async () => {
    const [left, right] = two();
    const spare = memory('spare');
    const made = await Mirror.create([left, right], { pool, assumeEqual: true });
    await made.fail(1);
    await made.rebuild(1, spare);
    await made.close();
    const before = [left, right, spare].map(({ contents }) => contents.slice());
    const [first, old, taken] = [left, right, spare].map((each) => copyOf(each)) as [MemoryDevice, MemoryDevice, MemoryDevice]; // prettier-ignore
    const error = await errorOf(Mirror.open([first, old], { pool }));
    expect(error).to.include({ code: 'ERR_REPLACED', device: old });
    expect(error.message).to.match(/^right was member 1 of the mirror .* another device has its place now: give that/);
    expect([first, old, taken].map(({ contents }) => contents)).to.deep.equal(before);
    const again = await Mirror.open([first, taken], { pool });
    expect(states(again)).to.deep.equal(['in-sync', 'in-sync']);
    await again.close();
  });

  it('remembers who was dropped, although it is given again', async () => {
    const disks = [disk('left', waitQueue), disk('right', waitQueue)];
    const made = await Mirror.create(disks, { pool, assumeEqual: true });
    disks[1]!.inline = false;
    disks[1]!.onSubmit = (op) => {
      queueMicrotask(() => op.fail());
      return false;
    };
    await fill(made, 5);
    expect(states(made)).to.deep.equal(['in-sync', 'failed']);
    await made.close();
    const [left, right] = disks.map(({ contents, name }) => {
      const copy = memory(name, contents.length);
      copy.contents.set(contents);
      return copy;
    }) as [MemoryDevice, MemoryDevice];
    const again = await Mirror.open([right, left], { pool });
    expect(states(again)).to.deep.equal(['in-sync', 'failed']);
    const pages = pool.allocate(512);
    await again.read(pages.range(0, 512), { position: 0 });
    expect(pages.bytes(0, 1)[0]).to.equal(5);
    pages.free();
    await again.close();
  });

  it('goes on without a member, which is out of sync from then on', async () => {
    const [left, right] = two();
    await (await Mirror.create([left, right], { pool })).close();
    const alone = await Mirror.open([copyOf(left, 'left alone')], { pool });
    expect([states(alone), alone.members[1]?.device]).to.deep.equal([['in-sync', 'failed'], null]);
    const device = alone.members[0]?.device as MemoryDevice;
    await fill(alone, 8);
    await alone.close();
    const both = await Mirror.open([copyOf(device), copyOf(right)], { pool });
    expect(states(both)).to.deep.equal(['in-sync', 'failed']);
    await both.close();
  });

  it('refuses members that have gone on without each other', async () => {
    const [left, right] = two();
    await (await Mirror.create([left, right], { pool })).close();
    const halves = [copyOf(left), copyOf(right)] as const;
    for (const half of halves) {
      const alone = await Mirror.open([half], { pool });
      await fill(alone, 1);
      await alone.close();
    }
    const error = await errorOf(Mirror.open([copyOf(halves[0]), copyOf(halves[1])], { pool }));
    expect([error.code, error.message]).to.deep.equal([
      'ERR_SPLIT_BRAIN',
      `right and member 0 of the mirror ${(await readSuperblock(copyOf(left), pool))?.uuid ?? ''} have been written to ` +
        'without each other (generations 2 and 2): open one, and rebuild to the other',
    ]);
  });

  it('takes a member that is behind by one change, which was stored when power was lost, for in sync', async () => {
    const disks = ['a', 'b', 'c'].map((name) => memory(name));
    await (await Mirror.create(disks, { pool })).close();
    const [a, b, c] = disks.map((each) => copyOf(each)) as [MemoryDevice, MemoryDevice, MemoryDevice];
    const top = await readSuperblock(a, pool);
    const next = {
      ...top!,
      generation: 2,
      sequence: top!.sequence + 1,
      states: ['in-sync', 'in-sync', 'failed'] as const,
    };
    a.contents.set(encodeSuperblock(next), copyPosition(512, 1));
    const mirror = await Mirror.open([a, b, c], { pool });
    expect(states(mirror)).to.deep.equal(['in-sync', 'in-sync', 'failed']);
    await mirror.close();
  });

  it('refuses what is no member of a mirror, of this one, or is so twice', async () => {
    const [left, right] = two();
    await (await Mirror.create([left, right], { pool })).close();
    const strangers = two();
    const stranger = await Mirror.create(strangers, { pool });
    await stranger.close();
    const parity = copyOf(left);
    const own = await readSuperblock(parity, pool);
    parity.contents.set(encodeSuperblock({ ...own!, role: 'parity', sequence: 1000 }), 0);
    for (const [members, code, text] of [
      [[left, memory('blank')], 'ERR_NOT_A_MEMBER', 'blank is no member of a mirror: it has no superblock'],
      [[parity], 'ERR_NOT_A_MEMBER', `left is no member of a mirror: it is member 0 of the parity ${own!.uuid}`],
      [[left, strangers[1]], 'ERR_FOREIGN_MEMBER', `right is a member of the mirror ${stranger.uuid}, expected one of ${own!.uuid}`], // prettier-ignore
      [[left, left], 'ERR_MEMBERS', 'Mirror needs at most 64 devices, each once, got left, left'],
      [[], 'ERR_MEMBERS', 'Mirror needs at least one device, got none'],
    ] as const) {
      const error = await errorOf(
        Mirror.open(
          members.map((each) => copyOf(each)),
          { pool },
        ),
      ).catch(() => null);
      const same = members[0] === members[1] ? await errorOf(Mirror.open(members, { pool })) : error;
      expect([same?.code, same?.message]).to.deep.equal([code, text]);
    }
    const twice = await errorOf(Mirror.open([copyOf(left), copyOf(left, 'its copy')], { pool }));
    expect(twice.message).to.match(/^its copy and left|^left and its copy|both are member 0/);
    expect(twice.code).to.equal('ERR_DUPLICATE_MEMBER');
  });

  it('leaves out a member that cannot be read, and fails when none can', async () => {
    const [left, right] = two();
    await (await Mirror.create([left, right], { pool })).close();
    const dead = new FaultyDevice({ name: 'dead', size: left.size });
    dead.onSubmit = (op) => {
      queueMicrotask(() => op.fail('ENXIO'));
      return false;
    };
    expect((await errorOf(Mirror.open([dead], { pool }))).code).to.equal('ENXIO');
    const mirror = await Mirror.open([dead, copyOf(left)], { pool });
    expect(states(mirror)).to.deep.equal(['in-sync', 'failed']);
    await mirror.close();
  });

  it('refuses to make a mirror of what cannot be one', async () => {
    const [left, right] = two();
    for (const [members, options, code] of [
      [[], {}, 'ERR_MEMBERS'],
      [[left, left], {}, 'ERR_MEMBERS'],
      [[memory('tiny', 8192), right], {}, 'ERR_GEOMETRY'],
      [[left, right], { regionSize: 700 }, 'ERR_REGION_SIZE'],
      [[left, right], { regionSize: 0 }, 'ERR_REGION_SIZE'],
      [[left, right], { reads: 'slowest' as ReadPolicy }, 'ERR_READS'],
    ] as const) {
      expect((await errorOf(Mirror.create(members, { pool, ...options }))).code).to.equal(code);
    }
    await (await Mirror.create([left, right], { pool })).close();
    const used = copyOf(left);
    const error = await errorOf(Mirror.create([used, memory('new')], { pool }));
    expect([error.code, error.message.startsWith('left is a member of the mirror ')]).to.deep.equal(['ERR_MEMBER_IN_USE', true]); // prettier-ignore
    await (await Mirror.create([used, memory('new')], { pool, overwrite: true })).close();
    const full = new PagePool({ maxBytes: PAGE_SIZE });
    expect((await errorOf(Mirror.create(two(), { pool: full }))).code).to.equal('ENOMEM');
    expect(full.pagesInUse).to.equal(0);
  });
});
