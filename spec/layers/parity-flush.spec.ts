import { expect } from 'chai';
import { RequestQueue } from '../../lib/io/request-queue.js';
import { Parity } from '../../lib/layers/parity.js';
import { answerAll, Kit, someDisks } from './parity-kit.js';

describe('ParityFlush', () => {
  it('gives a member up that cannot flush, and succeeds when that is stored (I7)', async () => {
    const kit = await Kit.make(3);
    kit.hold();
    const flush = kit.parity.flush();
    kit.disks[1]?.only.fail();
    for (const member of [0, 2]) kit.disks[member]?.only.answer();
    expect(flush.state).to.equal('pending');
    await kit.release();
    expect([flush.state, kit.parity.members[1]?.state]).to.deep.equal(['done', 'failed']);
    kit.clearLogs();
    await kit.parity.flush();
    expect(kit.logs).to.deep.equal([['flush'], [], ['flush']]);
  });

  it('that is cancelled gives up nobody, and takes no region for safe (I5)', async () => {
    const disks = someDisks(3, 10);
    const queues = disks.map((disk) => new RequestQueue(disk, { depth: 1 }));
    const kit = await Kit.make(3);
    const parity = await Parity.create(queues, { chunk: 1024, pool: kit.pool, assumeClean: true });
    for (const disk of disks) disk.inline = false;
    const blockers = queues.map((queue) => queue.flush());
    const flush = parity.flush();
    expect([flush.cancel(), flush.state, parity.degraded]).to.deep.equal(['cancelled', 'cancelled', false]);
    await answerAll(disks);
    expect(blockers.map(({ state }) => state)).to.deep.equal(['done', 'done', 'done']);
  });
});
