import { expect } from 'chai';
import { PagePool } from '../../lib/io/pages.js';
import { RequestQueue } from '../../lib/io/request-queue.js';
import { designs } from '../conformance/strategies.js';
import { answerAll, answerInline, answerSuperblocks, DATA, disk, outcomeOf, rig, states } from './mirror-support.js';

for (const { strategy } of designs) {
  describe(`MirrorFlush under ${strategy.name}`, () => {
    const pool = new PagePool();

    it('makes safe on every member what was acknowledged before, and fua what it writes (I7)', async () => {
      const { mirror, disks } = await rig(strategy, pool, { members: 3 });
      const pages = pool.allocate(512);
      pages.set(new Uint8Array(512).fill(0xaa));
      const [plain, forced] = [false, true].map((fua, i) =>
        mirror.write(pages.range(0, 512), { position: i * 512, fua }),
      );
      answerAll(disks);
      expect([plain?.value, forced?.value]).to.deep.equal([512, 512]);
      expect(disks.map(({ stable }) => [stable[DATA], stable[DATA + 512]])).to.deep.equal([[0, 0xaa], [0, 0xaa], [0, 0xaa]]); // prettier-ignore
      const flush = mirror.flush();
      for (const each of disks) {
        expect(flush.state).to.equal('pending');
        each.only.answer();
      }
      expect([flush.value, disks.map(({ stable }) => stable[DATA])]).to.deep.equal([0, [0xaa, 0xaa, 0xaa]]);
      expect(mirror.dirtyBytes).to.equal(0);
      pages.free();
      answerInline(disks);
      await mirror.close();
      expect(pool.pagesInUse).to.equal(0);
    });

    it('drops who fails it, and ends when that is stored; the last one’s error is the caller’s', async () => {
      const { mirror, disks } = await rig(strategy, pool);
      const [first, second] = disks;
      const flush = mirror.flush();
      first?.only.fail();
      second?.only.answer();
      expect(flush.state).to.equal('pending');
      answerSuperblocks(disks);
      expect([outcomeOf(flush), states(mirror)]).to.deep.equal([
        ['done', 0],
        ['failed', 'in-sync'],
      ]);
      const again = mirror.flush();
      expect(first?.pending.length).to.equal(0);
      second?.only.fail('ENXIO');
      expect([outcomeOf(again), states(mirror)]).to.deep.equal([
        ['failed', 'ENXIO', []],
        ['failed', 'in-sync'],
      ]);
      answerInline(disks);
      await mirror.close();
    });

    it('drops all but one when all fail it', async () => {
      const { mirror, disks } = await rig(strategy, pool, { members: 3 });
      const flush = mirror.flush();
      for (const each of disks) each.only.fail();
      answerSuperblocks(disks);
      expect([outcomeOf(flush), states(mirror)]).to.deep.equal([['failed', 'EIO', []], ['in-sync', 'failed', 'failed']]); // prettier-ignore
      answerInline(disks);
      await mirror.close();
    });

    it('that is cancelled on a member that is being rebuilt alone succeeds, and keeps the marks for it (I5, I8)', async () => {
      const { mirror, disks } = await rig(strategy, pool);
      const [first] = disks;
      answerInline(disks);
      await mirror.fail(1);
      const below = disk('spare', strategy);
      const spare = new RequestQueue(below, { depth: 1 });
      const controller = new AbortController();
      const interrupted = mirror.rebuild(1, spare, { signal: controller.signal });
      while (states(mirror)[1] === 'failed') await Promise.resolve();
      controller.abort();
      await interrupted.catch(() => undefined);
      expect(states(mirror)).to.deep.equal(['in-sync', 'rebuilding']);
      const pages = pool.allocate(512);
      await mirror.write(pages.range(0, 512), { position: 0 });
      const marked = mirror.dirtyBytes;
      expect(marked >= 4096).to.equal(true);
      answerInline([...disks, below], false);
      const busy = spare.read(pages.range(0, 512), { position: DATA });
      const flush = mirror.flush();
      first?.only.answer();
      flush.cancel();
      expect([outcomeOf(flush), states(mirror)]).to.deep.equal([['done', 0], ['in-sync', 'rebuilding']]); // prettier-ignore
      expect(mirror.dirtyBytes).to.equal(marked);
      answerInline([...disks, below]);
      below.answerAll();
      expect(busy.value).to.equal(512);
      await mirror.flush();
      expect(mirror.dirtyBytes).to.equal(0);
      pages.free();
      await mirror.close();
      expect(pool.pagesInUse).to.equal(0);
    });

    it('takes marks back though a member has failed it and was dropped', async () => {
      const { mirror, disks } = await rig(strategy, pool);
      const pages = pool.allocate(512);
      const write = mirror.write(pages.range(0, 512), { position: 0 });
      answerAll(disks);
      expect([write.value, mirror.dirtyBytes]).to.deep.equal([512, 4096]);
      const flush = mirror.flush();
      disks[0]?.only.fail();
      disks[1]?.only.answer();
      answerSuperblocks(disks);
      expect([outcomeOf(flush), states(mirror)[0], mirror.dirtyBytes]).to.deep.equal([['done', 0], 'failed', 0]);
      pages.free();
      answerInline(disks);
      await mirror.close();
    });

    it('that is cancelled drops nobody, and takes no mark back (I5)', async () => {
      const { mirror, disks } = await rig(strategy, pool);
      const pages = pool.allocate(512);
      const write = mirror.write(pages.range(0, 512), { position: 0 });
      answerAll(disks);
      expect(write.value).to.equal(512);
      const flush = mirror.flush();
      flush.cancel();
      disks[0]?.only.fail('ECANCELED');
      disks[1]?.only.answer();
      expect([outcomeOf(flush), states(mirror)]).to.deep.equal([['cancelled', 'ECANCELED', []], ['in-sync', 'in-sync']]); // prettier-ignore
      expect(mirror.dirtyBytes).to.equal(4096);
      pages.free();
      answerInline(disks);
      await mirror.close();
    });
  });
}
