import { expect } from 'chai';
import { PagePool } from '../../lib/io/pages.js';
import { Checksum } from '../../lib/layers/checksum.js';
import { FaultyDevice } from '../conformance/faulty-device.js';
import { errorOf } from './mirror-support.js';

const SIZE = 1 << 20;

describe('Checksum.scrub', () => {
  const pool = new PagePool();
  afterEach(() => expect(pool.pagesInUse, 'pages in use').to.equal(0));

  async function filled(): Promise<{ checksum: Checksum; disk: FaultyDevice }> {
    const disk = new FaultyDevice({ size: SIZE, inline: true });
    const checksum = await Checksum.format(disk, { pool });
    const pages = pool.allocate(SIZE / 2);
    pages.set(new Uint8Array(SIZE / 2).fill(3));
    await checksum.write(pages, { position: 0 });
    pages.free();
    return { checksum, disk };
  }

  it('verifies every block, and tells how far it is', async () => {
    const { checksum } = await filled();
    const progress: number[] = [];
    const onProgress = (done: number, total: number): void => void progress.push(done, total);
    const { size } = checksum;
    expect(await checksum.scrub({ onProgress })).to.include({ checked: size, mismatched: 0, unreadable: 0 });
    const quarter = SIZE / 4;
    expect(progress).to.deep.equal([quarter, 2 * quarter, 3 * quarter, size].flatMap((done) => [done, size]));
  });

  it('tells blocks that do not match apart from those that cannot be read, and repairs neither', async () => {
    const { checksum, disk } = await filled();
    disk.contents[5 * 512] = 4;
    disk.contents[6 * 512 + 511] = 4;
    disk.inline = false;
    disk.onSubmit = (op) => {
      const fails = op.position <= 9 * 512 && 9 * 512 < op.position + op.length;
      if (fails) op.fail();
      return !fails;
    };
    const report = await checksum.scrub({ repair: true });
    expect(report).to.include({ checked: checksum.size, mismatched: 1024, unreadable: 512, repaired: 0 });
    expect(report.problems).to.deep.equal([
      { kind: 'mismatched', member: null, position: 5 * 512, length: 1024, repaired: false },
      { kind: 'unreadable', member: null, position: 9 * 512, length: 512, repaired: false },
    ]);
  });

  it('has blocks for unreadable whose sums are', async () => {
    const { checksum, disk } = await filled();
    disk.inline = false;
    disk.onSubmit = (op) => {
      const fails = op.position === checksum.size;
      if (fails) op.fail();
      return !fails;
    };
    expect(await checksum.scrub()).to.include({ mismatched: 0, unreadable: 64 * 512 });
  });

  it('has nothing against writes that go on (I8)', async () => {
    const { checksum } = await filled();
    let value = 0;
    const pages = pool.allocate(SIZE / 4);
    const writes: Promise<number>[] = [];
    const onProgress = (): void => {
      pages.set(new Uint8Array(SIZE / 4).fill(++value));
      writes.push(checksum.write(pages, { position: SIZE / 4 }).promise());
    };
    expect(await checksum.scrub({ onProgress })).to.include({ mismatched: 0, unreadable: 0 });
    await Promise.all(writes);
    pages.free();
  });

  it('stops between two steps when its signal aborts, or it is closed', async () => {
    const { checksum } = await filled();
    const stop = new AbortController();
    const reason = new Error('enough');
    const onProgress = (): void => stop.abort(reason);
    expect(await errorOf(checksum.scrub({ signal: stop.signal, onProgress }))).to.equal(reason);
    let closed: Promise<void> | undefined;
    const closing = checksum.scrub({ onProgress: () => void (closed ??= checksum.close()) });
    expect(await errorOf(closing)).to.include({ code: 'ERR_CLOSED' });
    await closed;
  });
});
