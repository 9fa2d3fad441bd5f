import { expect } from 'chai';
import { MemoryDevice } from '../../lib/devices/memory.js';
import { VolatileDevice } from '../../lib/devices/volatile.js';
import type { BlockDevice } from '../../lib/io/device.js';
import type { Strategy } from '../../lib/io/io.js';
import { IoError } from '../../lib/io/io-error.js';
import type { IoRequest } from '../../lib/io/io-request.js';
import { PagePool } from '../../lib/io/pages.js';
import { RequestQueue } from '../../lib/io/request-queue.js';
import { WaitingList } from '../../lib/io/waiting-list.js';
import { Checksum } from '../../lib/layers/checksum.js';
import { Fault } from '../../lib/layers/fault.js';
import { Stripe } from '../../lib/layers/stripe.js';
import { deviceContract } from '../conformance/device-contract.js';
import { FaultyDevice } from '../conformance/faulty-device.js';
import { fragment } from '../conformance/program.js';
import { Random, seed } from '../conformance/random.js';
import { outcomeOf } from '../conformance/strategy-contract.js';
import { designs } from '../conformance/strategies.js';

const BLOCK = 512;
/** 130 blocks: 128 of data, which two blocks of table cover. */
const SIZE = 130 * BLOCK;
const TABLE = 128 * BLOCK;

function setUp(strategy: Strategy, inline = true, ordered = true, copyWrites = false) {
  const pool = new PagePool({ maxBytes: 1 << 22 });
  const pages = pool.allocate(1 << 17);
  const inUse = pool.pagesInUse;
  const disk = new FaultyDevice({ size: SIZE, strategy, inline });
  const seen: string[] = [];
  disk.onSubmit = ({ operation, position, length, fua }) => {
    const where = position >= TABLE ? `table ${String(position - TABLE)}` : String(position);
    seen.push(`${operation} ${where}+${String(length)}${fua ? ' fua' : ''}`);
    return false;
  };
  const device = new Checksum(disk, { pool, ordered, copyWrites });
  const quiet = (): unknown[] => [
    pool.pagesInUse - inUse,
    [...WaitingList.all].length,
    pages.pinned,
    disk.pending.length,
  ];
  return { pool, pages, disk, seen, device, quiet, ...users(device, pages) };
}

/**
 * Two blocks, of which the second may hold 1 or 2: its entry has both sums. 3 is being written over both, and the table has
 * been read for that.
 */
function overDoubt(strategy: Strategy) {
  const made = setUp(strategy);
  const { disk, write } = made;
  write(1, 0, 2 * BLOCK);
  disk.inline = false;
  write(2, 0, 2 * BLOCK);
  for (let i = 0; i < 2; i++) disk.only.answer();
  disk.only.fail('EIO', [{ offset: BLOCK, length: BLOCK }]);
  disk.answerAll();
  const request = write(3, 0, 2 * BLOCK);
  disk.only.answer();
  return { ...made, request };
}

function users(device: BlockDevice, pages: ReturnType<PagePool['allocate']>) {
  let at = 1 << 16;
  return {
    /** Writes blocks of one value, from memory of their own. */
    write(value: number, position: number, length = BLOCK, signal?: AbortSignal): IoRequest {
      at = at + length > pages.length ? 1 << 16 : at;
      const range = pages.range(at, length);
      pages.set(new Uint8Array(length).fill(value), at);
      at += length;
      return device.write(range, { position, ...(signal === undefined ? {} : { signal }) });
    },
    /** The value of each block, `!` when it fails, `?` when it is not all of one value. */
    read(position: number, length = BLOCK): string {
      pages.set(new Uint8Array(length).fill(0xee));
      const request = device.read(pages.range(0, length), { position });
      // One that came back short does not tell which.
      const whole = request.state === 'done' && request.value === length ? [{ offset: 0, length }] : [];
      const good = request.state === 'done' ? whole : (request.error as IoError).succeeded;
      return Array.from({ length: length / BLOCK }, (_, i) => {
        if (!good.some((range) => range.offset <= i * BLOCK && (i + 1) * BLOCK <= range.offset + range.length))
          return '!';
        const block = pages.bytes(i * BLOCK, BLOCK);
        return block.every((byte) => byte === block[0]) ? String(block[0]) : '?';
      }).join(' ');
    },
  };
}

const EMPTY = [0, 0, false, 0];

for (const { strategy } of designs) {
  describe(`Checksum under ${strategy.name}`, () => {
    it('reads what was written, and zeroes where nothing was', () => {
      const { device, write, read, quiet } = setUp(strategy);
      expect([device.size, device.blockSize]).to.deep.equal([TABLE, BLOCK]);
      expect(outcomeOf(write(7, BLOCK, 2 * BLOCK))).to.deep.equal(['done', 2 * BLOCK]);
      expect(outcomeOf(write(8, 63 * BLOCK, 2 * BLOCK))).to.deep.equal(['done', 2 * BLOCK]);
      write(9, 127 * BLOCK);
      expect(read(0, 4 * BLOCK)).to.equal('0 7 7 0');
      expect(read(62 * BLOCK, 4 * BLOCK)).to.equal('0 8 8 0');
      expect(read(126 * BLOCK, 2 * BLOCK)).to.equal('0 9');
      expect(outcomeOf(device.flush())).to.deep.equal(['done', 0]);
      expect(quiet()).to.deep.equal(EMPTY);
    });

    it('takes any device for one that was never written when it has formatted it', async () => {
      const { disk, pool, pages } = setUp(strategy);
      disk.contents.fill(0x5a);
      const device = await Checksum.format(disk, { pool });
      const { read, write } = users(device, pages);
      expect(read(0, 2 * BLOCK)).to.equal('0 0');
      write(1, 0);
      expect(read(0, 2 * BLOCK)).to.equal('1 0');
    });

    it('fails a corrupt block, and only that, with EIO and its position (I4)', () => {
      const { disk, device, pages, write, read } = setUp(strategy);
      write(7, 0, 4 * BLOCK);
      disk.contents[2 * BLOCK + 100]! ^= 1;
      const request = device.read(pages.range(0, 4 * BLOCK), { position: 0 });
      expect(outcomeOf(request)).to.deep.equal(['failed', 'EIO', 3 * BLOCK, [[0, 1024], [1536, 512]]]); // prettier-ignore
      expect((request.error as Error).message).to.contain('the block at 1024 of checksum does not match its checksum');
      write(8, 2 * BLOCK);
      expect(read(0, 4 * BLOCK)).to.equal('7 7 8 7');
    });

    it('names the first of several corrupt blocks (I4)', () => {
      const { disk, device, pages, write } = setUp(strategy);
      write(7, 0, 4 * BLOCK);
      for (const block of [0, 2]) disk.contents[block * BLOCK]! ^= 1;
      const request = device.read(pages.range(0, 4 * BLOCK), { position: 0 });
      expect(outcomeOf(request)).to.deep.equal(['failed', 'EIO', 2 * BLOCK, [[512, 512], [1536, 512]]]); // prettier-ignore
      expect((request.error as Error).message).to.contain('the block at 0 of checksum does not match');
    });

    it('fails a block that is in the wrong place, one that was never written, and one whose sum is corrupt', () => {
      const { disk, write, read } = setUp(strategy);
      write(7, 0, 4 * BLOCK);
      disk.contents.copyWithin(3 * BLOCK, 0, BLOCK);
      disk.contents.fill(0, BLOCK, 2 * BLOCK);
      write(1, 3 * BLOCK);
      disk.contents.copyWithin(3 * BLOCK, 0, BLOCK);
      disk.contents.fill(0xff, TABLE + 2 * 8, TABLE + 3 * 8);
      expect(read(0, 4 * BLOCK)).to.equal('7 ! ! !');
    });

    it('fails a block whose write was acknowledged and lost', () => {
      const { disk, pool, pages } = setUp(strategy);
      const fault = new Fault(disk);
      const { read, write } = users(new Checksum(fault, { pool }), pages);
      write(1, 0, 2 * BLOCK);
      fault.inject({ kind: 'torn', silent: true, range: { offset: BLOCK, length: BLOCK }, times: 1 });
      expect(outcomeOf(write(2, BLOCK))).to.deep.equal(['done', BLOCK]);
      expect(read(0, 2 * BLOCK)).to.equal('1 !');
    });

    it('writes the new sum beside the old one, then the data, then the sum alone (I7, I8)', () => {
      for (const ordered of [true, false]) {
        const { seen, write } = setUp(strategy, true, ordered);
        write(1, BLOCK, 2 * BLOCK);
        const fua = ordered ? ' fua' : '';
        expect(seen).to.deep.equal([
          'read table 0+512',
          `write table 0+512${fua}`,
          `write 512+1024${fua}`,
          'write table 0+512',
        ]);
      }
    });

    it('keeps a write with fua, and what was flushed, also without its order (I7)', () => {
      for (let loss = 0; loss < 20; loss++) {
        const pool = new PagePool({ maxBytes: 1 << 20 });
        const pages = pool.allocate(1 << 17);
        const disk = new VolatileDevice({ size: 18 * BLOCK, strategy });
        const device = new Checksum(disk, { pool, ordered: false });
        const { write } = users(device, pages);
        write(1, 0, 4 * BLOCK);
        device.flush();
        pages.set(new Uint8Array(BLOCK).fill(2));
        device.write(pages.range(0, BLOCK), { position: BLOCK, fua: true });
        disk.powerLoss(loss);
        expect(users(new Checksum(disk.reopened(), { pool }), pages).read(0, 4 * BLOCK)).to.equal('1 2 1 1');
      }
    });

    it('zeroes and discards in the table alone', () => {
      const { device, seen, write, read } = setUp(strategy);
      write(7, 0, 4 * BLOCK);
      seen.length = 0;
      expect(outcomeOf(device.writeZeroes(BLOCK, { position: BLOCK, fua: true }))).to.deep.equal(['done', BLOCK]);
      expect(outcomeOf(device.discard(BLOCK, { position: 2 * BLOCK }))).to.deep.equal(['done', BLOCK]);
      expect(seen.filter((each) => !each.startsWith('read'))).to.deep.equal([
        'write table 0+512 fua',
        'write table 0+512',
      ]);
      expect(read(0, 4 * BLOCK)).to.equal('7 0 0 7');
    });

    it('has the sums of what it writes, whatever becomes of the pages meanwhile, if it is copied (I8)', () => {
      const { pages, disk, device, quiet, read } = setUp(strategy, false, true, true);
      pages.set(new Uint8Array(BLOCK).fill(7));
      const request = device.write(pages.range(0, BLOCK), { position: 512 });
      disk.only.answer();
      pages.set(new Uint8Array(BLOCK).fill(8));
      disk.answerAll();
      expect(request.value).to.equal(BLOCK);
      disk.inline = true;
      expect([read(512), quiet()]).to.deep.equal(['7', [0, 0, false, 0]]);
    });

    it('fails a write for whose copy there is no memory, and has changed nothing', () => {
      const pool = new PagePool({ maxBytes: 3 * 4096 });
      const pages = pool.allocate(BLOCK);
      const kept = pool.allocate(BLOCK);
      const disk = new FaultyDevice({ size: SIZE, strategy, inline: true });
      const device = new Checksum(disk, { pool, copyWrites: true });
      for (let i = 0; i < 2; i++)
        expect((device.write(pages.range(0, BLOCK), { position: 0 }).error as IoError).code).to.equal('ENOMEM');
      expect(disk.log.filter((line) => line.startsWith('write'))).to.deep.equal([]);
      kept.free();
      expect([device.write(pages.range(0, BLOCK), { position: 0 }).value, pool.pagesInUse]).to.deep.equal([BLOCK, 1]);
    });

    it('lets those wait who change the same block of the table, and others run (I8)', () => {
      const { disk, write, read, quiet } = setUp(strategy, false);
      const requests = [write(1, 0), write(2, BLOCK), write(3, 64 * BLOCK), write(4, 63 * BLOCK, 2 * BLOCK)];
      expect(disk.pending.map((op) => op.position - TABLE)).to.deep.equal([0, BLOCK]);
      disk.answerAll();
      disk.inline = true;
      expect(requests.map(outcomeOf)).to.deep.equal([['done', 512], ['done', 512], ['done', 512], ['done', 1024]]); // prettier-ignore
      expect([read(0, 2 * BLOCK), read(63 * BLOCK, 2 * BLOCK), quiet()]).to.deep.equal(['1 2', '4 4', EMPTY]);
    });

    it('gives up to a cancel what waits for the lock (I5, N14)', () => {
      const { disk, write, read, quiet } = setUp(strategy, false);
      const [first, second, third] = [write(1, 0), write(2, 0), write(3, BLOCK)];
      expect(second.cancel()).to.equal('cancelled');
      disk.answerAll();
      disk.inline = true;
      expect([first.state, second.state, third.state]).to.deep.equal(['done', 'cancelled', 'done']);
      expect([read(0, 2 * BLOCK), quiet()]).to.deep.equal(['1 3', EMPTY]);
    });

    it('does not take a write that is under way for corruption, in whatever order things end (I8)', () => {
      const random = new Random(seed);
      for (let i = 0; i < 60; i++) {
        const { disk, device, pages, write, quiet } = setUp(strategy);
        write(1, 0, 2 * BLOCK);
        disk.inline = false;
        const requests = [write(2, 0, 2 * BLOCK), write(3, 0, 2 * BLOCK)];
        for (let left = 40; left > 0 || disk.pending.length > 0; left--) {
          if (left > 0 && random.chance(30)) requests.push(device.read(pages.range(0, 2 * BLOCK), { position: 0 }));
          if (disk.pending.length > 0) random.pick(disk.pending).answer();
        }
        for (const request of requests) expect(outcomeOf(request)).to.deep.equal(['done', 2 * BLOCK]);
        expect(quiet()).to.deep.equal(EMPTY);
      }
    });

    const steps: [step: string, at: number, outcome: unknown[], then: string][] = [
      ['the table cannot be read', 0, ['failed', 'ENXIO', 0, []], '1 1 1'],
      ['the new sum cannot be written', 1, ['failed', 'ENXIO', 0, []], '1 1 1'],
      ['the data cannot be written', 2, ['failed', 'ENXIO', 0, []], '1 1 1'],
      ['the entry cannot be settled', 3, ['failed', 'ENXIO', 0, []], '2 2 2'],
    ];
    for (const [step, at, outcome, then] of steps) {
      it(`fails a write, and keeps all blocks readable and writable, when ${step} (I4)`, () => {
        const { disk, write, read, quiet } = setUp(strategy);
        write(1, 0, 3 * BLOCK);
        disk.inline = false;
        const request = write(2, 0, 3 * BLOCK);
        for (let i = 0; i < at; i++) disk.only.answer();
        disk.only.fail('ENXIO');
        disk.inline = true;
        expect([outcomeOf(request), read(0, 3 * BLOCK)]).to.deep.equal([outcome, then]);
        expect([outcomeOf(write(3, 0, 3 * BLOCK)), read(0, 3 * BLOCK)]).to.deep.equal([['done', 1536], '3 3 3']);
        expect(quiet()).to.deep.equal(EMPTY);
      });
    }

    it('tells which blocks were written when others were not (I4, N13)', () => {
      const { disk, write, read, quiet } = setUp(strategy);
      write(1, 0, 3 * BLOCK);
      disk.inline = false;
      const request = write(2, 0, 3 * BLOCK);
      for (let i = 0; i < 2; i++) disk.only.answer();
      disk.only.fail('EIO', [{ offset: BLOCK, length: BLOCK }]);
      disk.answerAll();
      disk.inline = true;
      expect(outcomeOf(request)).to.deep.equal(['failed', 'EIO', 1024, [[0, 512], [1024, 512]]]); // prettier-ignore
      expect([read(0, 3 * BLOCK), quiet()]).to.deep.equal(['2 1 2', EMPTY]);
    });

    it('tells which blocks were read when data or sums were not (I4, N13)', () => {
      const { disk, device, pages, write } = setUp(strategy);
      write(1, 62 * BLOCK, 4 * BLOCK);
      disk.inline = false;
      const read = (): IoRequest => device.read(pages.range(0, 4 * BLOCK), { position: 62 * BLOCK });
      const [first, second, third] = [read(), read(), read()];
      const of = (table: boolean) => disk.pending.find(({ position }) => position >= TABLE === table);
      of(true)?.answer();
      of(false)?.fail('EIO', [{ offset: BLOCK + 100, length: 1 }]);
      of(true)?.fail('ENXIO', [{ offset: BLOCK, length: BLOCK }]);
      of(false)?.answer();
      of(true)?.answer();
      of(false)?.answer({ missing: [{ offset: 600, length: 1448 }] });
      expect([first, second, third].map(outcomeOf)).to.deep.equal([
        ['failed', 'EIO', 1536, [[0, 512], [1024, 1024]]],
        ['failed', 'ENXIO', 1024, [[0, 1024]]],
        ['done', 512],
      ]); // prettier-ignore
    });

    it('leaves the old or the new block when it is cancelled at any step (I5, I8)', () => {
      for (let at = 0; at < 4; at++) {
        const { disk, write, read, quiet } = setUp(strategy);
        write(1, 0, 2 * BLOCK);
        disk.inline = false;
        const request = write(2, 0, 2 * BLOCK);
        for (let i = 0; i < at; i++) disk.only.answer();
        expect(request.cancel()).to.equal('requested');
        disk.answerAll();
        disk.inline = true;
        expect(outcomeOf(request)).to.deep.equal(at < 2 ? ['cancelled', 'ECANCELED', 0, []] : ['done', 1024]);
        expect([read(0, 2 * BLOCK), quiet()]).to.deep.equal([at < 2 ? '1 1' : '2 2', EMPTY]);
        // The entries that were left with two sums are resolved by the next write.
        expect([write(3, 0).state, read(0, 2 * BLOCK)]).to.deep.equal(['done', at < 2 ? '3 1' : '3 2']);
      }
    });

    it('writes nothing over a block that may hold one of two and cannot be reached, until it is zeroed', () => {
      const { disk, device, write, read, quiet, request } = overDoubt(strategy);
      disk.only.fail('ENXIO', [{ offset: BLOCK, length: BLOCK }]);
      disk.inline = true;
      expect([outcomeOf(request), read(0, 2 * BLOCK)]).to.deep.equal([['failed', 'ENXIO', 0, []], '2 1']);
      disk.contents.fill(0x5a, BLOCK, 2 * BLOCK);
      expect(read(0, 2 * BLOCK)).to.equal('2 !');
      device.writeZeroes(BLOCK, { position: BLOCK });
      expect([read(0, 2 * BLOCK), write(4, BLOCK).state, read(0, 2 * BLOCK), quiet()]).to.deep.equal(['2 0', 'done', '2 4', EMPTY]); // prettier-ignore
    });

    it('asks nothing of a block that holds one for certain, beside one that may hold one of two', () => {
      const { disk, read, request } = overDoubt(strategy);
      disk.only.fail('ENXIO', [{ offset: 0, length: BLOCK }]);
      disk.answerAll();
      disk.inline = true;
      expect([outcomeOf(request), read(0, 2 * BLOCK)]).to.deep.equal([['done', 1024], '3 3']);
    });

    it('writes over a block that may hold one of two and answers EIO, for there is nothing to be kept (I4)', () => {
      const { disk, read, quiet, request } = overDoubt(strategy);
      disk.only.fail('EIO', [{ offset: BLOCK, length: BLOCK }]);
      disk.answerAll();
      disk.inline = true;
      expect([outcomeOf(request), read(0, 2 * BLOCK), quiet()]).to.deep.equal([['done', 1024], '3 3', EMPTY]);
    });

    it('is cancelled without a trace once its data is there, so that it is noticed when that goes bad (I4, I5)', () => {
      const { disk, write, read, quiet } = setUp(strategy);
      disk.inline = false;
      const request = write(7, 0);
      for (let i = 0; i < 2; i++) disk.only.answer();
      request.cancel();
      disk.only.answer();
      expect(disk.pending.map(({ operation, position }) => [operation, position])).to.deep.equal([['write', TABLE]]);
      disk.answerAll();
      disk.inline = true;
      expect([outcomeOf(request), read(0), quiet()]).to.deep.equal([['done', BLOCK], '7', EMPTY]);
      disk.contents[100]! ^= 1;
      expect(read(0)).to.equal('!');
    });

    it('fails with ENOMEM when there are no pages for the table, and leaves no lock', () => {
      const disk = new FaultyDevice({ size: SIZE, strategy, inline: true });
      const pool = new PagePool({ maxBytes: 4096 * 2 });
      const pages = pool.allocate(4096);
      const other = pool.allocate(4096);
      const device = new Checksum(disk, { pool });
      const write = (): unknown[] => outcomeOf(device.write(pages.range(0, BLOCK), { position: 0 }));
      expect([write(), write()]).to.deep.equal([
        ['failed', 'ENOMEM', 0, []],
        ['failed', 'ENOMEM', 0, []],
      ]);
      other.free();
      expect(write()).to.deep.equal(['done', BLOCK]);
    });

    it('fails with ENOMEM when there are none to find out what a block holds, and writes nothing', () => {
      const { disk, write, read, quiet, pages } = setUp(strategy);
      const small = new PagePool({ maxBytes: 4096 });
      write(1, 0);
      disk.contents.set([1, 2, 3, 4, 5, 6, 7, 8], TABLE + 8);
      const before = disk.contents.slice();
      const request = new Checksum(disk, { pool: small }).write(pages.range(0, 2 * BLOCK), { position: 0 });
      expect([outcomeOf(request), small.pagesInUse]).to.deep.equal([['failed', 'ENOMEM', 0, []], 0]);
      expect(Buffer.compare(disk.contents, before)).to.equal(0);
      expect([read(0, 2 * BLOCK), quiet()]).to.deep.equal(['1 !', EMPTY]);
    });

    it('sums blocks whose pages do not lie together', () => {
      const pool = new PagePool({ maxBytes: 64 * 4096 });
      fragment(pool, 64);
      const disk = new FaultyDevice({ size: 8 * 8192, blockSize: 8192, strategy, inline: true });
      const device = new Checksum(disk, { pool });
      const pages = pool.allocate(2 * 8192);
      expect(pages.contiguous).to.equal(false);
      const data = Uint8Array.from({ length: pages.length }, (_, i) => i % 251);
      pages.set(data);
      expect(outcomeOf(device.write(pages, { position: 8192 }))).to.deep.equal(['done', 16384]);
      pages.set(new Uint8Array(pages.length));
      expect(outcomeOf(device.read(pages, { position: 8192 }))).to.deep.equal(['done', 16384]);
      expect(Buffer.compare(pages.bytes(), data)).to.equal(0);
    });

    it('keeps every block old or new when power fails at any step, and what was acknowledged (I7)', () => {
      for (let requests = 0; requests < 45; requests++) {
        for (let loss = 0; loss < 4; loss++) {
          const random = new Random(seed + requests);
          const pool = new PagePool({ maxBytes: 1 << 20 });
          const pages = pool.allocate(1 << 17);
          const disk = new VolatileDevice({ size: 18 * BLOCK, strategy });
          const { write } = users(new Checksum(disk, { pool }), pages);
          const device = new Checksum(disk, { pool });
          const possible = Array.from({ length: device.size / BLOCK }, () => [0]);
          disk.powerLossAfter(requests, seed + loss);
          for (let value = 1; value <= 12; value++) {
            const first = random.below(possible.length - 3);
            const count = 1 + random.below(4);
            const zeroes = random.chance(20);
            const request = zeroes
              ? device.writeZeroes(count * BLOCK, { position: first * BLOCK })
              : write(value, first * BLOCK, count * BLOCK);
            for (let i = first; i < first + count; i++) {
              const after = zeroes ? 0 : value;
              possible[i] = request.state === 'done' && !zeroes ? [after] : [...possible[i]!, after];
            }
          }
          if (!disk.lostPower) disk.powerLoss(seed + loss);
          const survivor = disk.reopened();
          const after = users(new Checksum(survivor, { pool }), pages);
          const values = after.read(0, device.size).split(' ');
          for (const [i, value] of values.entries()) {
            expect(possible[i], `block ${String(i)}, seed ${String(seed)}`).to.include(Number(value));
          }
          // And it can be written, and read, as before.
          expect(after.write(99, 0, device.size).state).to.equal('done');
          expect(new Set(after.read(0, device.size).split(' '))).to.deep.equal(new Set(['99']));
        }
      }
    });

    it('needs its order for that: without it, power loss makes blocks unreadable', () => {
      let unreadable = 0;
      for (let loss = 0; loss < 20; loss++) {
        const pool = new PagePool({ maxBytes: 1 << 20 });
        const pages = pool.allocate(1 << 17);
        const disk = new VolatileDevice({ size: 18 * BLOCK, strategy });
        const before = new Checksum(disk, { pool, ordered: false });
        const { write } = users(before, pages);
        write(1, 0, 8 * BLOCK);
        before.flush();
        write(2, 0, 8 * BLOCK);
        disk.powerLoss(loss);
        if (
          users(new Checksum(disk.reopened(), { pool }), pages)
            .read(0, 8 * BLOCK)
            .includes('!')
        )
          unreadable++;
      }
      expect(unreadable).to.be.greaterThan(0);
    });

    it('never yields what was not written, over members that fail, tear and come back short', () => {
      const random = new Random(seed);
      const pool = new PagePool({ maxBytes: 1 << 20 });
      const pages = pool.allocate(1 << 17);
      const disks = [0, 1].map(() => new FaultyDevice({ size: 16 * BLOCK, strategy, inline: true }));
      const faults = disks.map((disk, i) => new Fault(disk, { seed: seed + i }));
      const queues = faults.map((fault) => new RequestQueue(fault, { depth: 1 }));
      const device = new Checksum(new Stripe(queues, { chunk: 2 * BLOCK }), { pool });
      const { write, read } = users(device, pages);
      for (const fault of faults) {
        for (const kind of ['error', 'torn', 'short'] as const) fault.inject({ kind, rate: 0.1 });
      }
      const possible = Array.from({ length: device.size / BLOCK }, () => new Set(['0']));
      for (let i = 0; i < 200; i++) {
        const first = random.below(possible.length);
        const count = 1 + random.below(Math.min(6, possible.length - first));
        const value = 1 + random.below(255);
        if (random.chance(60)) {
          const request = write(value, first * BLOCK, count * BLOCK);
          for (let at = first; at < first + count; at++) {
            if (request.state === 'done') possible[at] = new Set();
            possible[at]!.add(String(value));
          }
        } else {
          const values = read(first * BLOCK, count * BLOCK).split(' ');
          for (const [at, found] of values.entries()) {
            if (found !== '!') expect([...possible[first + at]!], `seed ${String(seed)}`).to.include(found);
          }
        }
      }
      for (const fault of faults) fault.heal();
      for (const [at, found] of read(0, device.size).split(' ').entries()) {
        // What could not be read while it was written over, and then was not, is lost.
        if (found !== '!') expect([...possible[at]!], `seed ${String(seed)}`).to.include(found);
      }
      write(77, 0, device.size);
      expect(new Set(read(0, device.size).split(' '))).to.deep.equal(new Set(['77']));
    });
  });
}

describe('Checksum', () => {
  for (const blockSize of [512, 4096]) {
    describe(`over blocks of ${String(blockSize)} bytes`, () => {
      deviceContract(
        'checksum',
        ({ strategy, size }) =>
          new Checksum(new MemoryDevice({ size, blockSize, ...(strategy && { strategy }) }), { pool: new PagePool() }),
        60,
      );
    });
  }

  const pool = new PagePool({ maxBytes: 1 << 20 });
  const small: [name: string, device: BlockDevice][] = [
    ['a single block', new FaultyDevice({ size: BLOCK })],
    ['blocks too small for entries', new FaultyDevice({ size: 64, blockSize: 8 })],
  ];
  for (const [name, device] of small) {
    it(`refuses ${name}`, () => {
      expect(() => new Checksum(device, { pool }))
        .to.throw(RangeError, 'Checksum needs at least 2 blocks')
        .with.property('code', 'ERR_GEOMETRY');
    });
  }
});
