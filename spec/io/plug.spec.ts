import { expect } from 'chai';
import { PagePool } from '../../lib/io/pages.js';
import { RequestQueue } from '../../lib/io/request-queue.js';
import { MemoryDevice } from '../../lib/devices/memory.js';
import { Pass } from '../../lib/layers/pass.js';
import { StateError } from '../../lib/wait/errors.js';
import { FaultyDevice } from '../conformance/faulty-device.js';
import { designs } from '../conformance/strategies.js';

const pages = new PagePool().allocate(1 << 16);

for (const { strategy } of designs) {
  describe(`Plug of a queue that carries ${strategy.name}`, () => {
    const rig = (options: { depth?: number; autoPlug?: boolean } = {}) => {
      const disk = new FaultyDevice({ strategy });
      const queue = new RequestQueue(disk, { depth: 2, mergeBytes: 1 << 16, ...options });
      const write = (block: number) => queue.write(pages.range(block * 512, 512), { position: block * 512 });
      return { disk, queue, write };
    };

    it('keeps requests back, so that neighbours become one operation', () => {
      const { disk, queue, write } = rig();
      const plug = queue.plug();
      const requests = [0, 2, 1, 7].map(write);
      expect([queue.plugged, plug.active, queue.queued, disk.log]).to.deep.equal([true, true, 4, []]);
      plug.unplug();
      expect([queue.plugged, plug.active, disk.log]).to.deep.equal([false, false, ['write 0+1536', 'write 3584+512']]);
      disk.answerAll();
      expect(requests.map(({ value }) => value)).to.deep.equal([512, 512, 512, 512]);
    });

    it('ends with its block', () => {
      const { disk, queue, write } = rig();
      {
        using plug = queue.plug();
        write(0);
        expect([plug.active, disk.log]).to.deep.equal([true, []]);
      }
      expect(disk.log).to.deep.equal(['write 0+512']);
      disk.answerAll();
    });

    it('nests: the last one to go lets everything on', () => {
      const { disk, queue, write } = rig();
      const plugs = [queue.plug(), queue.plug()];
      write(0);
      plugs[0]?.unplug();
      plugs[0]?.unplug();
      expect([queue.plugged, disk.log]).to.deep.equal([true, []]);
      plugs[1]?.unplug();
      expect(disk.log).to.deep.equal(['write 0+512']);
      disk.answerAll();
    });

    it('does not stop what runs, nor bring what waits forward when that ends', () => {
      const { disk, queue, write } = rig({ depth: 1 });
      write(0);
      write(4);
      const plug = queue.plug();
      disk.only.answer();
      expect([disk.log.length, queue.queued, queue.inFlight]).to.deep.equal([1, 1, 0]);
      plug.unplug();
      disk.answerAll();
      expect(disk.log.length).to.equal(2);
    });

    it('gives way to a flush, so that nobody is stranded (I7, I10)', () => {
      const { disk, queue, write } = rig();
      const plug = queue.plug();
      const request = write(0);
      const flush = queue.flush();
      expect([plug.active, disk.log]).to.deep.equal([false, ['write 0+512', 'flush 0+0']]);
      plug.unplug();
      disk.answerAll();
      expect([request.state, flush.state]).to.deep.equal(['done', 'done']);
    });

    it('gives way to drain and close, of a device above too (I10)', async () => {
      for (const end of ['drain', 'close'] as const) {
        const { disk, queue, write } = rig();
        disk.inline = true;
        const top = new Pass(queue);
        const plug = queue.plug();
        const requests = [write(0), top.write(pages.range(0, 512), { position: 1024 })];
        await top[end]();
        expect(requests.map(({ state }) => state)).to.deep.equal(['done', 'done']);
        expect(plug.active).to.equal(false);
        if (end === 'close')
          expect(() => queue.plug())
            .to.throw(StateError)
            .with.property('code', 'ERR_CLOSED');
      }
    });

    it('lets what waits be withdrawn (N14)', () => {
      const { disk, queue, write } = rig();
      const plug = queue.plug();
      const requests = [0, 1, 2].map(write);
      expect(requests[1]?.cancel()).to.equal('cancelled');
      plug.unplug();
      expect(disk.log).to.deep.equal(['write 0+512', 'write 1024+512']);
      disk.answerAll();
    });

    it('is put in by itself for the rest of a turn, when asked for', async () => {
      const { disk, queue, write } = rig({ autoPlug: true });
      write(0);
      write(1);
      expect([queue.plugged, disk.log]).to.deep.equal([true, []]);
      await Promise.resolve();
      expect([queue.plugged, disk.log]).to.deep.equal([false, ['write 0+1024']]);
      disk.answerAll();
      write(5);
      queue.flush();
      write(6);
      expect(disk.log.slice(1)).to.deep.equal(['write 2560+512', 'flush 0+0']);
      await Promise.resolve();
      await Promise.resolve();
      disk.answerAll();
      expect(disk.log.at(-1)).to.equal('write 3072+512');
      await queue.close();
    });

    it('lets very many go without a deep stack (I2)', () => {
      const queue = new RequestQueue(new MemoryDevice({ size: 1 << 20, strategy }), { depth: 1 });
      const plug = queue.plug();
      let done = 0;
      for (let i = 0; i < 50_000; i++)
        queue.write(pages.range(0, 512), { position: 0 }).notify(() => {
          done++;
        });
      plug.unplug();
      expect(done).to.equal(50_000);
    });
  });
}
