import { expect } from 'chai';
import { PagePool } from '../../lib/io/pages.js';
import { waitQueue } from '../../lib/io/strategy/wait-queue.js';
import { Checksum } from '../../lib/layers/checksum.js';
import { Mirror } from '../../lib/layers/mirror.js';
import type { FaultyDevice } from '../conformance/faulty-device.js';
import {
  answerInline,
  answerSuperblocks,
  DATA,
  disk,
  errorOf,
  expectAgreement,
  isSuperblock,
  rig,
  states,
} from './mirror-support.js';

const SIZE = 1 << 20;

describe('Mirror.scrub', () => {
  const strategy = waitQueue;
  const pool = new PagePool();
  afterEach(() => expect(pool.pagesInUse, 'pages in use').to.equal(0));

  /** A mirror whose disks answer at once. */
  async function made(members = 2): Promise<{ mirror: Mirror; disks: readonly FaultyDevice[] }> {
    const rigged = await rig(strategy, pool, { members, size: SIZE });
    answerInline(rigged.disks);
    return rigged;
  }

  /** Changes blocks on a disk behind the mirror's back. */
  function damage(target: FaultyDevice, block: number, blocks = 1): void {
    const at = DATA + block * 512;
    target.contents.subarray(at, at + blocks * 512).forEach((byte, i, all) => (all[i] = byte ^ 0x55));
  }

  /** Lets reads of a block fail, with all that is read with it. */
  function unreadable(target: FaultyDevice, block: number): void {
    const at = DATA + block * 512;
    target.inline = false;
    let bad = true;
    target.onSubmit = (op) => {
      const within = op.position <= at && at < op.position + op.length;
      if (op.operation === 'write' && within) bad = false;
      if (op.operation !== 'read' || !within || !bad) return true;
      op.fail();
      return false;
    };
  }

  it('finds nothing where members agree, and tells how far it is', async () => {
    const { mirror } = await made();
    const progress: number[] = [];
    const report = await mirror.scrub({ onProgress: (done, total) => progress.push(done / total) });
    expect(report).to.include({ device: 'mirror', checked: SIZE, mismatched: 0, unreadable: 0, repaired: 0 });
    expect(progress).to.deep.equal([0.25, 0.5, 0.75, 1]);
    await mirror.close();
  });

  it('tells blocks that differ and changes nothing, unless it is asked to (I11)', async () => {
    const { mirror, disks } = await made();
    damage(disks[1]!, 7, 3);
    damage(disks[1]!, 1000);
    const before = Uint8Array.from(disks[1]!.contents);
    const { problems, mismatched, repaired } = await mirror.scrub();
    expect([mismatched, repaired]).to.deep.equal([4 * 512, 0]);
    expect(problems).to.deep.equal([
      { kind: 'mismatched', member: 1, position: DATA + 7 * 512, length: 3 * 512, repaired: false },
      { kind: 'mismatched', member: 1, position: DATA + 1000 * 512, length: 512, repaired: false },
    ]);
    expect(Buffer.compare(before, disks[1]!.contents)).to.equal(0);
    await mirror.close();
  });

  it('makes members agree on what most of them hold, and of as many on the first', async () => {
    const { mirror, disks } = await made(3);
    damage(disks[0]!, 5);
    damage(disks[2]!, 9);
    const right = Uint8Array.from(disks[1]!.contents.subarray(DATA, DATA + SIZE));
    const { mismatched, repaired, problems } = await mirror.scrub({ repair: true });
    expect([mismatched, repaired, problems.map(({ member }) => member)]).to.deep.equal([1024, 1024, [0, 2]]);
    for (const each of disks) expect(Buffer.compare(each.stable.subarray(DATA, DATA + SIZE), right)).to.equal(0);
    expect(await mirror.scrub()).to.include({ mismatched: 0, unreadable: 0 });
    await mirror.close();
  });

  it('takes what a member cannot read from another', async () => {
    const { mirror, disks } = await made();
    unreadable(disks[0]!, 600);
    expect(await mirror.scrub()).to.include({ unreadable: 512, mismatched: 0, repaired: 0 });
    disks[0]!.contents.fill(0, DATA + 600 * 512, DATA + 601 * 512);
    const { problems, repaired } = await mirror.scrub({ repair: true });
    expect(problems).to.deep.equal([
      { kind: 'unreadable', member: 0, position: DATA + 600 * 512, length: 512, repaired: true },
    ]);
    expect(repaired).to.equal(512);
    expectAgreement(mirror);
    await mirror.close();
  });

  it('tells what no member can read as unrepaired', async () => {
    const { mirror, disks } = await made();
    for (const each of disks) unreadable(each, 3);
    const { unreadable: bytes, repaired, problems } = await mirror.scrub({ repair: true });
    expect([bytes, repaired, problems.map(({ member }) => member)]).to.deep.equal([1024, 0, [0, 1]]);
    await mirror.close();
  });

  it('is told by a Checksum below which copy is wrong, superblocks included', async () => {
    const disks = [disk('a', strategy, 64 * 1024), disk('b', strategy, 64 * 1024)];
    const members = await Promise.all(disks.map((each) => Checksum.format(each, { pool })));
    const mirror = await Mirror.create(members, { pool });
    const pages = pool.allocate(4096);
    pages.set(new Uint8Array(4096).fill(7));
    await mirror.write(pages, { position: 0 });
    pages.free();
    // The first one: the one that would be taken if nothing was known.
    disks[0]!.contents.fill(9, DATA + 1024, DATA + 2048);
    disks[0]!.contents.fill(9, 4096, 4608);
    expect((await members[0]!.scrub()).mismatched).to.equal(1536);
    const { unreadable: found, repaired } = await mirror.scrub({ repair: true });
    expect([found, repaired]).to.deep.equal([1024, 1024]);
    expect(disks[0]!.contents.subarray(DATA, DATA + 4096).every((byte) => byte === 7)).to.equal(true);
    expect((await members[0]!.scrub()).mismatched).to.equal(0);
    await mirror.close();
  });

  it('drops a member that does not take a repair', async () => {
    const { mirror, disks } = await made();
    damage(disks[1]!, 0);
    disks[1]!.inline = false;
    disks[1]!.onSubmit = (op) => {
      if (op.operation === 'write' && !isSuperblock(op)) op.fail();
      else op.answer();
      return false;
    };
    const { mismatched, repaired } = await mirror.scrub({ repair: true });
    expect([mismatched, repaired, states(mirror)]).to.deep.equal([512, 0, ['in-sync', 'failed']]);
    await mirror.close();
  });

  it('keeps writes out of what it compares, and lets them go on elsewhere (I8)', async () => {
    const { mirror, disks } = await made();
    answerInline(disks, false);
    const scrubbing = mirror.scrub();
    await new Promise((resolve) => setImmediate(resolve));
    expect(disks.map(({ pending }) => pending.length)).to.deep.equal([1, 1]);
    const pages = pool.allocate(512);
    const inside = mirror.write(pages.range(0, 512), { position: 512 });
    const outside = mirror.write(pages.range(0, 512), { position: SIZE - 512 });
    const writes = (): number[] =>
      disks.map(({ pending }) => pending.filter((op) => op.operation === 'write' && !isSuperblock(op)).length);
    answerSuperblocks(disks);
    expect([writes(), inside.settled]).to.deep.equal([[1, 1], false]);
    answerInline(disks);
    for (const each of disks) each.answerAll();
    await Promise.all([scrubbing, inside.promise(), outside.promise()]);
    expect((await scrubbing).mismatched).to.equal(0);
    pages.free();
    await mirror.close();
  });

  it('stops between two steps when its signal aborts, or the mirror is closed', async () => {
    const { mirror } = await made();
    const stop = new AbortController();
    const reason = new Error('enough');
    const stopped = mirror.scrub({ signal: stop.signal, onProgress: () => stop.abort(reason) });
    expect(await errorOf(stopped)).to.equal(reason);
    let closed: Promise<void> | undefined;
    const onProgress = (): void => void (closed ??= mirror.close());
    expect(await errorOf(mirror.scrub({ onProgress }))).to.include({ code: 'ERR_CLOSED' });
    await closed;
  });
});
