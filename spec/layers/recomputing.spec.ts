import { expect } from 'chai';
import { PagePool } from '../../lib/io/pages.js';
import { openArray } from '../../lib/layers/parity-assembly.js';
import { Recomputing } from '../../lib/layers/recomputing.js';
import { BLOCK, codeOf, copyOf, DATA_START, Kit, wrongParityAt } from './parity-kit.js';

describe('Recomputing', () => {
  it('makes a chunk anew from the others, with the stripe locked, and gives its memory back', async () => {
    const kit = await Kit.make(3);
    await kit.write(0, 20, 5);
    await kit.parity.close();
    const disks = kit.disks.map(copyOf);
    const pool = new PagePool();
    const array = await openArray(disks, false, pool);
    const used = pool.pagesInUse;
    const recomputing = new Recomputing(array);
    disks[1]?.contents.fill(9, DATA_START, DATA_START + 2 * BLOCK);
    const steps: string[] = [];
    const step = (what: string) => () => steps.push(`${what}, ${String(array.lock.size)} locked`);
    await recomputing.recompute(0, 1, step('before'), step('after'));
    expect([steps, array.lock.size, wrongParityAt(disks)]).to.deep.equal([['before, 1 locked', 'after, 1 locked'], 0, -1]); // prettier-ignore
    // What is thrown leaves the stripe unlocked, and as it was.
    const stop = (): void => {
      throw new Error('stop');
    };
    disks[1]?.contents.fill(9, DATA_START, DATA_START + 2 * BLOCK);
    await recomputing.recompute(0, 1, stop, step('never')).catch(() => undefined);
    expect([array.lock.size, wrongParityAt(disks)]).to.deep.equal([0, DATA_START]);
    array.setState(0, 'failed');
    expect(await codeOf(recomputing.recompute(0, 1, step('before'), step('never')))).to.equal('EIO');
    recomputing.close();
    expect(pool.pagesInUse).to.equal(used);
    array.close();
  });

  it('makes what it can of a parity, and tells what it cannot', async () => {
    const kit = await Kit.make(3);
    await kit.write(0, 20, 5);
    await kit.parity.close();
    const disks = kit.disks.map(copyOf);
    const array = await openArray(disks, false, new PagePool());
    disks[2]?.contents.fill(9, DATA_START, DATA_START + 2 * BLOCK);
    const [first] = disks;
    first!.inline = false;
    first!.onSubmit = (op) => {
      if (op.position > DATA_START) return true;
      op.fail();
      return false;
    };
    const recomputing = new Recomputing(array);
    expect(await recomputing.recomputeReadable(0)).to.deep.equal([{ member: 0, within: 0, length: BLOCK }]);
    expect([0, BLOCK].map((at) => disks[2]?.contents[DATA_START + at])).to.deep.equal([9, 0]);
    recomputing.close();
    array.close();
  });
});
