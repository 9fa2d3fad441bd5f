import { expect } from 'chai';
import type { IoRequest } from '../../lib/io/io-request.js';
import { IoClass } from '../../lib/io/io-class.js';
import { PagePool } from '../../lib/io/pages.js';
import { RequestQueue } from '../../lib/io/request-queue.js';
import { WaitingList } from '../../lib/io/waiting-list.js';
import { Stripe } from '../../lib/layers/stripe.js';
import { FaultyDevice } from '../conformance/faulty-device.js';
import { designs } from '../conformance/strategies.js';
import { outcomeOf } from '../conformance/strategy-contract.js';

const pool = new PagePool();
const pages = pool.allocate(1 << 16);

for (const { strategy } of designs) {
  describe(`a merging RequestQueue that carries ${strategy.name}`, () => {
    const rig = (options: { mergeBytes?: number; depth?: number } = {}) => {
      const disk = new FaultyDevice({ strategy });
      for (let i = 0; i < disk.size; i++) disk.contents[i] = 1 + (i >> 9);
      const queue = new RequestQueue(disk, { depth: 1, mergeBytes: 1 << 16, ...options });
      const plug = queue.plug();
      const read = (block: number, blocks = 1): IoRequest =>
        queue.read(pages.range(block * 512, blocks * 512), { position: block * 512 });
      const write = (block: number, options: { fua?: boolean; ioClass?: IoClass } = {}): IoRequest =>
        queue.write(pages.range(block * 512, 512), { position: block * 512, ...options });
      return { disk, queue, plug, read, write };
    };

    it('serves neighbours by one operation, joined in front and behind (N12)', () => {
      const { disk, queue, plug, read } = rig();
      pages.set(new Uint8Array(4096));
      const far = new PagePool().allocate(4096);
      const requests = [read(3), read(4, 2), read(2), queue.read(far.range(7, 512), { position: 512 }), read(9)];
      plug.unplug();
      expect([disk.log, queue.merged, queue.dispatched, queue.queued]).to.deep.equal([['read 512+2560'], 3, 1, 1]);
      const order: number[] = [];
      for (const [i, request] of requests.entries()) request.notify(() => order.push(i));
      disk.answerAll();
      expect(requests.map(({ value }) => value)).to.deep.equal([512, 1024, 512, 512, 512]);
      expect([order.length, new Set(order).size]).to.deep.equal([5, 5]);
      for (const block of [2, 3, 4, 5]) expect(pages.bytes(block * 512, 1)[0]).to.equal(block + 1);
      expect([far.bytes(6, 2), far.bytes(518, 2)].map((bytes) => [...bytes])).to.deep.equal([
        [0, 2],
        [2, 0],
      ]);
      expect([queue.queued, queue.inFlight, [...WaitingList.all].length]).to.deep.equal([0, 0, 0]);
    });

    it('keeps apart what is of another operation, class or promise', () => {
      const { disk, plug, read, write } = rig({ depth: 10 });
      write(0);
      read(1);
      write(2, { fua: true });
      write(3);
      write(4, { ioClass: new IoClass() });
      read(6);
      plug.unplug();
      expect(disk.log.length).to.equal(6);
      disk.answerAll();
    });

    it('does not merge what moves no data', () => {
      const { disk, queue, plug } = rig({ depth: 10 });
      void queue.discard(512, { position: 0 });
      void queue.discard(512, { position: 512 });
      plug.unplug();
      expect(disk.log.length).to.equal(2);
      disk.answerAll();
    });

    it('makes no operation longer than it may be', () => {
      const { disk, plug, read } = rig({ mergeBytes: 1024 });
      for (const block of [1, 0, 2, 3, 4]) read(block);
      read(5, 4);
      plug.unplug();
      disk.answerAll();
      expect(disk.log).to.deep.equal(['read 512+1024', 'read 0+512', 'read 1536+1024', 'read 2560+2048']);
    });

    it('tells each exactly which of its own parts succeeded, and none of a failure that is not its own (I10, N13)', () => {
      const { disk, plug, read } = rig();
      const requests = [read(0, 2), read(2, 2), read(4, 2), read(6)];
      plug.unplug();
      disk.only.fail('EIO', [
        { offset: 512, length: 768 },
        { offset: 2560, length: 256 },
      ]);
      expect(requests.map(outcomeOf)).to.deep.equal([
        ['failed', 'EIO', 512, [[0, 512]]],
        ['failed', 'EIO', 768, [[256, 768]]],
        ['failed', 'EIO', 768, [[0, 512], [768, 256]]],
        ['done', 512],
      ]); // prettier-ignore
    });

    it('tells of a short transfer as the device does (N13)', () => {
      const { disk, plug, read } = rig();
      const requests = [read(1), read(0), read(2)];
      plug.unplug();
      disk.only.answer({ missing: [{ offset: 700, length: 836 }] });
      expect(requests.map(outcomeOf)).to.deep.equal([
        ['done', 188],
        ['done', 512],
        ['done', 0],
      ]);
    });

    it('tells all of an error that is of no part, and of one that breaks a promise (I7)', () => {
      const { disk, plug, write } = rig();
      const requests = [write(0), write(1), write(4, { fua: true }), write(5, { fua: true })];
      plug.unplug();
      disk.only.fail('ENOSPC', []);
      expect(disk.only.fua).to.equal(true);
      disk.only.fail('EIO', [{ offset: 0, length: 512 }]);
      expect(requests.map(outcomeOf)).to.deep.equal([
        ['failed', 'ENOSPC', 512, [[0, 512]]],
        ['failed', 'ENOSPC', 512, [[0, 512]]],
        ['failed', 'EIO', 0, []],
        ['failed', 'EIO', 512, [[0, 512]]],
      ]);
    });

    it('takes only itself out when it is cancelled while it waits; the rest still merge (N14)', () => {
      for (const gone of [0, 1, 2, 3]) {
        const { disk, plug, read } = rig();
        const requests = [0, 1, 2, 3].map((block) => read(block));
        expect(requests[gone]?.cancel()).to.equal('cancelled');
        plug.unplug();
        disk.answerAll();
        const log = [['read 512+1536'], ['read 0+512', 'read 1024+1024'], ['read 0+1024', 'read 1536+512'], ['read 0+1536']]; // prettier-ignore
        expect(disk.log).to.deep.equal(log[gone]);
      }
    });

    it('leaves what runs to finish, also for one that rides along (I5)', () => {
      for (const cancelled of [0, 1]) {
        const { disk, plug, read } = rig();
        const requests = [read(0), read(1)];
        plug.unplug();
        expect(requests[cancelled]?.cancel()).to.equal('requested');
        expect(requests.map(({ state }) => state)).to.deep.equal(['pending', 'pending']);
        disk.only.answer();
        expect(requests.map(outcomeOf)).to.deep.equal([['done', 512], ['done', 512]]); // prettier-ignore
      }
    });

    it('sends riders on again when a cancel of the leader pulled their operation (I5, I10, N14)', () => {
      const disk = new FaultyDevice({ strategy });
      const inner = new RequestQueue(disk, { depth: 1 });
      const queue = new RequestQueue(inner, { depth: 1, mergeBytes: 4096 });
      inner.read(pages.range(0, 512), { position: 8192 });
      const plug = queue.plug();
      const requests = [0, 1, 2].map((block) => queue.read(pages.range(block * 512, 512), { position: block * 512 }));
      plug.unplug();
      expect([inner.queued, requests[0]?.cancel()]).to.deep.equal([1, 'cancelled']);
      expect(requests.map(({ state }) => state)).to.deep.equal(['cancelled', 'pending', 'pending']);
      disk.answerAll();
      expect(disk.log).to.deep.equal(['read 8192+512', 'read 512+1024']);
      expect(requests.slice(1).map(outcomeOf)).to.deep.equal([['done', 512], ['done', 512]]); // prettier-ignore
      expect([inner.queued, queue.queued, queue.inFlight]).to.deep.equal([0, 0, 0]);
    });

    it('keeps what has come for a rider, and settles none that was cancelled too by another attempt (I5)', () => {
      const disks = [new FaultyDevice({ strategy }), new FaultyDevice({ strategy })];
      const inner = disks.map((disk, i) => new RequestQueue(disk, { depth: 2 - i }));
      const queue = new RequestQueue(new Stripe(inner, { chunk: 512 }), { depth: 1, mergeBytes: 4096 });
      inner[1]?.read(pages.range(0, 512), { position: 8192 });
      const plug = queue.plug();
      const requests = [0, 1, 2, 3].map((block) =>
        queue.read(pages.range(block * 512, 512), { position: block * 512 }),
      );
      plug.unplug();
      expect(requests[3]?.cancel()).to.equal('requested');
      expect(requests[0]?.cancel()).to.equal('requested');
      disks[0]?.answerAll();
      expect(requests.map(({ state }) => state)).to.deep.equal(['done', 'pending', 'done', 'cancelled']);
      disks[1]?.answerAll();
      expect(requests[1]?.value).to.equal(512);
      expect(disks[1]?.log).to.deep.equal(['read 8192+512', 'read 0+512']);
    });

    for (const where of ['done', 'pulled below', 'withdrawn here'] as const) {
      it(`sends of a rider that has come in part only the rest, and forgets none of it: ${where} (I4, I5, N13)`, () => {
        const disks = [new FaultyDevice({ strategy }), new FaultyDevice({ strategy })];
        const inner = disks.map((disk) => new RequestQueue(disk, { depth: 1 }));
        const queue = new RequestQueue(new Stripe(inner, { chunk: 512 }), { depth: 1, mergeBytes: 4096 });
        const before = inner[1]?.read(pages.range(0, 512), { position: 8192 });
        const plug = queue.plug();
        const read = (block: number, blocks: number): IoRequest =>
          queue.read(pages.range(block * 512, blocks * 512), { position: block * 512 });
        const leader = read(1, 1);
        const rider = read(2, 2);
        const other = where === 'withdrawn here' ? read(9, 1) : null;
        plug.unplug();
        expect([queue.merged, leader.cancel()]).to.deep.equal([1, 'requested']);
        disks[0]?.only.answer();
        expect([leader.state, rider.state]).to.deep.equal(['cancelled', 'pending']);
        if (where === 'done') disks[1]?.answerAll();
        else expect(rider.cancel()).to.equal('cancelled');
        const part = ['cancelled', 'ECANCELED', 512, [[0, 512]]];
        expect(outcomeOf(rider)).to.deep.equal(where === 'done' ? ['done', 1024] : part);
        disks[1]?.answerAll();
        expect(disks[0]?.log).to.deep.equal(['read 512+512']);
        expect(disks[1]?.log.slice(1)).to.deep.equal({ done: ['read 512+512'], 'pulled below': [], 'withdrawn here': ['read 2048+512'] }[where]); // prettier-ignore
        expect([before?.value, other?.value ?? 512]).to.deep.equal([512, 512]);
      });
    }

    it('sends all of a rider again when what failed was of no part, or was to be stable (I7)', () => {
      for (const fua of [false, true]) {
        const { disk, plug, write } = rig();
        const requests = [write(0, { fua }), write(1, { fua })];
        plug.unplug();
        expect(requests[0]?.cancel()).to.equal('requested');
        disk.only.fail('EIO', fua ? [{ offset: 0, length: 512 }] : []);
        expect(disk.log).to.deep.equal(['write 0+1024', 'write 512+512']);
        disk.only.answer();
        expect(outcomeOf(requests[1] as IoRequest)).to.deep.equal(['done', 512]);
      }
    });

    it('meets neighbours of one place one after the other', () => {
      const { disk, plug, read } = rig();
      const requests = [read(0), read(1), read(1), read(0), read(2)];
      plug.unplug();
      disk.answerAll();
      expect(requests.every(({ value }) => value === 512)).to.equal(true);
      expect(disk.log).to.deep.equal(['read 0+1536', 'read 512+512', 'read 0+512']);
    });
  });
}
