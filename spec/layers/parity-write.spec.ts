import { expect } from 'chai';
import { designs } from '../conformance/strategies.js';
import type { FaultyDevice } from '../conformance/faulty-device.js';
import { codeOf, Kit, outcomeOf, turn, wrongParityAt } from './parity-kit.js';

// Stripe 0 of four members: chunks of two blocks on members 0, 1 and 2, parity on 3.
describe('StripeWrite', () => {
  for (const { strategy } of designs) {
    describe(`under ${strategy.name}`, () => {
      const make = async (members = 4): Promise<Kit> => {
        const kit = await Kit.make(members, strategy);
        await kit.write(0, kit.parity.size / 512, 5);
        kit.clearLogs();
        return kit;
      };
      const failing = (disk: FaultyDevice | undefined, operation: 'read' | 'write'): void => {
        if (disk === undefined) throw new Error('no disk');
        disk.inline = false;
        disk.onSubmit = (op) => (op.operation === operation ? op.fail() : op.answer(), false);
      };

      it('reads and writes what is needed and no more, whatever is missing', async () => {
        for (const [title, members, missing, block, blocks, expected] of [
          ['modify', 5, -1, 0, 1, [['read 0+1', 'write 0+1'], [], [], [], ['read 0+1', 'write 0+1']]],
          ['reconstruct', 4, -1, 0, 2, [['write 0+2'], ['read 0+2'], ['read 0+2'], ['write 0+2']]],
          ['full stripe without a member', 4, 1, 0, 6, [['write 0+2'], [], ['write 0+2'], ['write 0+2']]],
          ['data of the missing member', 4, 0, 0, 1, [[], ['read 0+1'], ['read 0+1'], ['write 0+1']]],
          [
            'data beside the missing member',
            4,
            1,
            0,
            1,
            [['read 0+1', 'write 0+1'], [], [], ['read 0+1', 'write 0+1']],
          ],
          ['parity missing', 4, 3, 1, 1, [['write 1+1'], [], [], []]],
          ['part of the missing member stays', 4, 0, 1, 2, [[], ['read 0+2', 'write 0+1'], ['read 0+2'], ['read 0+2', 'write 0+2']]], // prettier-ignore
        ] as const) {
          const kit = await make(members);
          if (missing >= 0) await kit.parity.fail(missing);
          kit.clearLogs();
          await kit.write(block, blocks, 6);
          expect(kit.logs, title).to.deep.equal(expected);
          const held = await kit.read(0, 6);
          expect(held, title).to.deep.equal(
            [0, 1, 2, 3, 4, 5].map((at) => (at >= block && at < block + blocks ? 6 : 5)),
          );
          if (missing < 0) expect(wrongParityAt(kit.disks), title).to.equal(-1);
        }
      });

      it('computes what a disk cannot read of the old, and writes to that disk all the same', async () => {
        // Data that stays, the parity, and the data that is written over.
        for (const [members, bad] of [
          [4, 1],
          [5, 4],
          [5, 0],
        ] as const) {
          const kit = await make(members);
          failing(kit.disks[bad], 'read');
          await kit.write(0, 1, 6);
          expect([kit.parity.degraded, wrongParityAt(kit.disks)]).to.deep.equal([false, -1]);
          expect(await kit.read(0, 2)).to.deep.equal([6, 5]);
        }
      });

      it('writes back what a disk could not read of the data that stays, with the stripe', async () => {
        const kit = await make(4);
        failing(kit.disks[1], 'read');
        await kit.write(0, 2, 6);
        expect(kit.logs[1]).to.deep.equal(['read 0+2', 'write 0+2']);
        expect([kit.parity.healedBytes, wrongParityAt(kit.disks)]).to.deep.equal([1024, -1]);
        // Of what is written over, only the rest counts as healed.
        const other = await make(4);
        failing(other.disks[0], 'read');
        await other.write(1, 2, 7);
        expect([other.logs[0]?.at(-1), other.parity.healedBytes]).to.deep.equal(['write 0+2', 512]);
        expect(wrongParityAt(other.disks)).to.equal(-1);
        // And nothing that the disk does not take.
        const third = await make(4);
        third.disks[1]?.goAway('EIO');
        await third.write(0, 2, 6);
        expect([third.parity.healedBytes, third.parity.degraded]).to.deep.equal([0, true]);
      });

      it('has the parity of what it writes, whatever becomes of the pages meanwhile (I8)', async () => {
        const kit = await make(4);
        kit.hold();
        const pages = kit.pool.allocate(1024);
        pages.set(new Uint8Array(1024).fill(6));
        const request = kit.parity.write(pages.range(0, 1024), { position: 0 });
        for (const disk of kit.disks.slice(1, 3)) disk.only.answer();
        pages.set(new Uint8Array(1024).fill(7));
        await kit.release();
        expect([outcomeOf(request), wrongParityAt(kit.disks)]).to.deep.equal([['done', '', ['0+2']], -1]);
        expect(await kit.read(0, 2)).to.deep.equal([6, 6]);
        pages.free();
      });

      it('fails, with nothing written, when two disks cannot read the old', async () => {
        const kit = await make(4);
        for (const member of [1, 2]) failing(kit.disks[member], 'read');
        expect(outcomeOf(kit.write(0, 1, 6))).to.deep.equal(['failed', 'EIO', []]);
        expect(kit.logs.flat().filter((line) => line.startsWith('write'))).to.deep.equal([]);
        expect([kit.parity.degraded, wrongParityAt(kit.disks)]).to.deep.equal([false, -1]);
      });

      it('succeeds when one disk cannot write, and tells what two have kept (I4)', async () => {
        const kit = await make(4);
        failing(kit.disks[1], 'write');
        await kit.write(0, 6, 6);
        expect([kit.parity.members[1]?.state, await kit.read(0, 6)]).to.deep.equal(['failed', [6, 6, 6, 6, 6, 6]]);
        failing(kit.disks[0], 'write');
        const request = kit.write(0, 6, 7);
        expect(await codeOf(request.promise())).to.equal('EIO');
        expect(outcomeOf(request)).to.deep.equal(['failed', 'EIO', ['4+2']]);
        expect(await kit.read(4, 2)).to.deep.equal([7, 7]);
        expect(await codeOf(kit.read(0, 1))).to.equal('EIO');
      });

      it('takes a short write for one that failed', async () => {
        const kit = await make(3);
        kit.hold();
        const request = kit.write(0, 4, 6);
        kit.disks[0]?.only.answer({ missing: [{ offset: 512, length: 512 }] });
        await kit.release();
        expect([request.state, kit.parity.members[0]?.state, await kit.read(0, 4)]).to.deep.equal(['done', 'failed', [6, 6, 6, 6]]); // prettier-ignore
      });

      it('writes zeroes as data, across stripes', async () => {
        const kit = await make(4);
        await kit.parity.writeZeroes(7 * 512, { position: 512 });
        await turn();
        expect(await kit.read(0, 10)).to.deep.equal([5, 0, 0, 0, 0, 0, 0, 0, 5, 5]);
        expect(wrongParityAt(kit.disks)).to.equal(-1);
      });
    });
  }
});
