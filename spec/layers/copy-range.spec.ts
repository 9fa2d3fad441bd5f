import { expect } from 'chai';
import type { ByteRange } from '../../lib/io/io-error.js';
import { PAGE_SIZE, PagePool } from '../../lib/io/pages.js';
import { copyRanges, COPY_CHUNK, type Copied } from '../../lib/layers/copy-range.js';
import { FaultyDevice, type Op } from '../conformance/faulty-device.js';

describe('copyRanges', () => {
  const SIZE = 4 * COPY_CHUNK;
  let pool: PagePool;
  beforeEach(() => (pool = new PagePool()));
  afterEach(() => expect(pool.pagesInUse, 'pages in use').to.equal(0));

  const disk = (name: string, value: number): FaultyDevice => {
    const made = new FaultyDevice({ name, size: SIZE, inline: true });
    for (let i = 0; i < SIZE; i++) made.contents[i] = value + (i >> 9);
    return made;
  };
  const failOn = (each: FaultyDevice, fails: (op: Op) => boolean): void => {
    each.inline = false;
    each.onSubmit = (op): boolean => {
      if (!fails(op)) return true;
      op.fail();
      return false;
    };
  };
  const copy = (sources: FaultyDevice[], targets: FaultyDevice[], ranges: ByteRange[], fua = false): Promise<Copied> =>
    new Promise((resolve) => copyRanges({ sources, targets, start: 0, ranges, blockSize: 512, pool, fua }, resolve));
  const same = (a: FaultyDevice, b: FaultyDevice, offset = 0, length = SIZE): boolean =>
    Buffer.compare(a.contents.subarray(offset, offset + length), b.contents.subarray(offset, offset + length)) === 0;

  it('copies ranges to all targets, in chunks, and nothing else', async () => {
    const [from, to, other] = [disk('from', 0), disk('to', 100), disk('other', 50)];
    const { failed, unread } = await copy([from], [to, other], [{ offset: 512, length: 3 * COPY_CHUNK }, { offset: SIZE - 512, length: 512 }], true); // prettier-ignore
    expect([failed.size, unread]).to.deep.equal([0, []]);
    expect(to.log).to.deep.equal([
      ...[0, 1, 2].map((i) => `write ${String(512 + i * COPY_CHUNK)}+${String(COPY_CHUNK)}`),
      `write ${String(SIZE - 512)}+512`,
    ]);
    for (const target of [to, other]) {
      expect([same(from, target, 512, 3 * COPY_CHUNK), same(from, target, SIZE - 512, 512), target.contents[0] === from.contents[0]]).to.deep.equal([true, true, false]); // prettier-ignore
      expect(target.stable[512]).to.equal(from.contents[512]);
    }
  });

  it('copies nothing when there is nothing to copy', async () => {
    const [from, to] = [disk('from', 0), disk('to', 100)];
    expect((await copy([from], [to], [{ offset: 0, length: 0 }])).unread).to.deep.equal([]);
    expect(from.log).to.deep.equal([]);
  });

  it('reads what a source cannot from the next, block by block where none can read the whole', async () => {
    const [first, second, to] = [disk('first', 0), disk('second', 0), disk('to', 100)];
    const bad =
      (...blocks: number[]) =>
      (op: Op): boolean =>
        blocks.some((block) => op.position <= block * 512 && op.position + op.length > block * 512);
    failOn(first, bad(1, 3));
    failOn(second, bad(2, 3));
    const { unread } = await copy([first, second], [to], [{ offset: 0, length: 4096 }]);
    expect(unread).to.deep.equal([{ offset: 1536, length: 512 }]);
    expect([same(first, to, 0, 1536), same(first, to, 1536, 512), same(first, to, 2048, 2048)]).to.deep.equal([true, false, true]); // prettier-ignore
  });

  it('never writes to the source that it has read from', async () => {
    const [first, second] = [disk('first', 0), disk('second', 9)];
    await copy([first, second], [first, second], [{ offset: 0, length: 512 }]);
    expect([first.log, second.log]).to.deep.equal([['read 0+512'], ['write 0+512']]);
  });

  it('stops writing to a target that has failed, and goes on with the others', async () => {
    const [from, bad, good] = [disk('from', 0), disk('bad', 100), disk('good', 50)];
    failOn(bad, (op) => op.position > 0);
    const { failed } = await copy([from], [bad, good], [{ offset: 0, length: SIZE }]);
    expect([[...failed.keys()].map(({ name }) => name), bad.log.length, same(from, good)]).to.deep.equal([
      ['bad'],
      2,
      true,
    ]);
  });

  it('tells what was not written to a target that has failed: parts of a chunk, and all behind it (I4)', async () => {
    const [from, bad, short] = [disk('from', 0), disk('bad', 100), disk('short', 50)];
    const missing = [{ offset: 512, length: 1024 }];
    for (const each of [bad, short]) {
      each.inline = false;
      each.onSubmit = (op): boolean => {
        if (op.position === 0) return true;
        if (each === bad) op.fail('EIO', missing);
        else op.answer({ missing });
        return false;
      };
    }
    const ranges = [{ offset: 0, length: COPY_CHUNK + 4096 }, { offset: SIZE - 1024, length: 512 }]; // prettier-ignore
    const { failed } = await copy([from], [bad, short], ranges);
    const missed = [{ offset: COPY_CHUNK + 512, length: 1024 }, { offset: SIZE - 1024, length: 512 }]; // prettier-ignore
    expect([failed.get(bad), failed.get(short)]).to.deep.equal([missed, missed]);
    for (const each of [bad, short]) {
      expect([same(from, each, 0, COPY_CHUNK + 512), same(from, each, COPY_CHUNK + 512, 512), same(from, each, COPY_CHUNK + 1536, 2560)]).to.deep.equal([true, false, true]); // prettier-ignore
    }
  });

  it('counts positions from where the data begins', async () => {
    const [from, to] = [disk('from', 0), disk('to', 100)];
    failOn(from, (op) => op.position === 8192 || op.length > 512);
    const copied = await new Promise<Copied>(
      (resolve) =>
      copyRanges({ sources: [from], targets: [to], start: 8192, ranges: [{ offset: 0, length: 1024 }], blockSize: 512, pool, fua: false }, resolve), // prettier-ignore
    );
    expect([copied.unread, to.log]).to.deep.equal([[{ offset: 0, length: 512 }], ['write 8704+512']]);
  });

  it('tells that all is unread when there is no memory, and does with a page when there is one', async () => {
    const full = pool;
    const [from, to] = [disk('from', 0), disk('to', 100)];
    pool = new PagePool({ maxBytes: 2 * PAGE_SIZE });
    const one = pool.allocate(PAGE_SIZE);
    expect((await copy([from], [to], [{ offset: 0, length: 8192 }])).unread).to.deep.equal([]);
    const two = pool.allocate(PAGE_SIZE);
    const { unread, starved } = await copy([from], [to], [{ offset: 0, length: 8192 }]);
    expect([unread, starved]).to.deep.equal([[{ offset: 0, length: 8192 }], true]);
    one.free();
    two.free();
    expect(full.pagesInUse).to.equal(0);
  });

  it('stays flat on devices that answer at once', async () => {
    const [from, to] = [disk('from', 0), disk('to', 100)];
    const ranges = Array.from({ length: 20_000 }, () => ({ offset: 0, length: 512 }));
    expect((await copy([from], [to], ranges)).unread).to.deep.equal([]);
  });
});
