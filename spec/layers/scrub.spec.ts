import { expect } from 'chai';
import { MemoryDevice } from '../../lib/devices/memory.js';
import { PagePool } from '../../lib/io/pages.js';
import { Checksum } from '../../lib/layers/checksum.js';
import { Crypt } from '../../lib/layers/crypt.js';
import { Mirror } from '../../lib/layers/mirror.js';
import { hasProblems, isScrubbable, scrub, type ScrubReport } from '../../lib/layers/scrub.js';
import { Stripe } from '../../lib/layers/stripe.js';
import { errorOf } from './mirror-support.js';

/** Where blocks have been written. */
const AT = 3 << 17;

describe('scrub', () => {
  const pool = new PagePool();
  const sums = ({ device, mismatched, unreadable, repaired }: ScrubReport): unknown[] => [
    device,
    mismatched,
    unreadable,
    repaired,
  ];

  /** Crypt → Mirror → a Checksum over memory for each member. */
  async function made(): Promise<{ top: Crypt; disks: MemoryDevice[] }> {
    const disks = ['a', 'b'].map((name) => new MemoryDevice({ size: 1 << 20, name, blockSize: 4096 }));
    const members = await Promise.all(
      disks.map((disk) => Checksum.format(disk, { pool, name: `checksum of ${disk.name}` })),
    );
    const key = Uint8Array.from({ length: 64 }, (_, i) => i);
    const top = new Crypt(await Mirror.create(members, { pool, assumeEqual: true }), { key, pool });
    const pages = pool.allocate(1 << 18);
    await top.write(pages, { position: 1 << 18 });
    pages.free();
    return { top, disks };
  }

  it('scrubs every device of a stack that can be, from the top, and tells how far it is (I11)', async () => {
    const { top, disks } = await made();
    disks[1]!.contents.fill(1, AT, AT + 4096);
    const progress: number[] = [];
    const reports = await scrub(top, { onProgress: (done, total) => progress.push(done / total) });
    expect(reports.map(sums)).to.deep.equal([
      ['mirror', 0, 4096, 0],
      ['checksum of a', 0, 0, 0],
      ['checksum of b', 4096, 0, 0],
    ]);
    expect(reports.map(hasProblems)).to.deep.equal([true, false, true]);
    expect(progress.at(-1)).to.equal(1);
    expect(progress).to.deep.equal([...progress].sort((a, b) => a - b));
    await top.close();
  });

  it('lets what is above repair before what is below looks', async () => {
    const { top, disks } = await made();
    disks[0]!.contents.fill(1, AT, AT + 4096);
    const reports = await scrub(top, { repair: true });
    expect(reports.map(sums)).to.deep.equal([
      ['mirror', 0, 4096, 4096],
      ['checksum of a', 0, 0, 0],
      ['checksum of b', 0, 0, 0],
    ]);
    expect(reports.some(hasProblems)).to.equal(false);
    await top.close();
  });

  it('scrubs a device that several stand on once, and none where there is nothing to', async () => {
    const shared = await Checksum.format(new MemoryDevice({ size: 1 << 16 }), { pool });
    expect(await scrub(new Stripe([shared, shared], { chunk: 4096 }))).to.have.length(1);
    const plain = new MemoryDevice({ size: 4096 });
    expect([await scrub(plain), isScrubbable(plain), isScrubbable(shared)]).to.deep.equal([[], false, true]);
  });

  it('stops when its signal aborts', async () => {
    const { top } = await made();
    const reason = new Error('enough');
    expect(await errorOf(scrub(top, { signal: AbortSignal.abort(reason) }))).to.equal(reason);
    await top.close();
  });
});
