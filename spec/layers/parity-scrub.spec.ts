import { expect } from 'chai';
import { PagePool } from '../../lib/io/pages.js';
import { Checksum } from '../../lib/layers/checksum.js';
import { Parity } from '../../lib/layers/parity.js';
import type { FaultyDevice } from '../conformance/faulty-device.js';
import { BLOCK, codeOf, DATA_START, Kit, someDisks, turn, wrongParityAt } from './parity-kit.js';

describe('Parity.scrub', () => {
  /** Three members of five stripes, two blocks to a chunk; the blocks hold 1 to 20. */
  async function filled(): Promise<Kit> {
    const kit = await Kit.make(3);
    await Promise.all(Array.from({ length: 20 }, (_, block) => kit.write(block, 1, block + 1).promise()));
    return kit;
  }
  const values = Array.from({ length: 20 }, (_, block) => block + 1);

  function damage(disk: FaultyDevice, block: number): void {
    const at = DATA_START + block * BLOCK;
    disk.contents.subarray(at, at + BLOCK).forEach((byte, i, all) => (all[i] = byte ^ 0x55));
  }

  /** Lets a disk fail reads of a block, until it is written. */
  function unreadable(disk: FaultyDevice, block: number): void {
    const at = DATA_START + block * BLOCK;
    let bad = true;
    disk.inline = false;
    disk.onSubmit = (op) => {
      const within = op.position <= at && at < op.position + op.length;
      if (op.operation === 'write' && within) bad = false;
      if (op.operation !== 'read' || !within || !bad) return true;
      op.fail();
      return false;
    };
  }

  it('finds nothing where parity is right, and tells how far it is', async () => {
    const { parity } = await filled();
    const progress: number[] = [];
    const report = await parity.scrub({ onProgress: (done, total) => progress.push(done / total) });
    expect(report).to.deep.include({ device: 'parity', checked: parity.size, mismatched: 0, unreadable: 0 });
    expect(report.problems).to.deep.equal([]);
    expect(progress).to.deep.equal([0.2, 0.4, 0.6, 0.8, 1]);
    await parity.close();
  });

  it('tells where stripes do not sum up and changes nothing, unless it is asked to make their parity anew', async () => {
    const kit = await filled();
    const { parity, disks } = kit;
    // Stripe 0: its parity is on the last member.
    damage(disks[2]!, 1);
    const found = await parity.scrub();
    expect(found).to.include({ mismatched: BLOCK, unreadable: 0, repaired: 0 });
    expect(found.problems).to.deep.equal([
      { kind: 'mismatched', member: 2, position: DATA_START + BLOCK, length: BLOCK, repaired: false },
    ]);
    expect(wrongParityAt(disks)).to.equal(DATA_START + BLOCK);
    expect(await parity.scrub({ repair: true })).to.include({ mismatched: BLOCK, repaired: BLOCK });
    expect(wrongParityAt(disks)).to.equal(-1);
    expect(await kit.read()).to.deep.equal(values);
    await parity.close();
  });

  it('takes data as it is where nothing tells which is wrong', async () => {
    const kit = await filled();
    damage(kit.disks[0]!, 0);
    expect(await kit.parity.scrub({ repair: true })).to.include({ mismatched: BLOCK, repaired: BLOCK });
    expect(wrongParityAt(kit.disks)).to.equal(-1);
    expect(await kit.read(0, 2)).to.deep.equal([1 ^ 0x55, 2]);
    await kit.parity.close();
  });

  it('computes what a member cannot read, data or parity', async () => {
    const kit = await filled();
    const { disks, parity } = kit;
    for (const [disk, block] of [[disks[0]!, 3], [disks[2]!, 1]] as const) {
      unreadable(disk, block);
      disk.contents.fill(0, DATA_START + block * BLOCK, DATA_START + (block + 1) * BLOCK);
    } // prettier-ignore
    expect(await parity.scrub()).to.include({ mismatched: 0, unreadable: 2 * BLOCK, repaired: 0 });
    const { problems, repaired } = await parity.scrub({ repair: true });
    expect([repaired, problems.map(({ member, kind }) => [member, kind])]).to.deep.equal([
      2 * BLOCK,
      [
        [2, 'unreadable'],
        [0, 'unreadable'],
      ],
    ]);
    expect(wrongParityAt(disks)).to.equal(-1);
    expect(await kit.read()).to.deep.equal(values);
    await parity.close();
  });

  it('tells what two members cannot read as unrepaired', async () => {
    const { parity, disks } = await filled();
    unreadable(disks[0]!, 4);
    unreadable(disks[1]!, 4);
    expect(await parity.scrub({ repair: true })).to.include({ unreadable: 2 * BLOCK, repaired: 0, mismatched: 0 });
    await parity.close();
  });

  it('only reads what lacks a member', async () => {
    const { parity, disks } = await filled();
    damage(disks[1]!, 0);
    await parity.fail(0);
    unreadable(disks[2]!, 6);
    expect(await parity.scrub({ repair: true })).to.include({ unreadable: BLOCK, repaired: 0, mismatched: 0 });
    await parity.close();
  });

  it('is told by a Checksum below which one is wrong, superblocks included', async () => {
    const pool = new PagePool();
    const disks = someDisks(3, 64);
    const members = await Promise.all(disks.map((each) => Checksum.format(each, { pool })));
    const parity = await Parity.create(members, { pool, chunk: 2 * BLOCK });
    const pages = pool.allocate(4096);
    pages.set(new Uint8Array(4096).fill(7));
    await parity.write(pages, { position: 0 });
    const wrong = Uint8Array.from(disks[0]!.contents.fill(9, DATA_START, DATA_START + BLOCK).fill(9, 0, BLOCK));
    expect(await parity.scrub({ repair: true })).to.include({ unreadable: BLOCK, repaired: BLOCK, mismatched: 0 });
    expect(Buffer.compare(wrong, disks[0]!.contents)).not.to.equal(0);
    expect((await members[0]!.scrub()).mismatched).to.equal(0);
    await parity.read(pages, { position: 0 });
    expect(pages.bytes().every((byte) => byte === 7)).to.equal(true);
    await parity.close();
  });

  it('gives up a member that does not take a repair', async () => {
    const { parity, disks } = await filled();
    damage(disks[2]!, 0);
    disks[2]!.inline = false;
    disks[2]!.onSubmit = (op) => {
      if (op.operation !== 'write' || op.position < DATA_START) return true;
      op.fail();
      return false;
    };
    expect(await parity.scrub({ repair: true })).to.include({ mismatched: BLOCK, repaired: 0 });
    expect(parity.members.map(({ state }) => state)).to.deep.equal(['in-sync', 'in-sync', 'failed']);
    await parity.close();
  });

  it('keeps writes out of the stripe that it looks at (I8)', async () => {
    const kit = await filled();
    kit.hold();
    const scrubbing = kit.parity.scrub();
    await turn();
    const inside = kit.write(0, 1, 77);
    await turn();
    const reads = kit.disks.map(({ pending }) => pending.filter(({ operation }) => operation === 'read').length);
    expect([reads, inside.settled]).to.deep.equal([[1, 1, 1], false]);
    await kit.release();
    await inside;
    expect(await scrubbing).to.include({ mismatched: 0, unreadable: 0 });
    expect((await kit.read(0, 2))[0]).to.equal(77);
    await kit.parity.close();
  });

  it('stops between two stripes when its signal aborts, or the array is closed', async () => {
    const { parity } = await filled();
    const stop = new AbortController();
    const reason = new Error('enough');
    const onProgress = (): void => stop.abort(reason);
    expect(await codeOf(parity.scrub({ signal: stop.signal, onProgress }))).to.equal(reason);
    let closed: Promise<void> | undefined;
    expect(await codeOf(parity.scrub({ onProgress: () => void (closed ??= parity.close()) }))).to.equal('ERR_CLOSED');
    await closed;
  });
});
