import { expect } from 'chai';
import { HeldBottom, InstantBottom, type Bottom } from '../../../lib/compare/bottom.js';
import { isCannot } from '../../../lib/compare/rival.js';
import { edge } from '../../../lib/compare/rivals/edge.js';
import { PAGE_SIZE, PagePool, type BlockDevice } from '../../../lib/io/index.js';

describe('the edge alone', () => {
  const pages = new PagePool().allocate(PAGE_SIZE);

  async function over(bottom: Bottom): Promise<BlockDevice> {
    const device = await edge.build({ kind: 'pass', over: { kind: 'device', bottom } }, { pool: new PagePool() });
    if (isCannot(device)) throw new Error(device.cannot);
    return device;
  }

  it('answers every request itself', async () => {
    const bottom = new InstantBottom();
    const device = await over(bottom);
    expect(device.read(pages, { position: 0 }).value).to.equal(PAGE_SIZE);
    expect([device.size, bottom.operations]).to.deep.equal([bottom.size, 0]);
  });

  it('waits for the cancel where answers are held back', async () => {
    const request = (await over(new HeldBottom())).read(pages, { position: 0 });
    expect(request.settled).to.equal(false);
    request.cancel();
    expect(request.state).to.equal('cancelled');
  });
});
