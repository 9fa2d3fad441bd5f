import { expect } from 'chai';
import type { BlockDevice } from '../../lib/io/device.js';
import { PagePool } from '../../lib/io/pages.js';
import { Linear } from '../../lib/layers/linear.js';
import { Mirror } from '../../lib/layers/mirror.js';
import { Stripe } from '../../lib/layers/stripe.js';
import { FaultyDevice } from '../conformance/faulty-device.js';

const KiB = 1024;
const pool = new PagePool({ maxBytes: 1 << 20 });

function disks(...sizes: number[]): FaultyDevice[] {
  return sizes.map((size, i) => new FaultyDevice({ size, inline: true, name: `disk ${String(i)}` }));
}

/** For what is not looked at, and not closed. */
const spare = new PagePool({ maxBytes: 1 << 22 });

/** Lets power fail after half as many writes: an odd one is torn in the middle. */
function cutAfter(all: readonly FaultyDevice[], halves: number): void {
  let left = halves;
  for (const disk of all) {
    disk.inline = false;
    disk.onSubmit = (op) => {
      if (op.operation !== 'write' || left >= 2) {
        if (op.operation === 'write') left -= 2;
        return true;
      }
      const half = op.length / 2;
      op.fail('EIO', [left === 1 ? { offset: half, length: half } : { offset: 0, length: op.length }]);
      left = 0;
      return false;
    };
  }
}

/** The disk in a machine that was switched on again. */
function survivorOf(disk: FaultyDevice): FaultyDevice {
  const [copy] = disks(disk.size) as [FaultyDevice];
  copy.contents.set(disk.contents);
  return copy;
}

async function codeOf(opening: Promise<unknown>): Promise<string> {
  return opening.then(
    () => 'opened',
    (error: unknown) => (error as { code: string }).code,
  );
}

async function fill(device: BlockDevice): Promise<Uint8Array> {
  const pages = pool.allocate(device.size);
  pages.set(Uint8Array.from({ length: device.size }, (_, i) => (i >> 9) + 1));
  await device.write(pages.range(0, device.size), { position: 0 });
  const bytes = pages.bytes(0, device.size);
  pages.free();
  return bytes;
}

async function contents(device: BlockDevice): Promise<Uint8Array> {
  const pages = pool.allocate(device.size);
  await device.read(pages.range(0, device.size), { position: 0 });
  const bytes = pages.bytes(0, device.size);
  pages.free();
  return bytes;
}

const kinds = [
  {
    name: 'Stripe',
    create: (members: BlockDevice[], overwrite = false) => Stripe.create(members, { pool, chunk: 2 * KiB, overwrite }),
    open: (members: BlockDevice[]) => Stripe.open(members, { pool }),
    size: 3 * 6 * KiB,
  },
  {
    name: 'Linear',
    create: (members: BlockDevice[], overwrite = false) => Linear.create(members, { pool, overwrite }),
    open: (members: BlockDevice[]) => Linear.open(members, { pool }),
    size: (7 + 8 + 9) * KiB,
  },
];

for (const { name, create, open, size } of kinds) {
  describe(`a ${name} with superblocks`, () => {
    const members = (): FaultyDevice[] => disks(15 * KiB, 16 * KiB, 17 * KiB);

    afterEach(() => {
      expect(pool.pagesInUse).to.equal(0);
    });

    it('opens as it was made, its members given in any order (I13)', async () => {
      const [a, b, c] = members() as [FaultyDevice, FaultyDevice, FaultyDevice];
      const made = await create([a, b, c]);
      expect(made.size).to.equal(size);
      const bytes = await fill(made);
      for (const order of [
        [a, b, c],
        [c, b, a],
        [b, c, a],
      ]) {
        const opened = await open(order);
        expect([opened.size, opened.lowers]).to.deep.equal([size, [a, b, c]]);
        expect(Buffer.compare(await contents(opened), bytes)).to.equal(0);
      }
    });

    it('is stable before it is there (I7)', async () => {
      const made = members();
      await create(made);
      for (const { stable, contents: bytes } of made) {
        expect(Buffer.compare(stable.subarray(0, 8 * KiB), bytes.subarray(0, 8 * KiB))).to.equal(0);
        expect(Buffer.from(stable.subarray(4 * KiB, 4 * KiB + 7)).toString()).to.equal('wakecha');
      }
    });

    it('opens though one copy of a superblock is torn', async () => {
      const made = members();
      await create(made);
      made[1]?.contents.fill(0, 1024, 4 * KiB);
      made[2]?.contents.fill(0, 4 * KiB, 5 * KiB);
      expect((await open(made)).size).to.equal(size);
    });

    it('is not opened with a member missing (I13)', async () => {
      const made = members();
      await create(made);
      for (const some of [made.slice(1), made.slice(0, 2)]) expect(await codeOf(open(some))).to.equal('ERR_MEMBERS');
    });

    it('is not opened with what is no member (I13)', async () => {
      const made = members();
      await create(made);
      const [blank] = disks(16 * KiB) as [FaultyDevice];
      expect(await codeOf(open([...made.slice(1), blank]))).to.equal('ERR_NOT_A_MEMBER');
      const mirror = disks(32 * KiB, 32 * KiB);
      await Mirror.create(mirror, { pool: new PagePool({ maxBytes: 1 << 20 }) });
      expect(await codeOf(open([...made.slice(1), mirror[0] as FaultyDevice]))).to.equal('ERR_NOT_A_MEMBER');
    });

    it('is not opened with a member of another (I13)', async () => {
      const [made, others] = [members(), members()];
      await create(made);
      await create(others);
      expect(await codeOf(open([...made.slice(1), others[0] as FaultyDevice]))).to.equal('ERR_FOREIGN_MEMBER');
    });

    it('is not opened with a member and its copy (I13)', async () => {
      const made = members();
      await create(made);
      const [copy] = disks(15 * KiB) as [FaultyDevice];
      copy.contents.set(made[0]?.contents ?? []);
      expect(await codeOf(open([...made.slice(0, 2), copy]))).to.equal('ERR_DUPLICATE_MEMBER');
    });

    it('is not opened with a member that has shrunk (I13)', async () => {
      const made = members();
      await create(made);
      const [shrunk] = disks(9 * KiB) as [FaultyDevice];
      shrunk.contents.set(made[0]?.contents.subarray(0, 9 * KiB) ?? []);
      expect(await codeOf(open([shrunk, ...made.slice(1)]))).to.equal('ERR_NOT_A_MEMBER');
    });

    it('is made of members of something only when told to, and then nothing is left of that (I13)', async () => {
      const made = members();
      await create(made);
      const written = made.map(({ log }) => log.filter((line) => line.startsWith('write')).length);
      expect(await codeOf(create(made))).to.equal('ERR_MEMBER_IN_USE');
      expect(made.map(({ log }) => log.filter((line) => line.startsWith('write')).length)).to.deep.equal(written);
      await Mirror.create(made, { pool: new PagePool({ maxBytes: 1 << 20 }), overwrite: true });
      await create([...made].reverse(), true);
      expect((await open(made)).lowers).to.deep.equal([...made].reverse());
    });

    for (const [what, before] of [
      ['on blank devices', null],
      ['over a set of the same kind', (all: BlockDevice[]) => create(all)],
      [
        'over a mirror',
        (all: BlockDevice[]) => Mirror.create(all, { pool: spare, overwrite: true, assumeEqual: true }),
      ],
    ] as const) {
      it(`is refused when power fails while it is made ${what}, unless what was there before is whole, and is made again (I13)`, async () => {
        const outcomes = new Set<string>();
        // Before, within and behind each of the six writes.
        for (let cut = 0; cut <= 12; cut++) {
          const made = members();
          const old = await before?.(made);
          const data = old instanceof Mirror || old === undefined ? null : await fill(old);
          cutAfter(made, cut);
          const creating = await codeOf(create(made, true));
          expect(creating, String(cut)).to.equal(cut < 12 ? 'EIO' : 'opened');
          const survived = made.map((disk) => survivorOf(disk));
          const opening = await codeOf(open([...survived].reverse()));
          outcomes.add(opening);
          if (cut === 12) expect(opening).to.equal('opened');
          else if (opening === 'opened' && cut < 9) {
            // But for one copy on the first member all is as it was before.
            expect([data !== null, cut <= 2]).to.deep.equal([true, true]);
            const again = await open([...survived].reverse());
            expect(Buffer.compare(await contents(again), data ?? new Uint8Array())).to.equal(0);
          } else {
            // The last member has one copy, or the half of it that is not zeroes: it is made.
            const may = cut < 9 ? [] : ['opened'];
            expect(['ERR_NOT_A_MEMBER', 'ERR_FOREIGN_MEMBER', ...may]).to.include(opening);
          }
          if (cut >= 2 && cut < 12) expect(await codeOf(create(survived))).to.equal('ERR_MEMBER_IN_USE');
          await create(survived, true);
          expect((await open([...survived].reverse())).lowers).to.deep.equal(survived);
        }
        expect(outcomes.size).to.be.greaterThan(1);
      });
    }

    it('is made of devices that are large enough, each once (I6)', async () => {
      const made = members();
      expect(await codeOf(create([...made, ...disks(8 * KiB)]))).to.equal('ERR_GEOMETRY');
      expect(await codeOf(create([...made, ...made]))).to.equal('ERR_MEMBERS');
      expect(await codeOf(create([]))).to.equal('ERR_MEMBERS');
      expect(made.flatMap(({ log }) => log).filter((line) => line.startsWith('write'))).to.deep.equal([]);
    });

    it('tells of a member that cannot be written', async () => {
      const made = members();
      const [, broken] = made as [FaultyDevice, FaultyDevice];
      broken.onSubmit = (op) => {
        if (op.operation === 'write') op.fail('ENOSPC');
        return false;
      };
      broken.inline = false;
      const creating = codeOf(create(made));
      for (let turn = 0; turn < 200; turn++) {
        await Promise.resolve();
        broken.answerAll();
      }
      expect(await creating).to.equal('ENOSPC');
    });
  });
}
