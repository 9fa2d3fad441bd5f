import { expect } from 'chai';
import type { FaultyDevice } from '../conformance/faulty-device.js';
import { Kit, someDisks, turn, wrongParityAt } from './parity-kit.js';

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

  it('succeeds when a disk tells an error and has given everything (I4)', async () => {
    const kit = await Kit.make(3);
    await kit.write(0, 20, 5);
    kit.hold();
    const read = kit.parity.read(kit.pool.allocate(4096).range(0, 512), { position: 0 });
    kit.disks[0]?.only.fail('EIO', []);
    expect([read.state, kit.disks.map(({ pending }) => pending.length)]).to.deep.equal(['done', [0, 0, 0]]);
  });
});
