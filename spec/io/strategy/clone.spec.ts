import { expect } from 'chai';
import type { Io } from '../../../lib/io/io.js';
import { PagePool } from '../../../lib/io/pages.js';
import { cloneKiobuf, Kiobuf } from '../../../lib/io/strategy/clone.js';
import { waitQueue } from '../../../lib/io/strategy/wait-queue.js';
import { RequestQueue } from '../../../lib/io/request-queue.js';
import { Stripe } from '../../../lib/layers/stripe.js';
import { FaultyDevice } from '../../conformance/faulty-device.js';
import { counted } from '../../conformance/strategy-contract.js';
import { Tracer } from '../../conformance/tracer.js';

const pages = new PagePool().allocate(4096);

describe('cloneKiobuf', () => {
  it('says how it cancels', () => {
    expect([cloneKiobuf.name, cloneKiobuf.capabilities.pull]).to.deep.equal([
      'cloneKiobuf',
      'by searching every request queue',
    ]);
  });

  it('finds also what other requests and other designs have in the same queues, and leaves it (I5)', () => {
    const disk = new FaultyDevice({ strategy: cloneKiobuf });
    const queue = new RequestQueue(disk, { depth: 1 });
    const other = new Tracer('other design', queue);
    (other as { strategy: unknown }).strategy = waitQueue;
    const requests = [queue, queue, other].map((device) => device.read(pages, { position: 0 }));
    const { visited } = counted(() => {
      expect(requests[1]?.cancel()).to.equal('cancelled');
    });
    expect([visited, queue.queued]).to.deep.equal([2, 1]);
    disk.answerAll();
    expect(requests.map(({ state }) => state)).to.deep.equal(['done', 'cancelled', 'done']);
  });
});

describe('Kiobuf', () => {
  it('is cloned for every passing layer: shared pages, its own position and range, and a way to its parent (N1)', () => {
    const headers: Io[] = [];
    const disk = new FaultyDevice({ strategy: cloneKiobuf });
    const lower = new Tracer('lower', new Stripe([disk], { chunk: 512 }), [], 1024);
    const top = new Tracer('top', lower);
    for (const layer of [top, lower]) {
      layer.onSubmit = (io) => {
        headers.push(io);
      };
    }
    top.read(pages.range(512, 1024), { position: 2048 });
    const [root, clone] = headers as [Kiobuf, Kiobuf];
    expect([root instanceof Kiobuf, clone instanceof Kiobuf, clone === root]).to.deep.equal([true, true, false]);
    expect([root.parent, clone.parent === root, clone.pages === root.pages]).to.deep.equal([null, true, true]);
    expect([clone.position, clone.offset, clone.length]).to.deep.equal([2048, 512, 1024]);
    expect([clone.isBelow(root), root.isBelow(clone), root.isBelow(root)]).to.deep.equal([true, false, true]);
    disk.answerAll();
  });

  it('learns of a cancel by asking upwards', () => {
    const disk = new FaultyDevice({ strategy: cloneKiobuf });
    const request = new Tracer('top', disk).read(pages, { position: 0 });
    expect(disk.only.cancelled).to.equal(false);
    request.cancel();
    expect(disk.only.cancelled).to.equal(true);
    disk.answerAll();
  });
});
