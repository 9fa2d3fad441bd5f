import { expect } from 'chai';
import { Bio, bioChain } from '../../../lib/compare/rivals/bio-chain.js';
import type { Io } from '../../../lib/io/io.js';
import { IoError } from '../../../lib/io/io-error.js';
import { PagePool } from '../../../lib/io/pages.js';
import { RequestQueue } from '../../../lib/io/request-queue.js';
import { waitQueue } from '../../../lib/io/strategy/wait-queue.js';
import { Pass } from '../../../lib/layers/pass.js';
import { Stripe } from '../../../lib/layers/stripe.js';
import { FaultyDevice } from '../../conformance/faulty-device.js';
import { counted, outcomeOf } from '../../conformance/strategy-contract.js';
import { Tracer } from '../../conformance/tracer.js';

const pages = new PagePool().allocate(4096);

describe('bioChain', () => {
  it('says how it cancels', () => {
    expect([bioChain.name, bioChain.capabilities.pull]).to.deep.equal(['bioChain', 'by searching every request queue']);
  });

  it('looks at all that waits anywhere to find its own, and leaves the rest (I5)', () => {
    const disk = new FaultyDevice({ strategy: bioChain });
    const queue = new RequestQueue(disk, { depth: 1 });
    const other = new Tracer('other design', queue);
    (other as { strategy: unknown }).strategy = waitQueue;
    const requests = [queue, queue, other, new Pass(queue)].map((device) => device.read(pages, { position: 0 }));
    const { visited } = counted(() => {
      expect(requests[3]?.cancel()).to.equal('cancelled');
    });
    expect([visited, queue.queued]).to.deep.equal([3, 2]);
    disk.answerAll();
    expect(requests.map(({ state }) => state)).to.deep.equal(['done', 'done', 'done', 'cancelled']);
  });
});

describe('Bio', () => {
  it('is cloned for every layer that is told: the vector is shared, the cursor its own (N1)', () => {
    const seen: Io[] = [];
    const disk = new FaultyDevice({ strategy: bioChain });
    const lower = new Tracer('lower', disk, [], 1024);
    const top = new Tracer('top', lower, [], 512);
    for (const layer of [top, lower]) layer.onSubmit = (io) => seen.push(io); // prettier-ignore
    const request = top.read(pages.range(512, 1024), { position: 2048 });
    const [bio, clone] = seen as [Bio, Bio];
    expect([bio.parent, clone.parent === bio, clone.pages === bio.pages]).to.deep.equal([null, true, true]);
    expect([bio, clone].map(({ position, offset, length }) => [position, offset, length])).to.deep.equal([
      [2048, 512, 1024],
      [2560, 512, 1024],
    ]);
    disk.only.answer();
    expect([request.value, bio.position, clone.position]).to.deep.equal([1024, 2048, 2560]);
  });

  it('carries in front what belongs to the layer that made it, and nothing in the one that it was made from', () => {
    const disk = new FaultyDevice({ strategy: bioChain });
    const bottom = new Tracer('bottom', disk);
    const top = new Tracer('top', bottom);
    let clone = null as Bio | null;
    bottom.onSubmit = (io) => {
      clone = io as Bio;
    };
    top.read(pages, { position: 0 });
    expect([clone?.layer === top, clone?.parent?.layer]).to.deep.equal([true, null]);
    disk.answerAll();
  });

  it('chains its pieces, without a link, and its layer’s hook is gone before the layer is told', () => {
    const disk = new FaultyDevice({ strategy: bioChain });
    const stripe = new Stripe([disk], { chunk: 512 });
    const hooks: unknown[] = [];
    const done = stripe.done.bind(stripe);
    stripe.done = (...[io]: unknown[]) => {
      hooks.push((io as Bio).hook);
      done();
    };
    const counts = counted(() => {
      stripe.read(pages.range(0, 1024), { position: 0 });
    });
    expect([counts.headers, counts.links]).to.deep.equal([3, 0]);
    disk.pending[1]?.answer();
    expect(hooks).to.deep.equal([]);
    disk.only.answer();
    expect(hooks).to.deep.equal([null]);
  });

  it('keeps the first error of those that were chained to it (I4)', () => {
    const disk = new FaultyDevice({ strategy: bioChain });
    const request = new Stripe([disk], { chunk: 512 }).read(pages.range(0, 1536), { position: 0 });
    disk.pending[2]?.fail('ENOSPC');
    disk.pending[0]?.fail('EIO');
    disk.only.answer();
    expect(outcomeOf(request)).to.deep.equal(['failed', 'ENOSPC', 512, [[512, 512]]]);
  });

  it('learns of a cancel by asking upwards', () => {
    const disk = new FaultyDevice({ strategy: bioChain });
    const request = new Pass(new Pass(disk)).read(pages, { position: 0 });
    expect(disk.only.cancelled).to.equal(false);
    request.cancel();
    expect(disk.only.cancelled).to.equal(true);
    disk.only.fail();
    expect(request.error).to.be.instanceOf(IoError);
  });
});
