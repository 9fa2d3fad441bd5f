import { expect } from 'chai';
import { PagePool } from '../../lib/io/pages.js';
import { ParityStore } from '../../lib/layers/parity-store.js';
import { readSuperblock, type MemberState } from '../../lib/layers/superblock.js';
import { someDisks } from './parity-kit.js';

describe('ParityStore', () => {
  const identity = {
    uuid: '00010203-0405-0607-0809-0a0b0c0d0e0f',
    memberCount: 3,
    dataStart: 8192,
    dataSize: 4096,
    chunk: 1024,
    regionSize: 2048,
  };
  const states: MemberState[] = ['in-sync', 'failed', 'rebuilding'];

  it('writes to all that have not failed, stably, over the copy that does not hold, and advances with the states', async () => {
    const pool = new PagePool();
    const disks = someDisks(3, 8);
    const store = new ParityStore(identity, pool, { generation: 4, sequence: 7 });
    for (const [index, disk] of disks.entries()) store.place(index, disk, index === 2 ? null : 1);
    const dirty = Uint8Array.of(5);
    expect(await store.store(states, [], dirty, true)).to.deep.equal([]);
    expect(await store.store(states, [], dirty, false)).to.deep.equal([]);
    expect(disks.map(({ log }) => log)).to.deep.equal([
      ['write 0+4096', 'write 4096+4096'],
      [],
      ['write 0+4096', 'write 4096+4096', 'write 0+4096'],
    ]);
    expect(disks[0]?.stable).to.deep.equal(disks[0]?.contents);
    const found = await readSuperblock(disks[2] as never, pool);
    expect(found?.dirty[0]).to.equal(5);
    expect({ ...found, dirty: null }).to.deep.equal({ ...identity, role: 'parity', layout: 2, index: 2, generation: 5, sequence: 9, states, rebuilt: [0, 0, 0], dirty: null }); // prettier-ignore
    store.close();
    expect(pool.pagesInUse).to.equal(0);
  });

  it('tells the members that it failed on, and needs no memory to go on', async () => {
    const pool = new PagePool({ maxBytes: 3 * 4096 });
    const disks = someDisks(3, 8);
    const [, , last] = disks;
    if (last === undefined) throw new Error('no disk');
    last.inline = false;
    last.onSubmit = (op) => (op.fail(), false);
    const store = new ParityStore(identity, pool, { generation: 0, sequence: 0 });
    for (const [index, disk] of disks.entries()) store.place(index, disk, 0);
    expect(() => store.place(0, last, null)).to.throw('ENOMEM');
    expect(await store.store(states, [], new Uint8Array(1), true)).to.deep.equal([2]);
    store.close();
    expect(pool.pagesInUse).to.equal(0);
  });
});
