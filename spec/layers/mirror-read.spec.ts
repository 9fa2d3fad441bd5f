import { expect } from 'chai';
import type { IoRequest } from '../../lib/io/io-request.js';
import { PAGE_SIZE, PagePool, type PageVector } from '../../lib/io/pages.js';
import type { Mirror } from '../../lib/layers/mirror.js';
import type { FaultyDevice } from '../conformance/faulty-device.js';
import { designs } from '../conformance/strategies.js';
import { answerAll, answerInline, DATA, dataLog, expectAgreement, outcomeOf, rig, states } from './mirror-support.js';

for (const { strategy } of designs) {
  describe(`MirrorRead under ${strategy.name}`, () => {
    const pool = new PagePool();
    let pages: PageVector;
    beforeEach(() => {
      pages = pool.allocate(8192);
    });
    afterEach(() => pages.free());

    const read = (mirror: Mirror, position: number, length: number): IoRequest => {
      pages.set(new Uint8Array(8192).fill(0xee));
      return mirror.read(pages.range(0, length), { position });
    };
    /** Whether the pages hold what the mirror held in the beginning, at these offsets from `position`. */
    const holds = (position: number, offset: number, length: number): boolean =>
      pages.bytes(offset, length).every((byte, i) => byte === (((position + offset + i) >> 6) & 0xff));
    const close = async (mirror: Mirror, disks: readonly FaultyDevice[]): Promise<void> => {
      answerInline(disks);
      await mirror.close();
      expect(pool.pagesInUse, 'pages in use').to.equal(2);
    };

    it('by policy `first` goes to the first member in sync', async () => {
      const { mirror, disks } = await rig(strategy, pool);
      for (const position of [0, 512]) {
        const request = read(mirror, position, 1024);
        answerAll(disks);
        expect([request.value, holds(position, 0, 1024)]).to.deep.equal([1024, true]);
      }
      expect(disks.map(dataLog)).to.deep.equal([['read 0+1024', 'read 512+1024'], []]);
      await close(mirror, disks);
    });

    it('by policy `round-robin` goes to each in turn', async () => {
      const { mirror, disks } = await rig(strategy, pool, { members: 3, reads: 'round-robin' });
      answerInline(disks);
      for (let i = 0; i < 7; i++) await read(mirror, i * 512, 512);
      expect(disks.map((each) => dataLog(each).length)).to.deep.equal([3, 2, 2]);
      await close(mirror, disks);
    });

    it('heals a block once, however often it is read meanwhile', async () => {
      const { mirror, disks } = await rig(strategy, pool);
      disks[1]!.inline = true;
      disks[0]!.onSubmit = (op) => {
        if (op.operation === 'read') queueMicrotask(() => op.fail());
        return false;
      };
      for (let i = 0; i < 20; i++) expect(await read(mirror, 1024, 512)).to.equal(512);
      const other = read(mirror, 512, 2048);
      expect(await other).to.equal(2048);
      disks[0]!.onSubmit = null;
      answerAll(disks);
      expect(dataLog(disks[0]!).filter((line) => line.startsWith('write'))).to.deep.equal(['write 1024+512', 'write 512+2048']); // prettier-ignore
      expect(mirror.healedBytes).to.equal(2560);
      await close(mirror, disks);
    });

    it('reads block by block what no member can read as a whole (I4)', async () => {
      for (const reads of ['first', 'fastest'] as const) {
        const { mirror, disks } = await rig(strategy, pool, { reads });
        const bad = [[1024], [2048, 3072]];
        for (const [index, each] of disks.entries()) {
          each.onSubmit = (op) => {
            const hit = bad[index]!.some((at) => op.position <= DATA + at && op.position + op.length > DATA + at);
            if (op.operation !== 'read' || !hit) return true;
            queueMicrotask(() => op.fail());
            return false;
          };
        }
        expect([await read(mirror, 512, 4096), holds(512, 0, 4096)], reads).to.deep.equal([4096, true]);
        bad[0]?.push(3072);
        const request = read(mirror, 512, 4096);
        await request.promise().catch(() => undefined);
        expect(outcomeOf(request), reads).to.deep.equal(['failed', 'EIO', [[0, 2560], [3072, 1024]]]); // prettier-ignore
        for (const each of disks) each.onSubmit = null;
        await close(mirror, disks);
        // Written back is what one could not read alone, and another could.
        expect(disks.map((each) => new Set(dataLog(each).filter((line) => line.startsWith('write')))), reads).to.deep.equal([new Set(['write 1024+512']), new Set()]); // prettier-ignore
      }
    });

    it('goes on to the next member range by range, and heals what answered EIO behind it (I4, N8)', async () => {
      const { mirror, disks } = await rig(strategy, pool, { members: 3 });
      const [first, second, third] = disks;
      first?.contents.fill(0, DATA + 1024, DATA + 1536);
      first?.contents.fill(0, DATA + 3072, DATA + 3584);
      const request = read(mirror, 512, 4096);
      first?.only.fail('EIO', [
        { offset: 512, length: 512 },
        { offset: 2560, length: 512 },
      ]);
      expect(dataLog(second!)).to.deep.equal(['read 1024+512', 'read 3072+512']);
      second?.pending[1]?.fail('ENXIO');
      second?.pending[0]?.answer();
      expect(dataLog(third!)).to.deep.equal(['read 3072+512']);
      third?.only.answer();
      expect([outcomeOf(request), holds(512, 0, 4096)]).to.deep.equal([['done', 4096], true]);
      answerAll(disks);
      await mirror.drain();
      expect(dataLog(first!)).to.deep.equal(['read 512+4096', 'write 1024+512', 'write 3072+512']);
      expect([mirror.healedBytes, states(mirror)]).to.deep.equal([1024, ['in-sync', 'in-sync', 'in-sync']]);
      expectAgreement(mirror);
      await close(mirror, disks);
    });

    it('reads whole blocks again when part of one failed', async () => {
      const { mirror, disks } = await rig(strategy, pool);
      const request = read(mirror, 0, 2048);
      disks[0]?.only.answer({ missing: [{ offset: 700, length: 1000 }] });
      expect(dataLog(disks[1]!)).to.deep.equal(['read 512+1536']);
      answerAll(disks);
      expect([request.value, holds(0, 0, 2048), mirror.healedBytes]).to.deep.equal([2048, true, 0]);
      await close(mirror, disks);
    });

    it('fails with the first error, and the parts that any member could read (I4)', async () => {
      const { mirror, disks } = await rig(strategy, pool);
      const request = read(mirror, 0, 2048);
      disks[0]?.only.fail('EIO', [{ offset: 512, length: 1024 }]);
      disks[1]?.only.fail('ENXIO', [{ offset: 100, length: 512 }]);
      expect(outcomeOf(request)).to.deep.equal(['failed', 'EIO', [[0, 612], [1124, 924]]]); // prettier-ignore
      expect(holds(0, 0, 612) && holds(0, 1124, 924)).to.equal(true);
      answerAll(disks);
      expect(states(mirror)).to.deep.equal(['in-sync', 'in-sync']);
      await close(mirror, disks);
    });

    it('drops a member that cannot be healed, but not for what it could not read', async () => {
      const { mirror, disks } = await rig(strategy, pool);
      const request = read(mirror, 0, 512);
      disks[0]?.only.fail();
      disks[1]?.only.answer();
      expect(request.value).to.equal(512);
      disks[1]?.only.answer();
      expect(states(mirror)).to.deep.equal(['in-sync', 'in-sync']);
      disks[0]?.only.fail();
      expect(states(mirror)).to.deep.equal(['failed', 'in-sync']);
      answerAll(disks);
      await close(mirror, disks);
    });

    it('heals with what is newest: a write to the block goes before or after, never between (I8)', async () => {
      const { mirror, disks } = await rig(strategy, pool);
      const [first, second] = disks;
      read(mirror, 0, 512);
      first?.only.fail();
      second?.only.answer();
      const written = mirror.write(pages.range(0, 512), { position: 0 });
      expect([first?.pending.length, second?.pending.length]).to.deep.equal([0, 1]);
      answerAll(disks);
      expect(written.value).to.equal(512);
      expect(dataLog(first!)).to.deep.equal(['read 0+512', 'write 0+512', 'write 0+512']);
      expectAgreement(mirror);
      await close(mirror, disks);
    });

    it('that is cancelled goes to no other member (I5)', async () => {
      const { mirror, disks } = await rig(strategy, pool);
      const request = read(mirror, 0, 1024);
      request.cancel('enough');
      disks[0]?.only.fail('ECANCELED', [{ offset: 512, length: 512 }]);
      expect(outcomeOf(request)).to.deep.equal(['cancelled', 'ECANCELED', [[0, 512]]]);
      const other = read(mirror, 0, 1024);
      other.cancel();
      disks[0]?.only.fail('EIO');
      expect(outcomeOf(other)).to.deep.equal(['failed', 'EIO', []]);
      expect(dataLog(disks[1]!)).to.deep.equal([]);
      await close(mirror, disks);
    });

    describe('by policy `fastest`', () => {
      it('takes the faster of two, whose pages the loser never touches, and joins the loser (I5, E6)', async () => {
        for (const winner of [0, 1]) {
          const { mirror, disks } = await rig(strategy, pool, { reads: 'fastest' });
          const request = read(mirror, 1024, 2048);
          const vectors = disks.map(({ only }) => only.pages);
          expect(new Set([...vectors, pages]).size).to.equal(3);
          disks[winner]?.only.answer();
          expect(request.state).to.equal('pending');
          const loser = disks[1 - winner]!;
          loser.contents.fill(0x99, DATA);
          loser.only.answer();
          expect([request.value, holds(1024, 0, 2048)]).to.deep.equal([2048, true]);
          expect(pages.bytes(2048, 1)[0]).to.equal(0xee);
          await close(mirror, disks);
        }
      });

      it('cancels the loser where it waits in a queue (N14)', async () => {
        const { mirror, disks } = await rig(strategy, pool, { reads: 'fastest' });
        const request = read(mirror, 0, 512);
        disks[0]?.only.answer();
        disks[1]?.only.fail('ECANCELED');
        expect([request.value, holds(0, 0, 512), mirror.healedBytes]).to.deep.equal([512, true, 0]);
        await close(mirror, disks);
      });

      it('is made whole from both, and then from others, and heals (I4)', async () => {
        const { mirror, disks } = await rig(strategy, pool, { reads: 'fastest', members: 3 });
        const request = read(mirror, 0, 2048);
        disks[0]?.only.fail('EIO', [{ offset: 0, length: 1024 }]);
        disks[1]?.only.fail('EIO', [{ offset: 512, length: 1536 }]);
        expect(dataLog(disks[2]!)).to.deep.equal(['read 512+512']);
        disks[2]?.only.answer();
        expect([request.value, holds(0, 0, 2048)]).to.deep.equal([2048, true]);
        answerAll(disks);
        expect(mirror.healedBytes).to.equal(2560);
        await close(mirror, disks);
      });

      it('fails when both do, and frees its pages', async () => {
        const { mirror, disks } = await rig(strategy, pool, { reads: 'fastest' });
        const request = read(mirror, 0, 1024);
        disks[1]?.only.fail('ENXIO');
        disks[0]?.only.fail('EIO');
        expect(outcomeOf(request)).to.deep.equal(['failed', 'ENXIO', []]);
        await close(mirror, disks);
      });

      it('that is cancelled is joined, and frees its pages (I5)', async () => {
        const { mirror, disks } = await rig(strategy, pool, { reads: 'fastest' });
        const request = read(mirror, 0, 1024);
        expect(request.cancel()).to.equal('requested');
        disks[0]?.only.fail('ECANCELED');
        expect(request.state).to.equal('pending');
        disks[1]?.only.fail('ECANCELED');
        expect(outcomeOf(request)).to.deep.equal(['cancelled', 'ECANCELED', []]);
        await close(mirror, disks);
      });

      it('asks one when one is left, or when there is no memory for two', async () => {
        const small = new PagePool({ maxBytes: 3 * PAGE_SIZE });
        const { mirror, disks } = await rig(strategy, small, { reads: 'fastest' });
        const request = read(mirror, 0, 8192);
        answerAll(disks);
        expect([request.value, dataLog(disks[1]!).length]).to.deep.equal([8192, 0]);
        await close(mirror, disks);

        const other = await rig(strategy, pool, { reads: 'fastest' });
        const write = other.mirror.write(pages.range(0, 512), { position: 0 });
        other.disks[1]?.only.fail();
        answerAll(other.disks);
        expect([write.value, states(other.mirror)]).to.deep.equal([512, ['in-sync', 'failed']]);
        const single = read(other.mirror, 512, 512);
        answerAll(other.disks);
        expect([single.value, dataLog(other.disks[1]!).length]).to.deep.equal([512, 0]);
        await close(other.mirror, other.disks);
      });
    });
  });
}
