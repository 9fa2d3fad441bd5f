import { setImmediate } from 'node:timers/promises';
import { expect } from 'chai';
import sinon from 'sinon';
import { PagePool } from '../../lib/io/pages.js';
import { MemoryDevice } from '../../lib/devices/memory.js';
import { Crypt } from '../../lib/layers/crypt.js';
import { CryptGathering } from '../../lib/layers/crypt-gathering.js';
import { SECTOR_SIZE } from '../../lib/layers/xts-masks.js';
import { Xts } from '../../lib/layers/xts.js';
import { key } from '../conformance/stacks.js';
import { designs } from '../conformance/strategies.js';

const SECTORS = 40;
const plain = Uint8Array.from({ length: SECTORS * SECTOR_SIZE }, (_, i) => i >> 7);

describe('CryptGathering', () => {
  afterEach(() => {
    sinon.restore();
  });

  it('does what comes in one turn together, 16 sectors at a time, in order and when that is over (I1)', async () => {
    const pages = new PagePool().allocate(plain.length);
    pages.set(plain);
    const pieces = sinon.spy(Xts.prototype, 'pieces');
    const gathering = new CryptGathering(new Xts(key), true);
    const done: number[] = [];
    const lengths = [1, 3, 2, 3, 3, 2, 3, 3, 3, 3, 3, 3, 3, 3];
    let sector = 0;
    for (const [i, count] of lengths.entries()) {
      const place = { pages, offset: sector * SECTOR_SIZE };
      const [position, length] = [place.offset, count * SECTOR_SIZE];
      gathering.add({ from: place, to: place, position, length, then: () => done.push(i) });
      sector += count;
    }
    expect(done).to.deep.equal([]);
    await setImmediate();
    expect(done).to.deep.equal([...lengths.keys()]);
    expect(pieces.args.map(([, each]) => each.length)).to.deep.equal([6, 5, 3]);
    const expected = plain.slice();
    new Xts(key).sectors(true, plain, 0, expected, 0, sector * SECTOR_SIZE, 0);
    expect(Buffer.compare(pages.bytes(), expected)).to.equal(0);
  });

  it('takes what is added by who is told that another is done', async () => {
    const pages = new PagePool().allocate(2 * SECTOR_SIZE);
    const gathering = new CryptGathering(new Xts(key), false);
    const piece = (offset: number, then: () => void) => {
      gathering.add({ from: { pages, offset }, to: { pages, offset }, position: 0, length: SECTOR_SIZE, then });
    };
    const done: number[] = [];
    piece(0, () => {
      done.push(0);
      piece(SECTOR_SIZE, () => done.push(1));
    });
    await setImmediate();
    expect(done).to.deep.equal([0, 1]);
  });

  for (const { strategy } of designs) {
    it(`gathers the small requests of a Crypt with threads, carrying ${strategy.name}`, async () => {
      const pool = new PagePool();
      const crypt = new Crypt(new MemoryDevice({ size: plain.length, strategy }), { key, pool, threads: 1 });
      const sent = sinon.spy(Xts.prototype, 'pieces');
      const vectors = Array.from({ length: SECTORS }, () => pool.allocate(SECTOR_SIZE));
      const position = (i: number) => ({ position: i * SECTOR_SIZE });
      for (const [i, pages] of vectors.entries()) pages.set(plain.subarray(i * SECTOR_SIZE, (i + 1) * SECTOR_SIZE));
      await Promise.all(vectors.map((pages, i) => crypt.write(pages, position(i))));
      for (const pages of vectors) pages.set(new Uint8Array(SECTOR_SIZE));
      await Promise.all(vectors.map((pages, i) => crypt.read(pages, position(i))));
      const read = Buffer.concat(vectors.map((pages) => pages.bytes()));
      expect(Buffer.compare(read, plain)).to.equal(0);
      const calls = sent.args.map(([encrypt, pieces]) => [encrypt, pieces.length]);
      expect(calls).to.deep.equal([true, false].flatMap((encrypt) => [16, 16, 8].map((count) => [encrypt, count])));
      for (const pages of vectors) pages.free();
      await crypt.close();
      expect(pool.pagesInUse).to.equal(0);
    });
  }
});
