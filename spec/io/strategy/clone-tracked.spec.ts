import { expect } from 'chai';
import { PagePool } from '../../../lib/io/pages.js';
import { RequestQueue } from '../../../lib/io/request-queue.js';
import { cloneKiobufTracked } from '../../../lib/io/strategy/clone-tracked.js';
import { Pass } from '../../../lib/layers/pass.js';
import { Stripe } from '../../../lib/layers/stripe.js';
import { FaultyDevice } from '../../conformance/faulty-device.js';
import { counted, outcomeOf } from '../../conformance/strategy-contract.js';

const pages = new PagePool().allocate(4096);

describe('cloneKiobufTracked', () => {
  it('says how it cancels', () => {
    expect([cloneKiobufTracked.name, cloneKiobufTracked.capabilities.pull]).to.deep.equal([
      'cloneKiobufTracked',
      'through the links',
    ]);
  });

  it('looks at its own clones only, however much waits elsewhere, and not at those that have ended (I5)', () => {
    const disk = new FaultyDevice({ strategy: cloneKiobufTracked });
    const queue = new RequestQueue(disk, { depth: 2 });
    const elsewhere = new RequestQueue(disk, { depth: 1 });
    for (let i = 0; i < 10; i++) elsewhere.read(pages.range(0, 512), { position: 0 });
    const request = new Pass(new Stripe([queue], { chunk: 512 })).read(pages.range(0, 2048), { position: 0 });
    // Of four pieces one has ended, two run, each with a clone below the queue, and one waits.
    disk.pending[1]?.answer();
    const { visited } = counted(() => request.cancel()); // prettier-ignore
    expect(visited).to.equal(1 + 3 + 2);
    disk.answerAll();
    expect(outcomeOf(request)).to.deep.equal(['cancelled', 'ECANCELED', 1536, [[0, 1536]]]);
  });

  it('tells every clone below, which knows it in O(1)', () => {
    const disk = new FaultyDevice({ strategy: cloneKiobufTracked });
    const request = new Pass(new Pass(disk)).read(pages, { position: 0 });
    request.cancel();
    expect(disk.only.cancelled).to.equal(true);
    disk.answerAll();
  });
});
