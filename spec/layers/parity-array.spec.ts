import { expect } from 'chai';
import { Parity } from '../../lib/layers/parity.js';
import type { FaultyDevice } from '../conformance/faulty-device.js';
import { answerAll, codeOf, copyOf, Kit, someDisks, turn, wrongParityAt } from './parity-kit.js';

describe('ParityArray', () => {
  it('tells nobody of a write that one member lacks before that is stored on the others', async () => {
    const kit = await Kit.make(3);
    await kit.write(0, 20, 5);
    kit.hold();
    const request = kit.write(0, 4, 6);
    kit.disks[0]?.only.fail();
    kit.disks[1]?.only.answer();
    kit.disks[2]?.only.answer();
    await turn();
    const stores = kit.disks.map(({ pending }) => pending.map(({ operation, position, fua }) => [operation, position < 8192, fua])); // prettier-ignore
    expect([request.state, stores]).to.deep.equal(['pending', [[], [['write', true, true]], [['write', true, true]]]]);
    // Nor of another, which has found that member gone.
    const other = kit.write(8, 4, 7);
    for (const disk of kit.disks) for (const op of [...disk.pending]) if (op.position >= 8192) op.answer();
    await turn();
    expect(other.state).to.equal('pending');
    await kit.release();
    expect([request.state, other.state]).to.deep.equal(['done', 'done']);
    const opened = await Parity.open(kit.disks.map(copyOf), { pool: kit.pool, force: true });
    expect(opened.members[0]?.state).to.equal('failed');
  });

  it('writes nothing more once a second member has failed', async () => {
    const kit = await Kit.make(3);
    await kit.write(0, 20, 5);
    await kit.parity.fail(0);
    kit.hold();
    kit.write(0, 4, 6).notify(() => undefined);
    kit.disks[1]?.only.fail();
    kit.disks[2]?.only.answer();
    await kit.release();
    kit.clearLogs();
    await codeOf(kit.write(0, 1, 7).promise());
    await codeOf(kit.parity.flush().promise());
    await kit.parity.close();
    expect(kit.disks.flatMap(({ log }) => log).filter((line) => line.startsWith('write'))).to.deep.equal([]);
  });

  it('does not hold against a spare what the device before it fails', async () => {
    const kit = await Kit.make(3);
    await kit.write(0, 20, 5);
    kit.hold();
    const [old, b, c] = kit.disks as [FaultyDevice, FaultyDevice, FaultyDevice];
    const write = kit.write(0, 4, 6);
    const flush = kit.parity.flush();
    const [writing, flushing] = old.pending;
    const failed = kit.parity.fail(0);
    for (const disk of [b, c]) disk.inline = true;
    await answerAll([b, c]);
    await failed;
    const [spare] = someDisks(1, 10) as [FaultyDevice];
    const rebuilt = kit.parity.rebuild(0, spare);
    await turn();
    writing?.fail();
    flushing?.fail();
    await rebuilt;
    expect([write.state, flush.state, kit.parity.degraded]).to.deep.equal(['done', 'done', false]);
    expect(wrongParityAt([spare, b, c])).to.equal(-1);
  });
});
