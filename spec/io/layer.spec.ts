import { expect } from 'chai';
import { counters } from '../../lib/io/counters.js';
import type { Io } from '../../lib/io/io.js';
import { IoError } from '../../lib/io/io-error.js';
import { callDone, partEnded, SUMMED, type Layer } from '../../lib/io/layer.js';
import { cloneKiobuf } from '../../lib/io/strategy/clone.js';
import { Stripe } from '../../lib/layers/stripe.js';
import { FaultyDevice } from '../conformance/faulty-device.js';
import { Tracer } from '../conformance/tracer.js';

const header = (): Io => ({ length: 100, bytes: 60, failure: null, failedRanges: null }) as Partial<Io> as Io;
const layerThat = (body: (io: Io) => void): Layer<unknown> => {
  const layer = new Tracer('layer', new FaultyDevice());
  layer.onDone = body;
  layer.child = (io) => body(io);
  return layer;
};

describe('Layer', () => {
  it('can do what all below it can (I6)', () => {
    const layer = new Tracer('layer', new FaultyDevice({ operations: ['flush', 'read'] }));
    expect(layer.operations).to.deep.equal(['read', 'flush']);
  });

  it('wants memory aligned as the device below that wants most', () => {
    const [one, two] = [new FaultyDevice(), new FaultyDevice({ memoryAlignment: 512 })];
    expect([new Stripe([one, two]), new Stripe([one, one])].map((each) => each.memoryAlignment)).to.deep.equal([
      512, 1,
    ]);
  });

  it('has the design of the first device below', () => {
    expect(new Tracer('layer', new FaultyDevice({ strategy: cloneKiobuf })).strategy).to.equal(cloneKiobuf);
  });

  it('needs no child method when all its parts are pieces', () => {
    const layer = new Tracer('layer', new FaultyDevice());
    expect(() => layer.child(header(), '', header(), 0)).not.to.throw();
  });
});

describe('callDone', () => {
  it('tells the layer, and counts the call', () => {
    const io = header();
    const before = counters.callbacks;
    expect(callDone(layerThat((given) => (given.bytes = 70)), io, 'frame')).to.equal(null); // prettier-ignore
    expect([io.bytes, counters.callbacks - before]).to.deep.equal([70, 1]);
  });

  it('fails the I/O as a whole with EIO for what the layer throws (I1, I4)', () => {
    const io = header();
    const thrown = new Error('broken');
    const error = callDone(layerThat(() => { throw thrown; }), io, 'frame'); // prettier-ignore
    expect([io.failure === error, error?.code, error?.cause, io.bytes, io.failedRanges]).to.deep.equal([true, 'EIO', thrown, 0, [{ offset: 0, length: 100 }]]); // prettier-ignore
  });

  it('keeps an IoError as it is, and the errno that came first (I4)', () => {
    const thrown = new IoError('ENOSPC');
    const [io, failed] = [header(), header()];
    failed.failure = new IoError('EINVAL');
    for (const each of [io, failed]) callDone(layerThat(() => { throw thrown; }), each, 'frame'); // prettier-ignore
    expect([io.failure, failed.failure.code]).to.deep.equal([thrown, 'EINVAL']);
  });
});

describe('partEnded', () => {
  it('adds a piece to its parent', () => {
    const parent = header();
    partEnded(parent, layerThat(() => undefined), null, { ...header(), bytes: 100 }, 0, SUMMED); // prettier-ignore
    expect(parent.bytes).to.equal(160);
  });

  it('hands any other part to the layer, and adds nothing (N7)', () => {
    const parent = header();
    const layer = layerThat((io) => (io.bytes += 1)); // prettier-ignore
    partEnded(parent, layer, null, { ...header(), bytes: 100, failure: new IoError('EIO') }, 0, 'tag');
    expect([parent.bytes, parent.failure, parent.failedRanges]).to.deep.equal([61, null, null]);
  });

  it('fails the parent with EIO for what the layer throws, unless it has failed (I1, I4)', () => {
    const parents = [header(), { ...header(), failure: new IoError('ENOSPC') }];
    for (const parent of parents) partEnded(parent, layerThat(() => { throw new Error('broken'); }), null, header(), 0, 'tag'); // prettier-ignore
    expect(parents.map(({ failure }) => failure?.code)).to.deep.equal(['EIO', 'ENOSPC']);
  });
});
