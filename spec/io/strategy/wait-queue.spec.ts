import { expect } from 'chai';
import { ReusableCompletion } from '../../../lib/event/completion.js';
import type { Io } from '../../../lib/io/io.js';
import { PagePool } from '../../../lib/io/pages.js';
import { waitQueue } from '../../../lib/io/strategy/wait-queue.js';
import { Stripe } from '../../../lib/layers/stripe.js';
import { WaitQueue } from '../../../lib/wait/queue.js';
import { FaultyDevice } from '../../conformance/faulty-device.js';
import { Tracer } from '../../conformance/tracer.js';

const pages = new PagePool().allocate(4096);

/** Two layers over a disk, and the headers that each of the three saw. */
function rig() {
  const headers: Io[] = [];
  const disk = new FaultyDevice({ strategy: waitQueue });
  const layers = [new Tracer('lower', disk)];
  layers.push(new Tracer('upper', layers[0] as Tracer));
  for (const layer of layers) {
    layer.onSubmit = (io) => {
      headers.push(io);
    };
  }
  return { disk, headers, top: layers[1] as Tracer };
}

describe('waitQueue', () => {
  it('says how it cancels', () => {
    expect([waitQueue.name, waitQueue.capabilities.pull]).to.deep.equal(['waitQueue', 'through the chain']);
  });

  it('sends one and the same container all the way down: a completion, with an entry for each layer (N1)', () => {
    const { disk, headers, top } = rig();
    top.read(pages, { position: 0 });
    expect(headers[0]).to.equal(headers[1]);
    const container = headers[0] as unknown as ReusableCompletion;
    expect([container instanceof ReusableCompletion, container instanceof WaitQueue]).to.deep.equal([true, true]);
    // Two layers in front, and the edge behind them.
    expect(container.size).to.equal(3);
    disk.answerAll();
    expect([container.size, container.state]).to.deep.equal([0, 'done']);
  });

  it('gives every piece a container of its own, with one entry, and the parent one', () => {
    const headers: Io[] = [];
    const members = [new FaultyDevice({ strategy: waitQueue }), new FaultyDevice({ strategy: waitQueue })];
    const layers = members.map((member) => new Tracer('layer', member));
    for (const layer of layers) layer.onSubmit = (io) => headers.push(io); // prettier-ignore
    new Stripe(layers, { chunk: 512 }).read(pages.range(0, 1024), { position: 0 });
    expect(new Set(headers).size).to.equal(2);
    expect(headers.map((io) => (io as unknown as WaitQueue).size)).to.deep.equal([2, 2]);
    for (const member of members) member.answerAll();
  });

  it('is told of a cancel by a wake of the same queue: the header knows in O(1) (C5)', () => {
    const { disk, headers, top } = rig();
    const request = top.read(pages, { position: 0 });
    request.cancel();
    expect([headers[0]?.cancelled, disk.only.cancelled]).to.deep.equal([true, true]);
    disk.answerAll();
  });
});
