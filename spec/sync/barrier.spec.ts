import { expect } from 'chai';
import { Barrier } from '../../lib/sync/barrier.js';
import { TimeoutError } from '../../lib/wait/errors.js';
import { codeOf } from '../event/support.js';
import { abortable, follow, rejection, settled } from './kit.js';

describe('Barrier', () => {
  it('sets all free when the last one arrives, round after round', async () => {
    const barrier = new Barrier(3);
    for (let round = 0; round < 3; round++) {
      const first = [barrier.arrive(), barrier.arrive()];
      const trace: string[] = [];
      for (const each of first) follow(trace, 'free', each);
      await settled();
      expect([trace, barrier.waiting]).to.deep.equal([[], 2]);
      expect(await Promise.all([...first, barrier.arrive()])).to.deep.equal([round, round, round]);
      expect(barrier.waiting).to.equal(0);
    }
  });

  it('waits for somebody else in the place of one that leaves, and is not broken (W6)', async () => {
    const barrier = new Barrier(2);
    const { signal, abort } = abortable();
    const leaving = barrier.arrive({ signal });
    abort('enough');
    expect(await rejection(leaving)).to.equal('enough');
    expect(await rejection(barrier.arrive({ timeoutMs: 0 }))).to.be.instanceOf(TimeoutError);
    expect(await rejection(barrier.arrive({ signal }))).to.equal('enough');
    expect(barrier.waiting).to.equal(0);
    const first = barrier.arrive();
    expect(await rejection(barrier.arrive({ signal })), 'the last one, but aborted').to.equal('enough');
    expect([await barrier.arrive(), await first]).to.deep.equal([0, 0]);
  });

  it('lets one alone pass, and refuses none', async () => {
    expect(await new Barrier(1).arrive()).to.equal(0);
    expect(codeOf(() => new Barrier(0))).to.equal('ERR_COUNT');
  });
});
