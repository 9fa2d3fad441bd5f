import { expect } from 'chai';
import { PagePool } from '../../../lib/io/pages.js';
import { RequestQueue } from '../../../lib/io/request-queue.js';
import { cloneKiobuf } from '../../../lib/io/strategy/clone.js';
import { pullWaiting } from '../../../lib/io/strategy/pull.js';
import { FaultyDevice } from '../../conformance/faulty-device.js';
import { counted } from '../../conformance/strategy-contract.js';

const pages = new PagePool().allocate(4096);

describe('pullWaiting', () => {
  it('withdraws from every queue what it is told to, and looks at all that waits (I5)', () => {
    const disk = new FaultyDevice();
    const queues = [0, 1].map(() => new RequestQueue(disk, { depth: 1 }));
    const requests = queues.flatMap((queue) =>
      [0, 512, 1024].map((position) => queue.read(pages.range(0, 512), { position })),
    );
    const { visited } = counted(() => pullWaiting(({ position }) => position === 512)); // prettier-ignore
    expect([visited, queues.map(({ queued }) => queued)]).to.deep.equal([4, [1, 1]]);
    disk.answerAll();
    const one = ['done', 'failed', 'done'];
    expect(requests.map(({ state }) => state)).to.deep.equal([...one, ...one]);
  });

  it('takes all out before the first end makes room for another (I5)', () => {
    const disk = new FaultyDevice({ strategy: cloneKiobuf });
    const below = new RequestQueue(disk, { depth: 1 });
    const above = new RequestQueue(below, { depth: 1 });
    below.read(pages.range(0, 512), { position: 0 });
    for (const position of [512, 1024]) above.read(pages.range(0, 512), { position });
    expect([above.queued, below.queued]).to.deep.equal([1, 1]);
    pullWaiting(() => true);
    disk.answerAll();
    expect(disk.log).to.deep.equal(['read 0+512']);
  });
});
