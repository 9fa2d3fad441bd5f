import { expect } from 'chai';
import { PagePool } from '../../lib/io/pages.js';
import { Checksum } from '../../lib/layers/checksum.js';
import { Parity } from '../../lib/layers/parity.js';
import type { FaultyDevice } from '../conformance/faulty-device.js';
import { designs } from '../conformance/strategies.js';
import { BLOCK, DATA_START, Kit, outcomeOf, someDisks, turn, wrongParityAt } from './parity-kit.js';

describe('StripeRead', () => {
  it('does not compute from a stripe that is half written (I8)', async () => {
    const kit = await Kit.make(4);
    await kit.write(0, 30, 5);
    kit.hold();
    const pages = kit.pool.allocate(4096);
    const reads = [kit.parity.read(pages.range(0, 512), { position: 512 })];
    const write = kit.write(0, 6, 6);
    for (const member of [1, 2]) kit.disks[member]?.only.answer();
    kit.disks[0]?.pending.find(({ operation }) => operation === 'read')?.fail();
    await turn();
    expect([write.state, reads[0]?.state, kit.disks[1]?.pending.length]).to.deep.equal(['pending', 'pending', 0]);
    await kit.release();
    expect([write.state, reads[0]?.state]).to.deep.equal(['done', 'done']);
    expect(new Set(pages.bytes(0, 512))).to.deep.equal(new Set([6]));
    expect(wrongParityAt(kit.disks)).to.equal(-1);
  });

  for (const { strategy } of designs) {
    it(`reads block by block what it can neither read nor compute as a whole, under ${strategy.name} (I4)`, async () => {
      for (const [bad, missing, good, healed] of [
        // Two rows that each lack one, one that lacks two, and one member that is not there.
        [
          [
            [0, 0],
            [1, 1],
          ],
          null,
          ['0+6'],
          [[0, 1], [1, 1], []],
        ],
        [
          [
            [0, 0],
            [1, 0],
            [2, 1],
          ],
          null,
          ['1+1', '3+3'],
          [[], [], [1, 1]],
        ],
        [[[1, 0]], 0, ['1+1', '3+3'], [[], [], []]],
      ] as const) {
        // prettier-ignore
        const kit = await Kit.make(4, strategy);
        await kit.write(0, 30, 5);
        if (missing !== null) await kit.parity.fail(missing);
        const used = kit.pool.pagesInUse;
        for (const [index, block] of bad) {
          const disk = kit.disks[index] as FaultyDevice;
          disk.inline = false;
          disk.onSubmit = (op) => {
            const offset = DATA_START + block * BLOCK - op.position;
            if (op.operation !== 'read' || offset < 0 || offset >= op.length) return true;
            queueMicrotask(() => op.fail());
            return false;
          };
        }
        kit.clearLogs();
        const pages = kit.pool.allocate(6 * BLOCK);
        const read = kit.parity.read(pages.range(0, 6 * BLOCK), { position: 0 });
        await read.promise().catch(() => undefined);
        expect(outcomeOf(read)[2], String(bad)).to.deep.equal(good);
        for (const { offset, length } of read.succeeded) expect(new Set(pages.bytes(offset, length))).to.deep.equal(new Set([5])); // prettier-ignore
        pages.free();
        await kit.parity.drain();
        const written = kit.logs.slice(0, 3).map((log) => log.filter((line) => line.startsWith('write')).map((line) => line.slice(6))); // prettier-ignore
        expect(written, String(bad)).to.deep.equal(
          healed.map((range) => (range.length === 0 ? [] : [range.join('+')])),
        );
        expect(kit.pool.pagesInUse).to.equal(used);
        await kit.parity.close();
      }
    });
  }

  it('does not read from a spare what is not rebuilt there yet (I8)', async () => {
    const kit = await Kit.make(3);
    await kit.write(0, 20, 5);
    await kit.parity.fail(0);
    const [spare] = someDisks(1, 10) as [FaultyDevice];
    const [, b] = kit.disks as [FaultyDevice, FaultyDevice];
    const rebuilt = kit.parity.rebuild(0, spare);
    const found: Promise<number[]>[] = [];
    b.onSubmit = (op) => {
      if (op.operation === 'read' && op.position === 8192 && found.length === 0) found.push(kit.read(0, 2));
      return true;
    };
    await rebuilt;
    expect(await Promise.all(found)).to.deep.equal([[5, 5]]);
  });

  it('writes back what a disk could not read and was computed, behind the read, with the stripe locked (I4, I8)', async () => {
    const kit = await Kit.make(4);
    await kit.write(0, 30, 5);
    const bad = kit.disks[0] as FaultyDevice;
    bad.contents.fill(0x99, 8192, 8192 + 1024);
    kit.hold();
    kit.clearLogs();
    const pages = kit.pool.allocate(4096);
    const read = kit.parity.read(pages.range(0, 3072), { position: 0 });
    bad.only.fail('EIO', [{ offset: 512, length: 512 }]);
    for (const disk of kit.disks.slice(1, 3)) disk.only.answer();
    await turn();
    const behind = kit.write(0, 6, 7);
    for (const disk of kit.disks.slice(1)) disk.only.answer();
    await turn();
    expect([read.value, kit.logs[0]]).to.deep.equal([3072, ['read 0+2', 'write 1+1']]);
    expect([new Set(pages.bytes(512, 2560)), kit.disks[1]?.pending.length]).to.deep.equal([new Set([5]), 0]);
    // The caller may do with its pages what it likes.
    pages.set(new Uint8Array(3072).fill(0xee));
    bad.only.answer();
    expect([bad.contents[8192 + 512], kit.parity.healedBytes, behind.state]).to.deep.equal([5, 512, 'pending']);
    await kit.release();
    expect([behind.state, wrongParityAt(kit.disks)]).to.deep.equal(['done', -1]);
    pages.free();
    await kit.parity.close();
  });

  it('gives up a disk that does not take what is written back, and leaves others’ errors alone', async () => {
    const kit = await Kit.make(4);
    await kit.write(0, 30, 5);
    const bad = kit.disks[0] as FaultyDevice;
    bad.inline = false;
    const gone = kit.read(0, 2);
    bad.only.fail('ENXIO');
    expect(await gone).to.deep.equal([5, 5]);
    expect(kit.parity.members[0]?.state).to.equal('in-sync');
    const read = kit.read(0, 2);
    bad.only.fail();
    expect(await read).to.deep.equal([5, 5]);
    bad.only.fail();
    await kit.parity.drain();
    expect([kit.parity.members[0]?.state, kit.parity.healedBytes]).to.deep.equal(['failed', 0]);
    await kit.parity.close();
    expect(bad.log.filter((line) => line.startsWith('write')).length).to.be.greaterThan(0);
  });

  it('writes nothing back of what was computed for a member that is missing', async () => {
    const kit = await Kit.make(3);
    await kit.write(0, 20, 5);
    await kit.parity.fail(1);
    kit.clearLogs();
    expect(new Set(await kit.read())).to.deep.equal(new Set([5]));
    expect([kit.parity.healedBytes, kit.logs.flat().filter((line) => line.startsWith('write'))]).to.deep.equal([0, []]);
  });

  it('is waited for by close', async () => {
    const kit = await Kit.make(3);
    await kit.write(0, 20, 5);
    const bad = kit.disks[0] as FaultyDevice;
    bad.inline = false;
    const read = kit.read(0, 1);
    bad.only.fail();
    await read;
    let closed = false;
    const closing = kit.parity.close().then(() => (closed = true));
    await turn();
    expect([closed, bad.only.operation]).to.deep.equal([false, 'write']);
    await kit.release();
    await closing;
    expect(kit.parity.healedBytes).to.equal(512);
  });

  for (const { strategy } of designs) {
    it(`heals what a Checksum below finds damaged, under ${strategy.name}`, async () => {
      const pool = new PagePool();
      const disks = someDisks(3, 40, strategy);
      const members: Checksum[] = [];
      for (const disk of disks) members.push(await Checksum.format(disk, { pool }));
      const parity = await Parity.create(members, { chunk: 2 * BLOCK, pool, strategy, assumeClean: true });
      const pages = pool.allocate(8 * BLOCK);
      pages.set(new Uint8Array(8 * BLOCK).fill(7));
      await parity.write(pages.range(0, 8 * BLOCK), { position: 0 });
      const contents = disks[1]?.contents ?? new Uint8Array();
      contents.fill(0x55, DATA_START, DATA_START + 100);
      pages.set(new Uint8Array(8 * BLOCK));
      expect(await parity.read(pages.range(0, 8 * BLOCK), { position: 0 })).to.equal(8 * BLOCK);
      expect(new Set(pages.bytes(0, 8 * BLOCK))).to.deep.equal(new Set([7]));
      await parity.drain();
      expect([parity.healedBytes, parity.degraded]).to.deep.equal([BLOCK, false]);
      expect(new Set(contents.subarray(DATA_START, DATA_START + 2 * BLOCK))).to.deep.equal(new Set([7]));
      expect(await members[1]?.read(pages.range(0, BLOCK), { position: DATA_START })).to.equal(BLOCK);
      pages.free();
      await parity.close();
      expect(pool.pagesInUse).to.equal(0);
    });
  }

  it('succeeds when a disk tells an error and has given everything (I4)', async () => {
    const kit = await Kit.make(3);
    await kit.write(0, 20, 5);
    kit.hold();
    const read = kit.parity.read(kit.pool.allocate(4096).range(0, 512), { position: 0 });
    kit.disks[0]?.only.fail('EIO', []);
    expect([read.state, kit.disks.map(({ pending }) => pending.length)]).to.deep.equal(['done', [0, 0, 0]]);
  });
});
