import { expect } from 'chai';
import { PagePool } from '../../lib/io/pages.js';
import { RequestQueue } from '../../lib/io/request-queue.js';
import { WaitingList } from '../../lib/io/waiting-list.js';
import { ArgumentRangeError } from '../../lib/wait/errors.js';
import { FaultyDevice } from '../conformance/faulty-device.js';
import { designs } from '../conformance/strategies.js';

const pages = new PagePool().allocate(4096);

describe('RequestQueue', () => {
  for (const depth of [0, -1, 1.5, NaN, Infinity]) {
    it(`refuses a depth of ${String(depth)} (I6)`, () => {
      expect(() => new RequestQueue(new FaultyDevice(), { depth }))
        .to.throw(ArgumentRangeError, `depth must be a whole number from 1 up, got ${String(depth)}`)
        .with.property('code', 'ERR_DEPTH');
    });
  }

  for (const [field, code] of [
    ['mergeBytes', 'ERR_MERGE_BYTES'],
    ['patience', 'ERR_PATIENCE'],
  ] as const) {
    for (const value of [-1, 1.5, NaN, Infinity]) {
      it(`refuses a ${field} of ${String(value)} (I6)`, () => {
        expect(() => new RequestQueue(new FaultyDevice(), { depth: 1, [field]: value }))
          .to.throw(ArgumentRangeError, `${field} must be a whole number from 0 up, got ${String(value)}`)
          .with.property('code', code);
      });
    }
  }

  it('has the geometry and the operations of what is below', () => {
    const disk = new FaultyDevice({ blockSize: 1024, operations: ['read'] });
    const queue = new RequestQueue(disk, { depth: 3, name: 'mine' });
    expect([queue.geometry, queue.operations, queue.name, queue.depth]).to.deep.equal([disk.geometry, ['read'], 'mine', 3]); // prettier-ignore
    expect([queue.mergeBytes, queue.patience, queue.autoPlug, queue.plugged]).to.deep.equal([0, 64, false, false]);
  });

  for (const { strategy } of designs) {
    describe(`carrying ${strategy.name}`, () => {
      const rig = (depth: number) => {
        const disk = new FaultyDevice({ strategy });
        const queue = new RequestQueue(disk, { depth });
        const read = (block: number) => queue.read(pages.range(0, 512), { position: block * 512 });
        return { disk, queue, read };
      };

      it('lets so many run and no more; the others follow, first come, first served', () => {
        const { disk, queue, read } = rig(2);
        const requests = [0, 1, 2, 3, 4].map(read);
        expect([queue.inFlight, queue.queued, disk.log.length]).to.deep.equal([2, 3, 2]);
        expect([...WaitingList.all].map(({ length }) => length)).to.deep.equal([3]);
        disk.pending[1]?.answer();
        expect(disk.log.at(-1)).to.equal('read 1024+512');
        disk.pending[0]?.fail();
        expect(disk.log.at(-1)).to.equal('read 1536+512');
        disk.answerAll();
        expect([queue.inFlight, queue.queued, queue.dispatched, queue.merged]).to.deep.equal([0, 0, 5, 0]);
        expect(requests.map(({ state }) => state)).to.deep.equal(['failed', 'done', 'done', 'done', 'done']);
        expect(disk.log.map((line) => Number(/\d+/.exec(line)?.[0]) / 512)).to.deep.equal([0, 1, 2, 3, 4]);
      });

      it('closes the gap that a withdrawn one leaves, wherever it was (N14)', () => {
        for (const gone of [[1], [2], [3], [1, 2, 3], [3, 1]]) {
          const { disk, queue, read } = rig(1);
          const requests = [0, 1, 2, 3].map(read);
          for (const index of gone) expect(requests[index]?.cancel()).to.equal('cancelled');
          expect([queue.inFlight, queue.queued]).to.deep.equal([1, 3 - gone.length]);
          disk.answerAll();
          const left = [0, 1, 2, 3].filter((index) => !gone.includes(index));
          expect(disk.log).to.deep.equal(left.map((index) => `read ${String(index * 512)}+512`));
        }
      });

      it('takes what its own callbacks submit at the end', () => {
        const { disk, read } = rig(1);
        read(0).notify(() => void read(2));
        read(1);
        disk.answerAll();
        expect(disk.log).to.deep.equal(['read 0+512', 'read 512+512', 'read 1024+512']);
      });

      it('queues flushes like anything else', () => {
        const { disk, queue, read } = rig(1);
        read(0);
        const flush = queue.flush();
        disk.only.answer();
        expect([flush.state, disk.only.operation]).to.deep.equal(['pending', 'flush']);
        disk.answerAll();
      });
    });
  }
});
