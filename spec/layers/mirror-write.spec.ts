import { expect } from 'chai';
import type { IoRequest } from '../../lib/io/io-request.js';
import { PagePool, type PageVector } from '../../lib/io/pages.js';
import { RequestQueue } from '../../lib/io/request-queue.js';
import { Mirror } from '../../lib/layers/mirror.js';
import { designs } from '../conformance/strategies.js';
import {
  answerAll,
  answerInline,
  answerSuperblocks,
  DATA,
  dataLog,
  disk,
  expectAgreement,
  isSuperblock,
  outcomeOf,
  rig,
  states,
} from './mirror-support.js';

for (const { strategy } of designs) {
  describe(`MirrorWrite under ${strategy.name}`, () => {
    const pool = new PagePool();
    let pages: PageVector;
    beforeEach(() => {
      pages = pool.allocate(8192);
      pages.set(new Uint8Array(8192).fill(0xaa));
    });
    afterEach(() => pages.free());

    const write = (mirror: Mirror, position: number, length: number, fua = false): IoRequest =>
      mirror.write(pages.range(0, length), { position, fua });
    const close = async ({
      mirror,
      disks,
    }: {
      mirror: Mirror;
      disks: readonly { inline: boolean }[];
    }): Promise<void> => {
      for (const each of disks) each.inline = true;
      await mirror.close();
      expect(pool.pagesInUse, 'pages in use').to.equal(2);
    };

    it('goes to all members, from the same memory, and ends when the last one has it', async () => {
      const made = await rig(strategy, pool, { members: 3 });
      const { mirror, disks } = made;
      const request = write(mirror, 1024, 2048);
      answerSuperblocks(disks);
      expect(disks.map(dataLog)).to.deep.equal([['write 1024+2048'], ['write 1024+2048'], ['write 1024+2048']]);
      expect(new Set(disks.map(({ only }) => only.pages)).size).to.equal(1);
      for (const each of disks) {
        expect(request.state).to.equal('pending');
        each.only.answer();
      }
      expect(outcomeOf(request)).to.deep.equal(['done', 2048]);
      for (const { contents } of disks) expect([...new Set(contents.subarray(DATA + 1024, DATA + 3072))]).to.deep.equal([0xaa]); // prettier-ignore
      await close(made);
    });

    it('marks its regions on all members, stably, before it begins, and only the first time', async () => {
      const made = await rig(strategy, pool);
      const { mirror, disks } = made;
      const request = write(mirror, 3584, 1024);
      expect(disks.map(({ pending }) => pending.map((op) => [isSuperblock(op), op.fua]))).to.deep.equal([[[true, true]], [[true, true]]]); // prettier-ignore
      disks[0]?.only.answer();
      expect(dataLog(disks[0]!)).to.deep.equal([]);
      disks[1]?.only.answer();
      expect(disks.map(({ only }) => isSuperblock(only))).to.deep.equal([false, false]);
      expect(mirror.dirtyBytes).to.equal(8192);
      answerAll(disks);
      expect(request.value).to.equal(1024);
      write(mirror, 4096, 512);
      expect(disks.map(({ only }) => isSuperblock(only))).to.deep.equal([false, false]);
      answerAll(disks);
      await close(made);
      expect(mirror.dirtyBytes).to.equal(0);
    });

    it('drops a member that fails it, and is acknowledged when that is stored on the others (I4)', async () => {
      for (const how of ['fail', 'short'] as const) {
        const made = await rig(strategy, pool, { members: 3 });
        const { mirror, disks } = made;
        const [first, second, third] = disks;
        const request = write(mirror, 0, 1024);
        answerSuperblocks(disks);
        if (how === 'fail') second?.only.fail('ENXIO');
        else second?.only.answer({ missing: [{ offset: 512, length: 512 }] });
        first?.only.answer();
        third?.only.answer();
        expect([request.state, states(mirror)]).to.deep.equal(['pending', ['in-sync', 'failed', 'in-sync']]);
        expect([first?.pending.length, second?.pending.length]).to.deep.equal([1, 0]);
        answerSuperblocks(disks);
        expect(outcomeOf(request)).to.deep.equal(['done', 1024]);
        expect(mirror.degraded).to.equal(true);
        write(mirror, 0, 512);
        expect(second?.pending.length).to.equal(0);
        answerAll(disks);
        await close(made);
      }
    });

    it('drops a member whose error tells of no part, when the write was to be stable (I7)', async () => {
      for (const fua of [true, false]) {
        const made = await rig(strategy, pool);
        const { mirror, disks } = made;
        const request = write(mirror, 0, 1024, fua);
        answerSuperblocks(disks);
        disks[0]?.only.fail('EIO', []);
        disks[1]?.only.answer();
        answerSuperblocks(disks);
        expect(outcomeOf(request)).to.deep.equal(['done', 1024]);
        expect(states(mirror)).to.deep.equal([fua ? 'failed' : 'in-sync', 'in-sync']);
        await close(made);
      }
    });

    it('is acknowledged only when a drop that another one has brought is stored', async () => {
      const made = await rig(strategy, pool);
      const { mirror, disks } = made;
      const [first, second] = disks;
      const requests = [write(mirror, 0, 512), write(mirror, 512, 512)];
      answerSuperblocks(disks);
      second?.pending[0]?.fail();
      second?.pending[0]?.answer();
      first?.pending[0]?.answer();
      first?.pending[0]?.answer();
      expect(requests.map(({ state }) => state)).to.deep.equal(['pending', 'pending']);
      answerSuperblocks(disks);
      expect(requests.map(({ value }) => value)).to.deep.equal([512, 512]);
      await close(made);
    });

    it('keeps the last member, whose error and parts are the caller’s (I4)', async () => {
      const made = await rig(strategy, pool);
      const { mirror, disks } = made;
      const [first, second] = disks;
      const request = write(mirror, 0, 2048);
      answerSuperblocks(disks);
      first?.only.fail('ENOSPC');
      second?.only.fail('EIO', [{ offset: 512, length: 1024 }]);
      answerSuperblocks(disks);
      expect(outcomeOf(request)).to.deep.equal(['failed', 'EIO', [[0, 512], [1536, 512]]]); // prettier-ignore
      expect(states(mirror)).to.deep.equal(['failed', 'in-sync']);
      const again = write(mirror, 0, 512);
      second?.only.fail();
      expect(outcomeOf(again)).to.deep.equal(['failed', 'EIO', []]);
      expect(states(mirror)).to.deep.equal(['failed', 'in-sync']);
      await close(made);
    });

    it('fails when its regions, or a drop, cannot be stored, and the next one tries again', async () => {
      const made = await rig(strategy, pool);
      const { mirror, disks } = made;
      const [first] = disks;
      const unmarked = write(mirror, 0, 512);
      for (const each of disks) each.only.fail();
      expect(outcomeOf(unmarked)).to.deep.equal(['failed', 'EIO', []]);
      expect([states(mirror), disks.map(dataLog)]).to.deep.equal([
        ['failed', 'in-sync'],
        [[], []],
      ]);
      const request = write(mirror, 0, 512);
      expect(first?.pending.length).to.equal(0);
      answerAll(disks);
      expect(request.value).to.equal(512);
      await close(made);

      const other = await rig(strategy, pool);
      const unrecorded = write(other.mirror, 0, 512);
      answerSuperblocks(other.disks);
      other.disks[1]?.only.fail();
      other.disks[0]?.only.answer();
      other.disks[0]?.only.fail();
      expect(outcomeOf(unrecorded)).to.deep.equal(['failed', 'EIO', []]);
      const next = write(other.mirror, 0, 512);
      answerAll(other.disks);
      expect(next.value).to.equal(512);
      await close(other);
    });

    it('waits for those before it that it overlaps, and for no others (I8)', async () => {
      const made = await rig(strategy, pool);
      const { mirror, disks } = made;
      answerInline(disks);
      await write(mirror, 0, 512);
      answerInline(disks, false);
      for (const each of disks) each.log.length = 0;
      const requests = [write(mirror, 0, 1024), write(mirror, 512, 1024), write(mirror, 1024, 512), write(mirror, 2048, 512)]; // prettier-ignore
      expect(dataLog(disks[0]!)).to.deep.equal(['write 0+1024', 'write 2048+512']);
      for (const each of disks) each.pending[0]?.answer();
      expect(requests.map(({ state }) => state)).to.deep.equal(['done', 'pending', 'pending', 'pending']);
      expect(dataLog(disks[1]!)).to.deep.equal(['write 0+1024', 'write 2048+512', 'write 512+1024']);
      answerAll(disks);
      expect(requests.map(({ value }) => value)).to.deep.equal([1024, 1024, 512, 512]);
      await close(made);
    });

    it('goes to all members as it was, whatever becomes of its pages meanwhile, if it is copied (I8)', async () => {
      const made = await rig(strategy, pool, { copyWrites: true });
      const { mirror, disks } = made;
      const request = write(mirror, 0, 1024);
      const zeroes = mirror.writeZeroes(512, { position: 4096 });
      answerSuperblocks(disks);
      disks[0]?.pending[0]?.answer();
      pages.set(new Uint8Array(1024).fill(0xbb));
      answerAll(disks);
      expect([outcomeOf(request), outcomeOf(zeroes)]).to.deep.equal([['done', 1024], ['done', 512]]); // prettier-ignore
      expectAgreement(mirror);
      expect(new Set(disks[1]?.contents.subarray(DATA, DATA + 1024))).to.deep.equal(new Set([0xaa]));
      await close(made);
    });

    it('fails, and lets go of its range, when there is no memory to copy it', async () => {
      const own = new PagePool({ maxBytes: 3 * 4096 });
      const made = await rig(strategy, own, { copyWrites: true });
      const { mirror, disks } = made;
      answerInline(disks);
      const kept = own.allocate(4096);
      for (let i = 0; i < 2; i++) expect(outcomeOf(write(mirror, 0, 512))).to.deep.equal(['failed', 'ENOMEM', []]);
      kept.free();
      expect(outcomeOf(write(mirror, 0, 512))).to.deep.equal(['done', 512]);
      await mirror.close();
      expect(own.pagesInUse).to.equal(0);
    });

    describe('that is cancelled', () => {
      it('while it waits for its range, or for its marks, is pulled and lets others go on (I5, N14)', async () => {
        const made = await rig(strategy, pool);
        const { mirror, disks } = made;
        const marking = write(mirror, 0, 512);
        const waiting = write(mirror, 0, 1024);
        const behind = write(mirror, 512, 512);
        expect([waiting.cancel(), waiting.state]).to.deep.equal(['cancelled', 'cancelled']);
        expect([marking.cancel(), marking.state]).to.deep.equal(['cancelled', 'cancelled']);
        answerAll(disks);
        expect(behind.value).to.equal(512);
        expect(disks.map(dataLog)).to.deep.equal([['write 512+512'], ['write 512+512']]);
        await close(made);
      });

      it('having reached one member is finished on the others before it settles (I5, I8)', async () => {
        const disks = [disk('left', strategy), disk('right', strategy)];
        const queue = new RequestQueue(disks[1]!, { depth: 1 });
        const mirror = await Mirror.create([disks[0]!, queue], { pool, assumeEqual: true });
        answerInline(disks);
        await write(mirror, 0, 512);
        answerInline(disks, false);
        // What runs in front of it in the queue of one member.
        const blocker = queue.read(pages.range(4096, 512), { position: 0 });
        const request = write(mirror, 4096, 1024, true);
        disks[0]!.only.answer();
        expect(request.cancel()).to.equal('requested');
        expect([request.state, queue.queued]).to.deep.equal(['pending', 0]);
        disks[0]!.only.answer();
        disks[1]!.only.answer();
        expect([request.state, disks[1]!.only.fua]).to.deep.equal(['pending', true]);
        disks[1]!.only.answer();
        expect([blocker.state, outcomeOf(request)]).to.deep.equal(['done', ['done', 1024]]);
        for (const { contents } of disks) expect([...new Set(contents.subarray(DATA + 4096, DATA + 5120))]).to.deep.equal([0xaa]); // prettier-ignore
        expect(states(mirror)).to.deep.equal(['in-sync', 'in-sync']);
        await close({ mirror, disks });
      });

      it('having reached none leaves nothing behind', async () => {
        const disks = [disk('left', strategy), disk('right', strategy)];
        const queues = disks.map((each) => new RequestQueue(each, { depth: 1 }));
        const mirror = await Mirror.create(queues, { pool, assumeEqual: true });
        await write(mirror, 0, 512);
        answerInline(disks, false);
        const blockers = queues.map((each) => each.read(pages.range(4096, 512), { position: 0 }));
        const request = write(mirror, 4096, 1024);
        expect([request.cancel(), outcomeOf(request)]).to.deep.equal(['cancelled', ['cancelled', 'ECANCELED', []]]);
        answerAll(disks);
        expect(blockers.map(({ state }) => state)).to.deep.equal(['done', 'done']);
        expectAgreement(mirror);
        await close({ mirror, disks });
      });

      it('tells what the best member holds, which all hold then (I4, I8)', async () => {
        const made = await rig(strategy, pool);
        const { mirror, disks } = made;
        const [first, second] = disks;
        const request = write(mirror, 0, 2048);
        answerSuperblocks(disks);
        request.cancel();
        first?.only.fail('ECANCELED', [{ offset: 0, length: 512 }]);
        second?.only.fail('ECANCELED', [{ offset: 512, length: 1024 }]);
        answerAll(disks);
        expect(outcomeOf(request)).to.deep.equal(['cancelled', 'ECANCELED', [[512, 1536]]]);
        expect(first?.contents[DATA]).to.equal(0);
        expectAgreement(mirror);
        await close(made);
      });

      it('tells what the last member has taken when the best one is dropped before it could be copied (I4)', async () => {
        const made = await rig(strategy, pool);
        const { mirror, disks } = made;
        const [first, second] = disks;
        const request = write(mirror, 0, 512);
        answerSuperblocks(disks);
        request.cancel();
        first?.only.fail('ECANCELED');
        second?.only.answer();
        const flush = mirror.flush();
        first?.only.answer();
        second?.pending[1]?.fail();
        second?.only.fail();
        answerAll(disks);
        expect([outcomeOf(flush), states(mirror)]).to.deep.equal([
          ['done', 0],
          ['in-sync', 'failed'],
        ]);
        expect([outcomeOf(request), first?.contents[DATA]]).to.deep.equal([['cancelled', 'ECANCELED', []], 0]);
        await close(made);
      });

      it('tells what of the best one’s the last member holds when it was dropped while it was copied (I4)', async () => {
        const made = await rig(strategy, pool);
        const { mirror, disks } = made;
        const [first, second] = disks;
        const request = write(mirror, 0, 2048);
        answerSuperblocks(disks);
        request.cancel();
        first?.only.fail('ECANCELED');
        second?.only.fail('ECANCELED', [{ offset: 1536, length: 512 }]);
        second?.only.answer();
        const flush = mirror.flush();
        second?.only.fail();
        first?.pending[1]?.answer();
        first?.pending[0]?.fail('EIO', [{ offset: 1024, length: 512 }]);
        answerAll(disks);
        expect([outcomeOf(flush), states(mirror)]).to.deep.equal([['done', 0], ['in-sync', 'failed']]); // prettier-ignore
        expect(outcomeOf(request)).to.deep.equal(['cancelled', 'ECANCELED', [[0, 1024]]]);
        const holds = Array.from({ length: 4 }, (_, block) => first?.contents[DATA + block * 512] === 0xaa);
        expect(holds).to.deep.equal([true, true, false, false]);
        await close(made);
      });

      it('tells what of the best one’s the last member holds when some of it could not be read (I4)', async () => {
        const made = await rig(strategy, pool);
        const { mirror, disks } = made;
        const [first, second] = disks;
        const request = write(mirror, 0, 2048);
        answerSuperblocks(disks);
        request.cancel();
        first?.only.fail('ECANCELED', [{ offset: 512, length: 1536 }]);
        second?.only.fail('ECANCELED', [{ offset: 0, length: 512 }]);
        const flush = mirror.flush();
        // The chunk, the flush, and of the blocks the last.
        second?.pending[0]?.fail();
        second?.pending[0]?.fail();
        const answer = (): void => {
          for (const op of [...(first?.pending ?? []), ...(second?.pending ?? [])]) {
            if (op.operation === 'read' && op.position === DATA + 1536) op.fail();
            else op.answer();
          }
        };
        while (disks.some(({ pending }) => pending.length > 0)) answer();
        expect([outcomeOf(flush), states(mirror)]).to.deep.equal([['done', 0], ['in-sync', 'failed']]); // prettier-ignore
        expect(outcomeOf(request)).to.deep.equal(['cancelled', 'ECANCELED', [[512, 1024]]]);
        const holds = Array.from({ length: 4 }, (_, block) => first?.contents[DATA + block * 512] === 0xaa);
        expect(holds).to.deep.equal([false, true, true, false]);
        await close(made);
      });

      it('takes from another what the best one cannot read any more, and drops nobody (I4, I8)', async () => {
        const made = await rig(strategy, pool);
        const { mirror, disks } = made;
        const [first, second] = disks;
        const request = write(mirror, 0, 2048);
        answerSuperblocks(disks);
        request.cancel();
        first?.only.fail('ECANCELED', [{ offset: 512, length: 512 }]);
        second?.only.fail('ECANCELED', [{ offset: 0, length: 1024 }]);
        while (disks.some(({ pending }) => pending.length > 0)) {
          for (const op of disks.flatMap(({ pending }) => [...pending])) {
            if (op.device === first && op.operation === 'read' && op.position === DATA) op.fail();
            else op.answer();
          }
        }
        expect(outcomeOf(request)).to.deep.equal(['cancelled', 'ECANCELED', [[1024, 1024]]]);
        expect(states(mirror)).to.deep.equal(['in-sync', 'in-sync']);
        expectAgreement(mirror);
        await close(made);
      });

      it('and cannot be made to agree drops who cannot', async () => {
        const made = await rig(strategy, pool);
        const { mirror, disks } = made;
        const [first, second] = disks;
        const request = write(mirror, 0, 512);
        answerSuperblocks(disks);
        request.cancel();
        first?.only.fail('ECANCELED');
        second?.only.answer();
        second?.only.answer();
        first?.only.fail();
        expect(request.state).to.equal('pending');
        answerSuperblocks(disks);
        expect([outcomeOf(request), states(mirror)]).to.deep.equal([
          ['done', 512],
          ['failed', 'in-sync'],
        ]);
        await close(made);
      });
    });
  });
}
